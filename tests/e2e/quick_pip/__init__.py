"""A pip in the place of the real one that remembers which packages are installed.

Each command of the Pulumi CLI asks pip for them, which takes a sixth of the command's time. While
the tests run none comes or goes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

#: what the Pulumi CLI runs
LIST = (sys.executable, "-m", "pip", "list", "-v", "--format", "json")


def remember(folder: Path) -> dict[str, str]:
    """Ask the real pip once, and return the variables that make others read its answer there."""
    answer = subprocess.run(LIST, capture_output=True, check=True, timeout=60).stdout
    (folder / sys.prefix.replace("/", "%")).write_bytes(answer)
    path = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(filter(None, path)), "QUICK_PIP": str(folder)}
