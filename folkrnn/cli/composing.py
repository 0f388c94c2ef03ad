"""What the commands that compose have in common: their options, and the way from texts to files and a table."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import chain, tee
from pathlib import Path
from secrets import randbelow
from typing import TYPE_CHECKING, Any, TypeVar

import click

from folkrnn import __version__
from folkrnn.cli.common import Formats, Interrupts, JsonArray, Printing, Temperature, formats_for, table
from folkrnn.errors import InputError
from folkrnn.processes import processors

if TYPE_CHECKING:
    from folkrnn.evaluation.originality import Index, Original
    from folkrnn.generation import GeneratedText, Prompt
    from folkrnn.generation.generator import Drafts
    from folkrnn.model import Checkpoint
    from folkrnn.notation import Finding, Tune
    from folkrnn.validation import Report

MANY = 100
"""More tunes than this are told of in sums alone, and made into ABC alone where no format is asked for."""

SAMPLERS = ("random", "greedy", "beam")

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = [
    click.option(
        "-n", "--count", type=click.IntRange(1, 100_000), help="How many [default: 5 new ones, 1 of a given one]."
    ),
    click.option(
        "-t",
        "--temperature",
        type=Temperature(),
        default=1.0,
        show_default=True,
        help="0 is greedy; 1 the model's own.",
    ),
    click.option("--seed", type=click.IntRange(0), help="The same seed gives the same tunes [default: a new one]."),
    click.option(
        "--sampler",
        type=click.Choice(SAMPLERS),
        default="random",
        show_default=True,
        help="How the music is written; header fields are always drawn at random.",
    ),
    click.option("--beam-width", type=click.IntRange(1, 64), default=8, show_default=True, help="Of --sampler beam."),
    click.option("--top-k", type=click.IntRange(1), help="Draw from the so many likeliest characters only."),
    click.option(
        "--top-p", type=click.FloatRange(0, 1, min_open=True), help="Draw from the likeliest with this share only."
    ),
    click.option(
        "--best-of", type=click.IntRange(1, 1000), help="Write so many drafts of each tune and keep the best."
    ),
    click.option(
        "--model", type=click.Path(path_type=Path), help="Model file [default: the one that ships with folkrnn]."
    ),
    click.option(
        "--format",
        "formats",
        type=Formats(),
        help=f"What to write [default: abc,midi,pdf; abc for more than {MANY} tunes; or as -o ends].",
    ),
    click.option(
        "-o", "--output", default="outputs", show_default=True, help="Folder, file, or - for ABC on standard output."
    ),
    click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table."),
    click.option("--force", is_flag=True, help="Overwrite files that are there."),
]


def composing_options(command: Command) -> Command:
    """Give a command the options of ``Composing``, each as an argument of its name."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass
