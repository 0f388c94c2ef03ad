"""Draw docs/scale.png from docs/scale.csv, which has the figures of the originality index in docs/scale.md."""

import csv
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

DOCS = Path(__file__).parents[1] / "docs"

PANELS: tuple[tuple[str, dict[str, str]], ...] = (
    ("memory of the index, MB", {"index_mb": "index"}),
    ("time to build it, s", {"build_s": "build"}),
    ("time of a search, ms", {"search_ms": "shortlist", "every_tune_ms": "every tune"}),
)


def draw(axes: Axes, tunes: list[float], title: str, curves: dict[str, list[float]]) -> None:
    for name, values in curves.items():
        axes.loglog(tunes, values, "o-", label=name)
    axes.set_title(title)
    axes.set_xlabel("tunes")
    axes.grid(alpha=0.3)
    if len(curves) > 1:
        axes.legend()


def main() -> None:
    with (DOCS / "scale.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    figure, panels = plt.subplots(1, len(PANELS), figsize=(11, 3.4), layout="constrained")
    for axes, (title, names) in zip(panels, PANELS, strict=True):
        curves = {shown: [float(row[name]) for row in rows] for name, shown in names.items()}
        draw(axes, [float(row["tunes"]) for row in rows], title, curves)
    figure.savefig(DOCS / "scale.png", dpi=100)


if __name__ == "__main__":
    main()
