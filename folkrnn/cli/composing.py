"""What the commands that compose have in common: their options, and the way from compositions to files and a table."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from folkrnn.cli.console import Command, StatusLine, complain, is_quiet, quiet_option, tell
from folkrnn.cli.interrupts import Interrupts, status_of
from folkrnn.cli.outputs import JsonArray, Printing, counted, formats_for, table
from folkrnn.cli.parameters import Formats, Temperature
from folkrnn.errors import InputError
from folkrnn.processes import processors

if TYPE_CHECKING:
    from folkrnn.composition.composer import Composer, Composition, Progress
    from folkrnn.composition.settings import GenerationSettings
    from folkrnn.export import Delivery

MANY = 100
"""Of more tunes than this only sums are shown, and only ABC is written where no format is asked for."""

_OPTIONS = [
    click.option("-n", "--count", type=click.IntRange(1, 100_000), help="How many [default: 5 new, 1 reworked]."),
    click.option(
        "-t",
        "--temperature",
        type=Temperature(),
        default=1.0,
        show_default=True,
        help="0: greedy; 1: as learned.",
    ),
    click.option("--seed", type=click.IntRange(0), help="The same seed gives the same tunes."),
    click.option(
        "--sampler",
        type=click.Choice(["random", "greedy", "beam"]),
        default="random",
        show_default=True,
        help="How the music is written.",
    ),
    click.option("--beam-width", type=click.IntRange(1, 64), default=8, show_default=True, help="Of --sampler beam."),
    click.option("--top-k", type=click.IntRange(1), help="Sample only from the K likeliest characters."),
    click.option("--top-p", type=click.FloatRange(0, 1, min_open=True), help="Sample only from this nucleus."),
    click.option(
        "--best-of",
        type=click.IntRange(1, 1000),
        metavar="N",
        help="Keep the best of N drafts [default: 1; rewrite: 16].",
    ),
    click.option("--model", type=click.Path(path_type=Path), help="Model file [default: the bundled one]."),
    click.option("--format", "formats", type=Formats(), help="What to write, such as abc,midi,pdf."),
    click.option("-o", "--output", default="outputs", show_default=True, help="Folder, file, or - for stdout."),
    click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table."),
    click.option("--force", is_flag=True, help="Overwrite files that are there."),
    quiet_option,
]

_SETTINGS = (
    "temperature", "title_temperature", "seed", "sampler", "beam_width", "top_k", "top_p", "best_of", "max_length",
    "unconstrained",
)  # fmt: skip


def composing_options(command: Command) -> Command:
    """Give a command the options of ``Composing``, each as an argument of its name."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


Write = Callable[["Composer", "Callable[[Progress], None]", Callable[[], bool]], "Iterator[Composition]"]
"""What asks a composer for tunes; it gets a watcher of progress, and the question whether to stop."""


@dataclass(frozen=True)
class Composing:
    """What the options of a composing command say: how tunes are written, how many, and where they go."""

    settings: "GenerationSettings"
    count: int
    model: Path | None
    formats: tuple[str, ...]
    output: str
    as_json: bool
    force: bool
    as_set: bool = False

    @classmethod
    def of(cls, options: dict[str, Any], count: int, as_set: bool = False) -> "Composing":
        """Read the options of a command that writes ``count`` tunes by default. Raises FolkrnnError for bad ones."""
        from folkrnn.composition.settings import GenerationSettings

        if options["output"] == "-" and options["as_json"]:
            raise InputError("--json and -o - both want standard output; expected one of them")
        count = options["count"] or count
        settings = GenerationSettings(**{name: options[name] for name in _SETTINGS if name in options}).seeded()
        usual = ("abc",) if count > MANY or options["output"] == "-" else ("abc", "midi", "pdf")
        formats = formats_for(options["formats"], options["output"], usual)
        names = ("model", "output", "as_json", "force")
        return cls(settings, count, formats=formats, as_set=as_set, **{name: options[name] for name in names})

    def compose(self, name: str, write: Write) -> None:
        """Write tunes, deliver and list them, and leave with the status that says how it went.

        Files are called ``name-SEED``.
        """
        from folkrnn.export import FORMATS, Delivery, ExportSettings, SetSettings

        export = ExportSettings(set=SetSettings() if self.as_set else None)
        name = f"{name}-{self.settings.seed}"
        # Better to learn that nothing can be written before the model is loaded than after it.
        delivery: Printing | Delivery = (
            Printing(self.formats, count=self.count, settings=export)
            if self.output == "-"
            else Delivery(
                self.formats, Path(self.output), count=self.count, name=name, overwrite=self.force, settings=export
            )
        )
        from folkrnn.composition.composer import Composer

        composer = Composer(self.model, jobs=processors())
        status = StatusLine()
        few = self.count <= MANY
        account = _Account(
            self.settings.unconstrained, listed=few and self.output != "-", judged=self.as_json or self.output != "-"
        )
        files: list[Path] = []
        with Interrupts() as interrupts:
            compositions = write(composer, self._watcher(status), lambda: interrupts.pressed)
            with JsonArray() if self.as_json else nullcontext() as array, delivery:
                for composition in compositions:
                    status.clear()
                    # The same for all tunes.
                    for remark in () if account.count or is_quiet() else composition.remarks:
                        complain(remark)
                    own = self._deliver(composition, delivery)
                    files += own if few else ()
                    row = account.add(composition, judged=few or self.as_json)
                    if array:
                        array.add(row)
            status.clear()
        if not self.as_json and self.output != "-":
            for line in account.lines():
                tell(line)
        if not few and delivery.count:
            single = [each for each in self.formats if not FORMATS[each].holds_all]
            files = [Path(self.output) / f"{name}-*{FORMATS[each].extension}" for each in single]
        with Interrupts() as binding:
            for file in chain(delivery.grown, files, binding.until(delivery.make_books(processors()))):
                if not is_quiet():
                    click.echo(file, err=self.as_json)
        if interrupts.pressed or binding.pressed:
            written = f"{delivery.count} of {counted(self.count, 'tune')}"
            click.echo(f"folkrnn: stopped; {written} {'was' if self.count == 1 else 'were'} written", err=True)
            click.get_current_context().exit(status_of(interrupts.number or binding.number))
        if account.failed and not self.settings.unconstrained:
            click.get_current_context().exit(1)

    def _watcher(self, status: StatusLine) -> "Callable[[Progress], None]":
        def watch(progress: "Progress") -> None:
            draft = f"draft {progress.drafts + 1}, " if progress.drafts else ""
            number = min(progress.tunes + 1, self.count)
            status.show(f"composing tune {number:,} of {self.count:,}: {draft}{progress.share:.0%} written")

        return watch

    def _deliver(self, composition: "Composition", delivery: "Printing | Delivery") -> list[Path]:
        """Deliver a tune, or set it aside and say why; return the paths of its own files."""
        tune, fault = composition.tune, composition.fault
        if not fault or (self.settings.unconstrained and tune.bars):
            return delivery.add(tune)
        if self.settings.unconstrained:
            complain(f"tune {composition.number}, {tune.title}, holds no music and is not written")
            return []
        complain(f"tune {composition.number}, {tune.title}, is {fault}")
        delivery.set_aside(tune)
        return []


