"""Draw what `many_records` has measured; run by it, with the Python that has matplotlib."""

from __future__ import annotations

import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path

import matplotlib  # type: ignore[import-not-found]

matplotlib.use("Agg")
from matplotlib import pyplot

STEPS = ("first up", "no change", "no change, refresh", "one change", "destroy")


def main(file: Path) -> None:
    """Write a PNG beside the file: wall seconds by number of records, a panel for each step."""
    taken: defaultdict[tuple[str, str, int], list[float]] = defaultdict(list)
    for one in json.loads(file.read_text()):
        taken[one["step"], one["name"], one["size"]].append(one["wall"])
    figure, panels = pyplot.subplots(1, len(STEPS), figsize=(22, 6), sharey=True)
    names = list(dict.fromkeys(name for _, name, _ in taken))
    for panel, step in zip(panels, STEPS, strict=True):
        for number, name in enumerate(names):
            sizes = sorted({size for at, whose, size in taken if (at, whose) == (step, name)})
            walls = [statistics.median(taken[step, name, size]) for size in sizes]
            panel.plot(sizes, walls, marker="o", color=f"C{number % 10}", label=name)
        panel.set(title=step, xlabel="records", xscale="log", yscale="log")
        panel.grid(visible=True, alpha=0.3)
    panels[0].set_ylabel("wall seconds")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="lower center", ncols=6)
    figure.tight_layout(rect=(0, 0.1, 1, 1))
    figure.savefig(file.with_suffix(".png"), dpi=110)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
