"""The use case: from wishes, or from a given tune, to compositions.

    wishes ─▶ Request ─▶ Programme ─▶ TextWriter ─▶ drafts ─▶ acceptors ─▶ Tune ─▶ validation ─▶ Composition

A ``Composer`` keeps a model warm and does all of it. The commands, the functions of ``folkrnn`` and every other
program go through it.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from typing import Unpack

from folkrnn.analysis.originality import DEFAULT_MAX_COPIED, Index, Originality
from folkrnn.composition.acceptors import IsOriginal
from folkrnn.composition.checks import check_given
from folkrnn.composition.index_cache import Interrupted, index_at_hand, index_for
from folkrnn.composition.policies import draft_policy, reworking_policy
from folkrnn.composition.programme import Programme
from folkrnn.composition.requests import Request, RequestOptions, read_options, unusual_wishes
from folkrnn.composition.reworking import Reworking, bar_range, check_count, extension, naming, replacement
from folkrnn.composition.settings import GenerationOptions, GenerationSettings
from folkrnn.composition.variation import DEFAULT_CLOSENESS, check_learned_plans, variation
from folkrnn.errors import ModelError
from folkrnn.generation.drafts import DraftPolicy
from folkrnn.generation.generator import BATCH, TextWriter
from folkrnn.generation.prompts import Prompt
from folkrnn.generation.schedule import Watch
from folkrnn.generation.texts import GeneratedText
from folkrnn.generation.titles import TitleRule
from folkrnn.model.checkpoint import Checkpoint, load_checkpoint
from folkrnn.model.locations import model_or_bundled
from folkrnn.model.stepper import Stepper
from folkrnn.notation import ERROR, Finding, Meter, Tune, parse_meter
from folkrnn.notation.canonical import body
from folkrnn.notation.grammar import Grammar
from folkrnn.notation.headers import in_printed_order
from folkrnn.notation.idiom import Idiom
from folkrnn.notation.plan import shown_plan
from folkrnn.notation.text import escaped_text
from folkrnn.validation import Report, ReportQueue

_log = logging.getLogger(__name__)

REWRITE_DRAFTS = 16
"""Drafts of bars that lead into others, unless another number is wanted."""


@dataclass(frozen=True)
class Progress:
    """Where composing is: the tunes finished, and of the next one the share written, the drafts so far, and the text.

    ``text`` is the beginning of the draft under way that is furthest.
    """

    tunes: int
    share: float
    drafts: int
    text: str = ""


@dataclass(frozen=True)
class Composition:
    """A tune with all that is known of it.

    ``report`` says whether it is playable. ``violation`` names the requirement that the tune breaks because no
    draft kept it; empty if all is kept. ``text`` is the chosen draft, with the number of ``drafts`` and the
    reasons for which others were refused. ``composed_as`` says on what the model composed, if it has hardly
    learned the rhythm of the tune. ``remarks`` are sentences about what became of the given tune beside its melody.
    """

    tune: Tune
    report: Report
    violation: str
    text: GeneratedText
    judge: Callable[[Tune], Originality | None] = field(default=lambda tune: None, compare=False, repr=False)
    composed_as: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        """The number of the tune among those that were asked for, from 1."""
        return self.text.index + 1

    @property
    def drafts(self) -> int:
        """The number of drafts written."""
        return self.text.drafts

    @cached_property
    def originality(self) -> Originality | None:
        """The tune beside the corpus of the model; None where there is no index of it."""
        return self.judge(self.tune)

    @property
    def fault(self) -> str:
        """Why the tune is not what was wanted: not playable, or a wish that it breaks; empty if it is right."""
        if fault := self.report.fault:
            return f"not playable: {fault.code}: {fault.message}"
        return f"not what was asked for: {self.violation}" if self.violation else ""


ProgressWatcher = Callable[[Progress], None]
Stop = Callable[[], bool]


Finish = Callable[[GeneratedText, Tune], tuple[Tune, str]]
"""What makes the delivered tune of a text; with it the rhythm that it was composed as, if it shows another one."""

MOST_TITLES = 50
"""The most titles that are written for a tune until no tune before it has the same."""


def plain(text: GeneratedText, tune: Tune) -> tuple[Tune, str]:
    """Deliver a tune as it was written."""
    return tune, ""


def never() -> bool:
    """Return False: nobody asks to stop."""
    return False


class Composer:
    """A model kept warm, which composes tunes, extends them, rewrites their bars and varies them.

    ``model`` is a model file; None is the one that ships with folkrnn. With ``jobs`` above 1, many tunes are
    validated, and the corpus is read, by that many processes; the program must then be guarded by
    ``if __name__ == "__main__":``. At most ``batch`` drafts are written side by side: with few of them the first tune
    is there sooner, with many of them the last one. One composer may be used from several threads. Raises ModelError
    for a file that is no model.
    """

    def __init__(self, model: str | PathLike[str] | None = None, *, jobs: int = 1, batch: int = BATCH) -> None:
        self.path = model_or_bundled(model)
        self.checkpoint: Checkpoint = load_checkpoint(self.path)
        self._jobs = jobs
        self._batch = batch
        self._index: Index | None = None
        self._index_lock = threading.Lock()

    @cached_property
    def _stepper(self) -> Stepper:
        return Stepper(self.checkpoint.network)

    @property
    def name(self) -> str:
        """The model's name in the note of a tune: its file's, or its run's."""
        return self.path.parent.name if self.path.stem == "model" else self.path.stem

    # ── the ways of composing ───────────────────────────────────────────────────────────────────

    def generate(
        self,
        count: int = 5,
        *,
        progress: ProgressWatcher | None = None,
        stop: Stop = never,
        **options: Unpack[RequestOptions],
    ) -> Iterator[Composition]:
        """Yield ``count`` new tunes as they are finished; what is left out, or None, is drawn from what was learned.

        ``options`` are wishes (title, rhythm, origin, meter, key, form, similarity, start), the fields of
        ``GenerationSettings``, and mix, set, fit, max_copied and critic. ``mix`` holds the weights of the rhythms that
        come where none is wished for, as a mapping or a text such as ``reel=3,jig=2``. ``set`` names the rhythms of
        tunes that go together, such as ``jig jig reel``, and so their number, whatever ``count`` says: their keys
        follow well (``composition.sets``). ``fit`` names the instrument
        of the tunes, a fiddle if it is left out. At most the share ``max_copied`` of a tune's notes may be
        copied from one known tune, half if it is left out. If it is given, a tune that copies more is a failure, and
        so is a known tune with notes changed. ``critic=False`` keeps the model's critic from refusing drafts.

        ``progress`` is called while a tune is written too. Once ``stop`` is true, which is asked many times a
        second, the finished tunes are yielded and no others. The same options and seed give the same tunes,
        whatever their number. Raises FolkrnnError, at once, for what cannot be met.
        """
        repertoire = self.checkpoint.corpus.learned
        settings, request, mix = read_options(options, repertoire)
        settings = settings.seeded()
        count = len(request.set) or count
        for sentence in unusual_wishes(request, repertoire):
            _log.warning("%s", sentence)
        alphabet = self.checkpoint.vocabulary.characters
        titles = TitleRule(repertoire.titles, alphabet, self._knows_title)
        programme = Programme(
            request, repertoire, seed=settings.seed or 0, mix=mix, titles=titles, alphabet=alphabet,
            plans=self.checkpoint.network.settings.plans,
        )  # fmt: skip
        if unknown := [letter for letter in dict.fromkeys(request.fields.get("T", "")) if letter not in alphabet]:
            _log.warning(
                "the model does not know %s of the title, which is put over a tune written without it",
                " ".join(unknown),
            )
        idiom = request.idiom(repertoire, options.get("fit"))
        start = options.get("start")
        if start is not None and not settings.unconstrained:
            check_given(start, programme, Grammar(alphabet, idiom=idiom))
        prompt = request.prompt if settings.unconstrained else programme.prompt
        writer = self._writer(prompt, settings, count, idiom)
        try:  # which may have to read a corpus, and so comes after all else is checked
            original = self._original(
                options.get("max_copied"), any_title="T" in request.fields, settings=settings, stop=stop
            )
        except Interrupted:
            return iter(())
        critic = options.get("critic", True)
        policy = draft_policy(request, settings, self.checkpoint, critic=critic, original=original)
        texts = writer.write(policy, stop, _watch(progress))
        finish = plain if settings.unconstrained else _finishing(programme, writer)
        return self._composed(texts, settings, "tunes", finish)

    def extend(
        self,
        tune: Tune,
        bars: int,
        *,
        count: int = 1,
        progress: ProgressWatcher | None = None,
        stop: Stop = never,
        **options: Unpack[GenerationOptions],
    ) -> Iterator[Composition]:
        """Yield ``count`` continuations of the melody of a tune by some bars; all that is there stays.

        If the last part is closed, by a repeat, a double bar or the end, a new part comes; else the part under
        way becomes longer. Other voices rest in the new bars. Raises GenerationError, at once, for a tune that cannot
        be extended.
        """
        settings = GenerationSettings.of(options).seeded()
        with naming(tune):
            reworking = extension(tune, bars, self.checkpoint)
        return self._rework(reworking, settings, count, "continued", progress, stop)

    def rewrite(
        self,
        tune: Tune,
        bars: int | tuple[int, int],
        *,
        count: int = 1,
        progress: ProgressWatcher | None = None,
        stop: Stop = never,
        **options: Unpack[GenerationOptions],
    ) -> Iterator[Composition]:
        """Yield ``count`` versions of a tune with one bar of its melody, or those from first to last, written again.

        Bars have the numbers that are printed. Their lengths, repeats and endings stay, and so does all else, but for
        the words, chord symbols and annotations of the old notes (``Composition.remarks`` says so). Of
        several drafts the one is chosen after which the model finds the following bars likeliest. Raises
        GenerationError, at once, for bars that cannot be written.
        """
        settings = GenerationSettings.of(options).seeded()
        settings = replace(settings, best_of=settings.best_of or REWRITE_DRAFTS)
        with naming(tune):
            reworking = replacement(tune, *bar_range(bars), self.checkpoint)
        return self._rework(reworking, settings, count, "rewritten", progress, stop)

    def vary(
        self,
        tune: Tune,
        *,
        closeness: int = DEFAULT_CLOSENESS,
        count: int = 1,
        progress: ProgressWatcher | None = None,
        stop: Stop = never,
        **options: Unpack[GenerationOptions],
    ) -> Iterator[Composition]:
        """Yield ``count`` settings of a tune, as players have them: the same plan and cadences, other notes elsewhere.

        Of the bars that are no cadences, ``closeness`` tenths stay, 0 to 9; each setting varies others. A varied bar
        has the pitch of the given one for at least ``notation.plan.VARIED`` of its time, if the model finds such a bar
        in some attempts. Bars that are equal stay equal. Lengths, repeats and endings stay, and so does all else, as
        in ``rewrite``. A setting that has come before is a fault. Raises GenerationError, at once, for a tune that
        cannot be varied, and for a model that has learned no plans.
        """
        settings = GenerationSettings.of(options).seeded()
        check_learned_plans(self.path, self.checkpoint.network.settings.plans)
        with naming(tune):
            reworking = variation(tune, closeness, settings.seed or 0, self.checkpoint)
        return without_repeats(self._rework(reworking, settings, count, "varied", progress, stop))

    # ── the corpus of the model ─────────────────────────────────────────────────────────────────

    def index(self, stop: Stop = never) -> Index:
        """Return the index of the model's corpus; making it, where it is missing, takes some seconds.

        Raises ModelError if the tunes that the model learned from are not at hand, Interrupted if stopped.
        """
        with self._index_lock:
            if self._index is None:
                self._index = index_for(self.path, self.checkpoint, stop, self._jobs)
            return self._index

    def index_at_hand(self) -> Index | None:
        """Return the index of the model's corpus; None if it would have to be made."""
        with self._index_lock:
            if self._index is None:
                self._index = index_at_hand(self.path, self.checkpoint)
            return self._index

    def originality(self, tune: Tune) -> Originality | None:
        """Return a tune's originality beside the model's corpus; None if its index would have to be made."""
        index = self.index_at_hand()
        return index.judge(tune) if index else None

    def policy(self, index: Index, *, critic: bool = True) -> DraftPolicy:
        """Return the draft policy of tunes of which nothing is asked: they are new, and the critic takes them."""
        original = IsOriginal(index, any_title=False)
        return draft_policy(Request(), GenerationSettings(), self.checkpoint, critic=critic, original=original)

    def _knows_title(self, title: str) -> bool:
        """Whether a title of the model's corpus is this one or holds it, as far as the index is at hand."""
        return self._index is not None and self._index.has_title_with(title)

    def _original(
        self, max_copied: float | None, *, any_title: bool, settings: GenerationSettings, stop: Stop
    ) -> IsOriginal | None:
        """Return the acceptor that refuses copies; None if any tune will do, or the corpus is not at hand."""
        required = max_copied is not None
        if max_copied == 1 or (settings.unconstrained and not required):
            return None
        try:
            index = self.index(stop)
        except ModelError as error:
            if required:
                raise
            _log.warning("what tunes have copied is not known: %s", error)
            return None
        most = DEFAULT_MAX_COPIED if max_copied is None else max_copied
        return IsOriginal(index, most, any_title=any_title, required=required)

    # ── from a prompt to compositions ───────────────────────────────────────────────────────────

    def _rework(
        self,
        reworking: Reworking,
        settings: GenerationSettings,
        count: int,
        name: str,
        progress: ProgressWatcher | None,
        stop: Stop,
    ) -> Iterator[Composition]:
        """Compose from a reworking of a tune."""
        settings = replace(settings, max_length=settings.max_length + reworking.room)
        idiom = self.checkpoint.corpus.learned.idiom.with_tune(reworking.given)
        prompt = reworking.prompts or reworking.prompt
        writer = self._writer(prompt, settings, count, idiom, reworking.cautious)
        policy = reworking_policy(reworking, settings, self.checkpoint)
        texts = writer.write(policy, stop, _watch(progress))

        def finish(text: GeneratedText, tune: Tune) -> tuple[Tune, str]:
            return reworking.finish(tune), ""

        return self._composed(texts, settings, name, finish, reworking.remarks, reworking.note)

    def _writer(
        self,
        prompt: Prompt | Callable[[int, int], Prompt],
        settings: GenerationSettings,
        count: int,
        idiom: Idiom,
        cautious: bool = True,
    ) -> TextWriter:
        """Return the writer of texts for a prompt, or one for each draft. Raises GenerationError for what cannot be."""
        check_count("count", count)
        prompt_of = (lambda tune, draft: prompt) if isinstance(prompt, Prompt) else prompt
        writer = TextWriter(
            self._stepper,
            self.checkpoint.vocabulary,
            prompt_of,
            count,
            sampling=settings.header_sampling,
            music_sampling=settings.music_sampling,
            title_sampling=settings.title_sampling,
            opening_sampling=settings.opening_sampling,
            seed=settings.seed or 0,
            max_characters=settings.max_length,
            constrained=not settings.unconstrained,
            cautious=cautious,
            idiom=idiom,
            beam=settings.beam,
            batch=self._batch,
        )
        writer.check(prompt_of(0, 0))
        return writer

    def _composed(
        self,
        texts: Iterator[GeneratedText],
        settings: GenerationSettings,
        name: str,
        finish: Finish,
        remarks: tuple[str, ...] = (),
        made: str = "",
    ) -> Iterator[Composition]:
        """Yield the composition of each text, once its report is there; ``made`` is added to the note."""
        written: deque[tuple[GeneratedText, Tune, str]] = deque()

        def composition(report: Report) -> Composition:
            text, tune, composed_as = written.popleft()
            return Composition(tune, report, text.violation, text, self.originality, composed_as, remarks)

        with ReportQueue(self._jobs) as reports:
            for text in texts:
                note = settings.note(self.name, text.index + 1) + (made and f", {made}")
                tune, composed_as = finish(text, _annotated(text, f"{name}-{settings.seed}", note))
                written.append((text, tune, composed_as))
                yield from map(composition, reports.put(tune))
            yield from map(composition, reports.rest())


