"""The report as a page of its own: one file holds its tables and pictures."""

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from jinja2 import Environment, PackageLoader
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from folkrnn.evaluation.features import TUNE_FEATURES
from folkrnn.evaluation.report import Evaluation

REAL, WRITTEN = "#4c72b0", "#dd8452"
"""The colours of real tunes and of those that the model wrote."""

DRAWN_FEATURES = 12
"""The number of features whose values are drawn, the most important first."""

BINS = 24
"""Of the histograms of scores; those of features have half as many."""


class Drawing(NamedTuple):
    """A tune on the page: its caption, and its music as SVG."""

    caption: str
    svg: str


def page(
    evaluation: Evaluation | None,
    about: Mapping[str, Any],
    drawings: Sequence[Drawing] = (),
    judged: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> str:
    """Return the page, as HTML. ``about`` names what was measured, a line each.

    ``judged`` has the figures of the judge's groups by name (``by_rhythm.Group.figures``). They are a section of the
    page, and all of it without an evaluation.
    """
    template = Environment(loader=PackageLoader("folkrnn.evaluation", "."), autoescape=True).get_template("page.html")
    pictures = {"scores": _scores, "values": _values, "bits": _bits, "patterns": _patterns}
    drawn = {name: _svg(draw, evaluation) for name, draw in pictures.items()} if evaluation else {}
    figures = evaluation.figures if evaluation else {}
    return template.render(
        about=about,
        figures=figures,
        pictures=drawn,
        drawings=drawings,
        judged=judged,
        real=REAL,
        written=WRITTEN,
    )


def _svg(draw: Callable[[Figure, Evaluation], None], evaluation: Evaluation) -> str:
    figure = Figure(layout="constrained")
    FigureCanvasSVG(figure)
    draw(figure, evaluation)
    held = BytesIO()
    figure.savefig(held, format="svg", metadata={"Date": None})
    text = held.getvalue().decode()
    return text[text.index("<svg") :]


def _scores(figure: Figure, evaluation: Evaluation) -> None:
    """Draw the classifier's scores, and its receiver operating characteristic."""
    figure.set_size_inches(9, 3.2)
    histogram, curve = figure.subplots(1, 2)
    scores, count = evaluation.comparison.scores, len(evaluation.real)
    labels = np.repeat([0, 1], [count, len(scores) - count])
    edges = np.linspace(0, 1, BINS + 1)
    for name, colour, part in (("real", REAL, scores[:count]), ("written", WRITTEN, scores[count:])):
        histogram.hist(part, edges, color=colour, alpha=0.6, label=name)
    histogram.set_xlabel("probability of being the machine's")
    histogram.set_ylabel("tunes")
    histogram.legend()
    false, true, _ = roc_curve(labels, scores)
    curve.plot(false, true, color=WRITTEN)
    curve.plot([0, 1], [0, 1], color="grey", linestyle=":")
    curve.set_xlabel("real tunes taken for the machine's")
    curve.set_ylabel("the machine's found")


def _values(figure: Figure, evaluation: Evaluation) -> None:
    """Draw the values of the most important features in real tunes and in written ones."""
    figure.set_size_inches(9, 8)
    names = list(TUNE_FEATURES)
    shown = [row["feature"] for row in evaluation.figures["features"][:DRAWN_FEATURES]]
    for axes, name in zip(figure.subplots(DRAWN_FEATURES // 3, 3).flat, shown, strict=True):
        columns = [values[:, names.index(name)] for values in evaluation.values]
        low, high = np.quantile(np.concatenate(columns), [0.005, 0.995])
        edges = np.linspace(low, max(high, low + 1e-6), BINS // 2 + 1)
        for column, colour in zip(columns, (REAL, WRITTEN), strict=True):
            axes.hist(np.clip(column, low, high), edges, density=True, color=colour, alpha=0.6)
        axes.set_title(name, fontsize=9)
        axes.set_yticks([])
        axes.tick_params(labelsize=8)


def _bits(figure: Figure, evaluation: Evaluation) -> None:
    """Draw the bits per note by collection."""
    bits = evaluation.figures["bits"]
    figure.set_size_inches(6, 0.5 + 0.35 * len(bits))
    axes = figure.subplots()
    bars = axes.barh(list(bits), [each["bits_per_note"] for each in bits.values()], color=REAL)
    axes.bar_label(bars, fmt=" %.2f")
    axes.invert_yaxis()
    axes.set_xlabel("bits per note on test tunes")
    axes.margins(x=0.1)


def _patterns(figure: Figure, evaluation: Evaluation) -> None:
    """Draw how common the patterns of parts are."""
    patterns = evaluation.figures["patterns"]
    names = list(dict.fromkeys([*patterns["real"], *patterns["written"]]))
    figure.set_size_inches(6, 0.8 + 0.4 * len(names))
    axes = figure.subplots()
    places = np.arange(len(names))
    for name, colour, by in (("real", REAL, -0.2), ("written", WRITTEN, 0.2)):
        shares = [100 * patterns[name].get(each, 0) for each in names]
        axes.barh(places + by, shares, 0.4, color=colour, label=name)
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.set_xlabel("% of tunes")
    axes.legend()
