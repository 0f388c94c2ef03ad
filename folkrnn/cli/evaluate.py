"""``folkrnn evaluate``: is what a model writes new, and is it good?"""

import json
import logging
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from folkrnn.cli.console import quiet_option, tell
from folkrnn.cli.outputs import table
from folkrnn.cli.parameters import Temperature
from folkrnn.errors import FolkrnnError, InputError
from folkrnn.files import write_whole
from folkrnn.processes import processors

if TYPE_CHECKING:
    from folkrnn.evaluation.page import Drawing
    from folkrnn.evaluation.report import Evaluation

JSON_FILE, PAGE_FILE = "report.json", "report.html"


@click.command()
@click.option("--model", type=click.Path(path_type=Path), help="Model file [default: the bundled model].")
@click.option(
    "--data",
    "sources",
    multiple=True,
    default=("default",),
    show_default=True,
    help="Recipe, corpus or ABC; repeatable.",
)
@click.option(
    "-n", "--count", type=click.IntRange(20, 100_000), default=500, show_default=True, help="How many tunes to compare."
)
@click.option("-t", "--temperature", type=Temperature(), default=1.0, show_default=True, help="Of the tunes written.")
@click.option("--top-p", type=click.FloatRange(0, 1, min_open=True), help="Draw from the likeliest of this share.")
@click.option("--critic/--no-critic", default=True, show_default=True, help="Heed the model's critic, if it has one.")
@click.option(
    "--judged",
    type=click.IntRange(20, 100_000),
    default=200,
    show_default=True,
    help="How many tunes of each rhythm to judge.",
)
@click.option("--judge-only", is_flag=True, help="Judge tunes by rhythm, and leave out all else.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The same seed, the same report.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default="outputs/evaluation", show_default=True, help="Folder."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--force", is_flag=True, help="Overwrite a report that is there.")
@quiet_option
def evaluate(
    model: Path | None,
    sources: tuple[str, ...],
    count: int,
    temperature: float,
    top_p: float | None,
    critic: bool,
    judged: int,
    judge_only: bool,
    seed: int,
    output: Path,
    as_json: bool,
    force: bool,
) -> None:
    """Measure a model and the tunes that it writes.

    Writes report.json, and report.html with pictures, which stands alone. They tell the bits per note; how many tunes
    are playable with the grammar and without it, and keep what their header says; what is copied; how varied bars,
    parts and titles are; and how well a classifier tells the tunes from real ones of the same rhythms, and by what.

    A judge that reads what the model's critic never sees compares reels, jigs, hornpipes and songs with real ones, and
    what comes unasked. A table tells what gives the machine away: returns, endings, contour.
    """
    # Better to learn that nothing can be written before the work than after it.
    if output.exists() and not output.is_dir():
        raise InputError(f"{output}: is a file; expected a folder for -o")
    files = [output / name for name in (JSON_FILE, PAGE_FILE)]
    for file in files:
        if file.exists() and not force:
            raise InputError(f"{file}: exists; expected --force to overwrite it, or another folder for -o")
    from folkrnn.corpus import find_corpus
    from folkrnn.model.locations import model_or_bundled
    from folkrnn.model.metadata import read_metadata

    read_metadata(model_or_bundled(model))  # better to refuse a file that is no model before the corpus is read
    log = logging.getLogger("folkrnn")
    corpus = find_corpus(sources, log.info, processors())
    from folkrnn.analysis.originality import Index
    from folkrnn.composition.composer import Composer
    from folkrnn.evaluation.by_rhythm import JUDGED_RHYTHMS, MIN_JUDGED_TUNES, judge_model
    from folkrnn.evaluation.page import page
    from folkrnn.evaluation.report import evaluate_model
    from folkrnn.generation.sampling import SamplingParameters

    composer = Composer(model, jobs=processors())
    checkpoint, path = composer.checkpoint, composer.path
    if corpus.digest != checkpoint.corpus.digest:
        log.warning("%s learned from another corpus; tunes held out here may be known to it", path)
    index = composer.index_at_hand() or Index.of_corpus(corpus.tunes)
    sampling = SamplingParameters(temperature, top_p=top_p or 1.0)
    policy = composer.policy(index, critic=critic)
    found = None
    if not judge_only:
        found = evaluate_model(
            checkpoint, corpus, index,
            count=count, sampling=sampling, policy=policy, seed=seed, jobs=processors(), progress=log.info,
        )  # fmt: skip
    groups = judge_model(
        checkpoint, corpus, count=judged, sampling=sampling, policy=policy, seed=seed, progress=log.info
    )
    if judge_only and not groups:
        raise InputError(
            f"corpus {corpus.name!r} has too few playable tunes to judge by; "
            f"expected {MIN_JUDGED_TUNES} of {', '.join(JUDGED_RHYTHMS[:-1])} or {JUDGED_RHYTHMS[-1]}"
        )
    by_rhythm = {name: group.figures() for name, group in groups.items()}
    about = {
        "model": path.name if path.stem != "model" else f"{path.parent.name}/{path.name}",
        "corpus": corpus.name,
        "corpus digest": corpus.digest,
        "temperature": temperature,
        "top-p": top_p or 1.0,
        "critic": critic and bool(checkpoint.critic),
        "seed": seed,
    }
    figures = {**(found.figures if found else {}), "judged": by_rhythm}
    text = json.dumps({"about": about, **figures}, indent=2, ensure_ascii=False)
    html = page(found, about, _drawings(found) if found else (), by_rhythm)
    output.mkdir(parents=True, exist_ok=True)
    for file, content in zip(files, (text + "\n", html), strict=True):
        write_whole(file, content.encode())
    if as_json:
        click.echo(text)
        return
    for line in (*(_lines(found.figures) if found else ()), *_judged_lines(by_rhythm), *files):
        tell(line)