class Composing:
    """What the options that all composing commands have say, and the model that they name."""

    temperature: float
    sampler: str
    beam_width: int
    top_k: int | None
    top_p: float | None
    best_of: int | None
    model: Path | None
    formats: tuple[str, ...] | None
    output: str
    as_json: bool
    force: bool
    count: int | None = None
    seed: int | None = None
    max_length: int = 2000
    unconstrained: bool = False

    def __post_init__(self) -> None:
        from folkrnn.model import bundled_model, load_checkpoint

        if self.output == "-" and self.as_json:
            raise InputError("--json and -o - both want standard output; expected one of them")
        self.count = 5 if self.count is None else self.count
        self.seed = randbelow(10**6) if self.seed is None else self.seed
        self.path: Path = self.model or bundled_model()
        self.checkpoint: Checkpoint = load_checkpoint(self.path)

    def compose(
        self,
        prompt: "Prompt",
        drafts: "Drafts",
        broken: "Callable[[Tune], str]" = lambda tune: "",
        finished: "Callable[[Tune], Tune]" = lambda tune: tune,
        name: str = "tunes",
        cautious: bool = True,
        original: "Callable[[], Original | None]" = lambda: None,
    ) -> None:
        """Compose tunes from a prompt, write them, tell of them, and leave with the status that says how it went.

        ``broken`` says what a tune does not keep of the wishes that it must keep; ``finished`` makes of what the model
        wrote the tune that is delivered. Files are called ``name-SEED``. ``original`` gives the wish that tunes are
        new, if there is one; it may take its time.
        """
        from folkrnn.cli.indexes import index_at_hand
        from folkrnn.export import FORMATS, Delivery
        from folkrnn.generation import generate_texts
        from folkrnn.generation.sampling import Choice

        count = self.count or 0
        few = count <= MANY
        formats = formats_for(
            self.formats, self.output, ("abc", "midi", "pdf") if few and self.output != "-" else ("abc",)
        )
        name = f"{name}-{self.seed}"
        # Better to learn that nothing can be written before the work than after it.
        delivery = (
            Printing(formats, count=count)
            if self.output == "-"
            else Delivery(formats, self.output, count=count, name=name, overwrite=self.force)
        )
        new: Original | None = None

        def accept(text: "GeneratedText") -> bool:
            return drafts.accept(text) and (new is None or new.accepts(text))

        choice = Choice(self.temperature, self.top_k or 0, self.top_p or 1.0)
        composing = Interrupts()
        texts = generate_texts(
            self.checkpoint.network,
            self.checkpoint.vocabulary,
            [prompt] * count,
            choice=choice,
            music=replace(choice, temperature=0.0) if self.sampler == "greedy" else choice,
            seed=self.seed or 0,
            max_characters=self.max_length,
            constrained=not self.unconstrained,
            cautious=cautious,
            drafts=replace(drafts, accept=accept),
            beam=self.beam_width if self.sampler == "beam" else 0,
            stop=lambda: composing.pressed,
        )
        new = original()  # which takes time, and so comes after what is asked for has been checked
        told = self.as_json or (few and self.output != "-")  # of each tune, or of their sums alone
        index = (new.index if new else index_at_hand(self.path, self.checkpoint)) if told else None
        account = _Account(few, not self.unconstrained, index)
        files: list[Path] = []
        with composing, JsonArray() if self.as_json else nullcontext() as array, delivery:
            made = ((text, finished(_tune(text, name, self._note(text)))) for text in texts)
            with click.progressbar(
                _judged(made), count, "composing", show_pos=True, file=sys.stderr, hidden=not sys.stderr.isatty()
            ) as steps:
                for text, tune, report in steps:
                    unkept = "" if text.accepted else broken(tune) or (new.broken(tune) if new and new.must else "")
                    fault = _fault(report) or (unkept and f"not what was asked for: {unkept}")
                    if not fault or (self.unconstrained and tune.bars):
                        own = delivery.add(tune)
                        files += own if few else ()
                    elif self.unconstrained:
                        _say(f"tune {tune.number}, {tune.title}, holds no music and is not written")
                    else:
                        _say(f"tune {tune.number}, {tune.title}, is {fault}")
                        delivery.set_aside(tune)
                    row = account.add(text, tune, report, failed=bool(fault))
                    if array:
                        array.add(row)
        if not self.as_json and self.output != "-":
            for line in account.lines():
                click.echo(line)
        if not few and delivery.count:
            files = [
                Path(self.output) / f"{name}-*{FORMATS[each].extension}"
                for each in formats
                if not FORMATS[each].holds_all
            ]
        with Interrupts() as binding:
            for file in chain(delivery.grown, files, binding.until(delivery.make_books(processors()))):
                click.echo(file, err=self.as_json)
        if composing.pressed or binding.pressed:
            click.echo(f"folkrnn: stopped; {delivery.count} of {count} tunes were written", err=True)
            click.get_current_context().exit(130)
        if account.failed and not self.unconstrained:
            click.get_current_context().exit(1)

    def _note(self, text: "GeneratedText") -> str:
        """How a tune was made, so that it can be made again."""
        model = self.path.parent.name if self.path.stem == "model" else self.path.stem
        told = f"folkrnn {__version__}, model {model}, seed {self.seed}, tune {text.index + 1}"
        told += f", temperature {self.temperature:g}"
        for option, value in (("top-k", self.top_k), ("top-p", self.top_p), ("best of", self.best_of)):
            told += f", {option} {value:g}" if value else ""
        sampler = {"greedy": ", greedy", "beam": f", beam of {self.beam_width}"}.get(self.sampler, "")
        return told + sampler


