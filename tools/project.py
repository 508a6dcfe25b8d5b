"""Where things are in this project."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
OLDEST_VENV = ROOT / ".venv-oldest"
"""The oldest Pulumi SDK that is allowed, for tests of what is leant on in it."""

BENCH_VENV = ROOT / "benchmarks" / ".venv"
"""What the benchmarks compare with: of no use to the product, so not in its environment."""

STATE = ROOT / ".state"
STACKS = ROOT / "stacks"

DEV = "dev"
"""The stack of the samples: the only one that is created, and approved, without asking."""

SAMPLE_ZONES = STACKS / "zones"
ZONES = ROOT / "zones"
"""The copy of the sample zones that the stack dev writes to."""


def stack_file(stack: str) -> Path:
    """The settings of a stack, which may be written as ORGANIZATION/STACK."""
    return STACKS / f"Pulumi.{stack.rsplit('/', 1)[-1]}.yaml"