def _drawings(found: "Evaluation") -> "list[Drawing]":
    """Tunes written that the classifier takes for real, is in doubt of, and finds out, drawn if they can be."""
    from folkrnn.evaluation.page import Drawing
    from folkrnn.export.engraving import to_svg

    scores = found.comparison.scores[len(found.real) :]
    order = [int(place) for place in scores.argsort()]
    drawings = []
    for place in (order[0], order[len(order) // 2], order[-1]):
        tune = found.written[place]
        with suppress(FolkrnnError):
            drawings.append(Drawing(f"{tune.title}: taken for the machine's with {scores[place]:.2f}", to_svg(tune)))
    return drawings


def _lines(figures: dict[str, Any]) -> list[str]:
    """The chief figures as a table, and what gives the machine away."""
    apart = figures["comparison"]
    aucs = [
        [name, f"{each['auc']:.3f}", f"{each['auc_low']:.3f} to {each['auc_high']:.3f}"] for name, each in apart.items()
    ]
    away = [
        [row["feature"], f"{row['importance']:.3f}", f"{row['real']:.3f}", f"{row['written']:.3f}"]
        for row in figures["features"][:10]
    ]
    whole = [
        ["bits per note, test tunes", f"{figures['bits']['all']['bits_per_note']:.3f}"],
        *([f"playable {name}", f"{share:.1%}"] for name, share in figures["playable"].items()),
        *([f"keep their {name}", f"{share:.1%}"] for name, share in figures["kept wishes"]["with the grammar"].items()),
        *([name, f"{value:.1%}"] for name, value in figures["originality"]["written"].items() if "run" not in name),
        ["further drafts", str(figures["drafts"] - figures["tunes"])],
        *([name, f"{value:.1%}"] for name, value in figures["variety"]["written"].items()),
    ]
    return [
        table([f"{figures['tunes']} tunes", ""], whole),
        "",
        table(["told apart", "AUC", "95 % within"], aucs),
        "",
        table(["what gives them away", "importance", "real", "written"], away),
        "",
    ]


def _judged_lines(judged: dict[str, dict[str, Any]]) -> list[str]:
    """The judge's AUCs by rhythm, and the table of what gives the machine away."""
    if not judged:
        return []
    areas = [
        [name, against, *(f"{area['auc']:.3f} ({area['low']:.3f} to {area['high']:.3f})" for area in found.values())]
        for name, group in judged.items()
        for against, found in group["told apart"].items()
    ]
    tables = [group["table"] for group in judged.values()]
    rows = [
        [name, *(_shown(each[name], side) for each in tables for side in ("real", "written"))] for name in tables[0]
    ]
    columns = [column for name in judged for column in (name, "written")]
    return [
        table(["judged by rhythm", "", "by n-grams", "by habits", "together"], areas),
        "",
        table(["real, written", *columns], rows),
        "",
    ]


def _shown(means: dict[str, Any], side: str) -> str:
    if means[side] is None:
        return "–"
    return f"{means[side]:.1%}" if means["is_share"] else f"{means[side]:.1f}"