class _Account:
    """What is printed about tunes: a table if they are ``listed``, and sums."""

    def __init__(self, unconstrained: bool, *, listed: bool, judged: bool) -> None:
        self._listed = listed
        self._judged = judged
        self._unconstrained = unconstrained
        self._header: list[str] = []
        self._rows: list[list[Any]] = []
        self._refused: Counter[str] = Counter()
        self._begun = time.monotonic()
        self.count = self._playable = self._steered = self._rewritten = self._characters = self._drafts = 0
        self.failed = 0
        """The tunes that are not playable, or not what was asked for."""

    def add(self, composition: "Composition", judged: bool) -> dict[str, Any]:
        """Count a tune; return all that there is to say of it."""
        tune, report, text = composition.tune, composition.report, composition.text
        self.count += 1
        self._playable += report.playable
        self.failed += bool(composition.fault)
        self._drafts += text.drafts
        self._steered += text.steered
        self._rewritten += text.rewritten
        self._characters += len(text.written)
        row: dict[str, Any] = {
            "title": tune.title,
            "rhythm": tune.rhythm,
            "composed_as": composition.composed_as,
            "key": str(tune.key),
            "meter": str(tune.meter),
            "bars": tune.bar_count,
            "playable": f"no: {report.fault.code}" if report.fault else "yes",
        }
        refused = Counter(refusal.kind for refusal in text.refusals)
        self._refused.update(refused)
        shown = dict(row)
        if composed_as := shown.pop("composed_as"):
            shown["rhythm"] += f" (as {composed_as})"
        found = composition.originality if self._judged and judged else None
        if found:
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
        if not self._unconstrained:
            shown["refused"] = _told(refused)
        if self._listed:
            self._header = list(shown)
            self._rows.append(list(shown.values()))
        if self._unconstrained:
            return row
        return row | {
            "plan": text.plan,
            "steered": text.steered,
            "rewritten": text.rewritten,
            "characters": len(text.written),
            "drafts": text.drafts,
            "refused": dict(refused),
            "seconds": round(time.monotonic() - self._begun, 2),
            "as_asked": text.accepted or not composition.fault,
        }

    def lines(self) -> Iterator[str]:
        """Yield the table and the sums."""
        if self._listed:
            yield table(self._header, self._rows)
        if not self._unconstrained:
            percent = 100 * self._steered / max(1, self._characters)
            steered = f"steered {self._steered:,} of {self._characters:,} characters ({percent:.1f} %)"
            yield f"the grammar {steered} and had {counted(self._rewritten, 'bar')} written again"
        if self.count:
            refused = f"; refused {self._refused.total():,}: {_told(self._refused)}" if self._refused else ""
            tunes = counted(self.count, "tune")
            yield f"{counted(self._drafts, 'draft')} for {tunes} in {time.monotonic() - self._begun:.1f} s{refused}"
        yield f"{self._playable} of {counted(self.count, 'tune')} {'is' if self.count == 1 else 'are'} playable"


def _told(refused: "Counter[str]") -> str:
    """Return in words how many drafts were refused for each kind of reason."""
    return ", ".join(f"{kind} {count:,}" for kind, count in refused.most_common())