def _watch(progress: ProgressWatcher | None) -> Watch | None:
    """Return the generator's watcher for a watcher of progress."""
    return (lambda *values: progress(Progress(*values))) if progress else None


def without_repeats(compositions: Iterator[Composition]) -> Iterator[Composition]:
    """Yield compositions; one whose melody has come before is marked as a fault."""
    seen: dict[str, int] = {}
    for each in compositions:
        number = seen.setdefault(body(each.tune), each.number)
        yield each if number == each.number else replace(each, violation=f"it is the same as tune {number}")


def _finishing(programme: Programme, writer: TextWriter) -> Finish:
    """Return what shows the fields of a programme in the tunes, and gives each tune another title."""
    titles: set[str] = set()

    def finish(text: GeneratedText, tune: Tune) -> tuple[Tune, str]:
        brief = programme.brief(text.index, text.draft)
        shown = dict(brief.shown)
        if brief.prompt.titles and "T" not in shown:
            title, attempt = tune.title, 0
            while (title.lower() in titles or brief.prompt.titles.refusal(title)) and attempt < MOST_TITLES:
                title, attempt = writer.title(text, attempt) or title, attempt + 1
            titles.add(title.lower())
            shown["T"] = escaped_text(title)
        if meter := shown.pop("M", ""):
            tune = in_meter(tune, parse_meter(meter))
        if text.plan:
            shown["N"] = f"{tune.field('N')}, plan {shown_plan(text.plan)}"
        fields = [(letter, shown.pop(letter, value)) for letter, value in tune.fields]
        return replace(tune, fields=in_printed_order((*fields, *shown.items()))), brief.composed_as

    return finish


def in_meter(tune: Tune, meter: Meter) -> Tune:
    """Return a tune in another meter with the same bars, such as 4/4 for 2/2."""
    bars = tuple(replace(bar, meter=meter) for bar in tune.bars)
    fields = tuple((letter, str(meter) if letter == "M" else value) for letter, value in tune.fields)
    return replace(tune.with_bars(bars), meter=meter, fields=fields)


def _annotated(text: GeneratedText, source: str, note: str) -> Tune:
    """Return the tune of a text with its number, its source and a note of how it was made."""
    tune = text.tune
    findings = tune.findings
    if not text.finished:
        message = f"the model had not ended the tune after {len(text.written)} characters"
        findings = (*findings, Finding("unfinished", ERROR, 1, 1, tune.bar_count, message))
    fields = tuple(field for field in tune.fields if field[0] not in "IL")
    number = str(text.index + 1)
    return replace(tune, fields=(*fields, ("N", escaped_text(note))), number=number, source=source, findings=findings)