def _tune(text: "GeneratedText", source: str, note: str) -> "Tune":
    """The tune of a text, with a ``note`` of how it was made."""
    from folkrnn.notation import ERROR, Finding, read_tunes

    (tune,) = read_tunes(text.text, source)[:1]
    fields = tuple(field for field in tune.fields if field[0] not in "IL")
    findings = tune.findings
    if not text.finished:
        message = f"the model had not ended the tune after {len(text.written)} characters"
        findings = (*findings, Finding("unfinished", ERROR, 1, 1, tune.bar_count, message))
    return replace(tune, fields=(*fields, ("N", note)), number=str(text.index + 1), findings=findings)


def _judged(
    made: Iterable[tuple["GeneratedText", "Tune"]],
) -> Iterator[tuple["GeneratedText", "Tune", "Report"]]:
    """Each text and tune with the tune's report."""
    from folkrnn.validation import validate_all

    ahead, behind = tee(made)
    # The reports are asked for first: how many tunes are made ahead of them is for the validation to say.
    for report, (text, tune) in zip(validate_all((tune for _, tune in ahead), processors()), behind, strict=False):
        yield text, tune, report


def _fault(report: "Report") -> str:
    """What first keeps a tune from being playable; empty where nothing does."""
    fault = None if report.playable else _first(report)
    return f"not playable: {fault.code}: {fault.message}" if fault else ""


def _first(report: "Report") -> "Finding":
    return next(finding for finding in report.findings if finding.level != "note")


def _say(sentence: str) -> None:
    # The line takes the place of the progress bar, which is drawn anew below it.
    start = "\r\033[K" if sys.stderr.isatty() else ""
    click.echo(f"{start}{sentence}", err=True)


class _Account:
    """What is told of tunes: a table of each if there are few, and sums."""

    def __init__(self, few: bool, steering: bool, index: "Index | None") -> None:
        self._few = few
        self._index = index
        self._steering = steering
        self._header: list[str] = ["title", "rhythm", "key", "meter", "bars", "playable"]
        self._rows: list[list[Any]] = []
        self._tunes = self._playable = self._steered = self._rewritten = self._characters = self._drafts = 0
        self.failed = 0
        """The tunes that are not playable, or not what was asked for."""

    def add(self, text: "GeneratedText", tune: "Tune", report: "Report", failed: bool) -> dict[str, Any]:
        """Count a tune; give what there is to tell of it."""
        row: dict[str, Any] = {
            "title": tune.title,
            "rhythm": tune.rhythm,
            "key": str(tune.key),
            "meter": str(tune.meter),
            "bars": tune.bar_count,
            "playable": "yes" if report.playable else f"no: {_first(report).code}",
        }
        self._tunes += 1
        self._playable += report.playable
        self.failed += failed
        self._drafts += text.drafts
        self._steered += text.steered
        self._rewritten += text.rewritten
        self._characters += len(text.written)
        shown = dict(row)
        if self._index:
            found = self._index.judge(tune)
            row |= {
                "copied": round(found.copied, 4),
                "copied_bars": round(found.bars, 2),
                "nearest": found.nearest,
                "title_known": found.title_known,
            }
            shown |= {
                "known": "yes" if found.title_known else "no",
                "copied": f"{found.copied:.0%}",
                "run": f"{found.bars:.1f}",
                "nearest": found.nearest,
            }
        if self._few:
            self._header = list(shown)
            self._rows.append(list(shown.values()))
        more = {"drafts": text.drafts, "as_asked": text.accepted or not failed} if self._steering else {}
        return row | self._steering_of(text) | more

    def _steering_of(self, text: "GeneratedText") -> dict[str, int]:
        if not self._steering:
            return {}
        return {"steered": text.steered, "rewritten": text.rewritten, "characters": len(text.written)}

    def lines(self) -> Iterator[str]:
        """The table and the sums."""
        if self._few:
            yield table(self._header, self._rows)
        if self._steering:
            percent = 100 * self._steered / max(1, self._characters)
            steered = f"steered {self._steered:,} of {self._characters:,} characters ({percent:.1f} %)"
            yield f"the grammar {steered} and had {self._rewritten:,} bars written again"
        if self._drafts > self._tunes:
            yield f"{self._drafts:,} drafts were written for {self._tunes:,} tunes"
        yield f"{self._playable} of {self._tunes} tunes are playable"
