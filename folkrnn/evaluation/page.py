"""The report as a page that stands alone: its tables and pictures are in one file."""

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from jinja2 import Environment, PackageLoader
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from folkrnn.evaluation.features import FEATURES
from folkrnn.evaluation.report import Evaluation

REAL, WRITTEN = "#4c72b0", "#dd8452"
"""The colours of real tunes and of those that the model wrote."""

SHOWN = 12
"""Of so many features the values are drawn."""

BINS = 24


class Drawing(NamedTuple):
    """A tune that is shown on the page: what is to be said of it, and its music as SVG."""

    caption: str
    svg: str


def page(evaluation: Evaluation, about: Mapping[str, Any], drawings: Sequence[Drawing] = ()) -> str:
    """The page, as HTML. ``about`` says what was measured, line by line."""
    template = Environment(loader=PackageLoader("folkrnn.evaluation", "."), autoescape=True).get_template("page.html")
    pictures = {"told_apart": _told_apart, "values": _values, "bits": _bits, "patterns": _patterns}
    drawn = {name: _svg(draw, evaluation) for name, draw in pictures.items()}
    return template.render(
        about=about, figures=evaluation.figures, pictures=drawn, drawings=drawings, real=REAL, written=WRITTEN
    )


def _svg(draw: Callable[[Figure, Evaluation], None], evaluation: Evaluation) -> str:
    figure = Figure(layout="constrained")
    FigureCanvasSVG(figure)
    draw(figure, evaluation)
    held = BytesIO()
    figure.savefig(held, format="svg", metadata={"Date": None})
    text = held.getvalue().decode()
    return text[text.index("<svg") :]


def _told_apart(figure: Figure, evaluation: Evaluation) -> None:
    """How sure the classifier is, and its receiver operating characteristic."""
    figure.set_size_inches(9, 3.2)
    sure, curve = figure.subplots(1, 2)
    scores, count = evaluation.comparison.scores, len(evaluation.real)
    labels = np.repeat([0, 1], [count, len(scores) - count])
    edges = np.linspace(0, 1, BINS + 1)
    for name, colour, part in (("real", REAL, scores[:count]), ("written", WRITTEN, scores[count:])):
        sure.hist(part, edges, color=colour, alpha=0.6, label=name)
    sure.set_xlabel("taken for the machine's, from 0 to 1")
    sure.set_ylabel("tunes")
    sure.legend()
    false, true, _ = roc_curve(labels, scores)
    curve.plot(false, true, color=WRITTEN)
    curve.plot([0, 1], [0, 1], color="grey", linestyle=":")
    curve.set_xlabel("real tunes taken for the machine's")
    curve.set_ylabel("the machine's found")


def _values(figure: Figure, evaluation: Evaluation) -> None:
    """The features that give the machine away, in real tunes and in those written."""
    figure.set_size_inches(9, 8)
    names = list(FEATURES)
    shown = [row["feature"] for row in evaluation.figures["features"][:SHOWN]]
    for axes, name in zip(figure.subplots(SHOWN // 3, 3).flat, shown, strict=True):
        columns = [values[:, names.index(name)] for values in evaluation.values]
        low, high = np.quantile(np.concatenate(columns), [0.005, 0.995])
        edges = np.linspace(low, max(high, low + 1e-6), BINS // 2 + 1)
        for column, colour in zip(columns, (REAL, WRITTEN), strict=True):
            axes.hist(np.clip(column, low, high), edges, density=True, color=colour, alpha=0.6)
        axes.set_title(name, fontsize=9)
        axes.set_yticks([])
        axes.tick_params(labelsize=8)


def _bits(figure: Figure, evaluation: Evaluation) -> None:
    """Bits per note by collection."""
    bits = evaluation.figures["bits"]
    figure.set_size_inches(6, 0.5 + 0.35 * len(bits))
    axes = figure.subplots()
    bars = axes.barh(list(bits), [each["bits_per_note"] for each in bits.values()], color=REAL)
    axes.bar_label(bars, fmt=" %.2f")
    axes.invert_yaxis()
    axes.set_xlabel("bits per note on test tunes")
    axes.margins(x=0.1)


def _patterns(figure: Figure, evaluation: Evaluation) -> None:
    """How often the commonest patterns of parts come."""
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
