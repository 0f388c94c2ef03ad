"""The use case: from wishes, or from a given tune, to compositions.

    wishes ─▶ Request ─▶ Programme ─▶ TextWriter ─▶ drafts ─▶ acceptors ─▶ Tune ─▶ validation ─▶ Composition

A ``Composer`` keeps a model warm and does all of it. The commands, the functions of ``folkrnn`` and every other
program go through it.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from os import PathLike
from typing import TYPE_CHECKING, Unpack

from folkrnn.analysis.originality import DEFAULT_MAX_COPIED, Index, Originality
from folkrnn.composition.acceptors import IsOriginal
from folkrnn.composition.checks import check_generation, check_given
from folkrnn.composition.index_cache import Interrupted, index_at_hand, index_for, index_is_kept
from folkrnn.composition.programme import Programme
from folkrnn.composition.requests import Request, RequestOptions, read_options, unusual_wishes
from folkrnn.composition.reworking import Reworking, bar_range, check_count, extension, naming, replacement
from folkrnn.composition.settings import GenerationOptions, GenerationSettings
from folkrnn.composition.sharing import composed_in_shares, shares_of
from folkrnn.composition.variation import DEFAULT_CLOSENESS, check_learned_plans, variation
from folkrnn.errors import ModelError
from folkrnn.generation.prompts import Prompt
from folkrnn.generation.texts import GeneratedText
from folkrnn.generation.titles import TitleRule
from folkrnn.model.locations import model_or_bundled
from folkrnn.model.metadata import corpus_provenance, learns_plans, read_metadata
from folkrnn.notation import ERROR, Finding, Meter, Tune, parse_meter
from folkrnn.notation.canonical import body
from folkrnn.notation.grammar import Grammar
from folkrnn.notation.headers import in_printed_order
from folkrnn.notation.idiom import Idiom
from folkrnn.notation.plan import shown_plan
from folkrnn.notation.text import escaped_text
from folkrnn.validation import Report, ReportQueue

# A composer whose tunes other processes write needs no torch, which takes a second to load. So what loads it is
# imported where it is used.
if TYPE_CHECKING:
    from folkrnn.generation.drafts import DraftPolicy
    from folkrnn.generation.generator import TextWriter
    from folkrnn.generation.schedule import Watch
    from folkrnn.model.checkpoint import Checkpoint
    from folkrnn.model.stepper import Stepper

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


def unjudged(tune: Tune) -> None:
    """Return None: there is nothing to compare a tune with."""


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
    judge: Callable[[Tune], Originality | None] = field(default=unjudged, compare=False, repr=False)
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

    def judged_by(self, judge: Callable[[Tune], Originality | None]) -> "Composition":
        """Return the composition with another judge; an originality that is known stays."""
        twin = replace(self, judge=judge)
        if "originality" in self.__dict__:
            twin.__dict__["originality"] = self.originality
        return twin

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
    composed and validated, and the corpus is read, by that many processes; the program must then be guarded by
    ``if __name__ == "__main__":``, and the model is loaded here only when it is needed here. With a ``batch``
    this process writes all tunes, at most that many drafts side by side: with few of them the first tune is there
    sooner, with many of them the last one. One composer may be used from several threads. Raises ModelError for a file
    that is no model.
    """

    def __init__(self, model: str | PathLike[str] | None = None, *, jobs: int = 1, batch: int | None = None) -> None:
        self.path = model_or_bundled(model)
        self._jobs = jobs
        self._batch = batch
        if jobs < 2:
            self._corpus, self._alphabet = self.checkpoint.corpus, self.checkpoint.vocabulary.characters
            self._plans = self.checkpoint.network.settings.plans
        else:
            about = read_metadata(self.path)
            self._corpus, self._alphabet = corpus_provenance(self.path, about), about["vocabulary"]
            self._plans = learns_plans(self.path, about)
        self._index: Index | None = None
        self._index_lock = threading.Lock()

    @cached_property
    def checkpoint(self) -> "Checkpoint":
        """The model, with all that its file says of it."""
        from folkrnn.model.checkpoint import load_checkpoint

        return load_checkpoint(self.path)

    @cached_property
    def _stepper(self) -> "Stepper":
        from folkrnn.model.stepper import Stepper

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
        whatever their number, and whether one process writes them or several. Raises FolkrnnError, at once, for what
        cannot be met.
        """
        return self._generate(count, progress, stop, options)

    def generate_share(
        self, tunes: Sequence[int], count: int, progress: ProgressWatcher, stop: Stop, options: RequestOptions
    ) -> Iterator[Composition]:
        """Yield those of ``count`` new tunes that have these numbers, from 0; see ``generate``.

        Where no title is asked for, they may have titles of tunes of other shares.
        """
        return self._generate(count, progress, stop, options, tunes)

    def _generate(
        self,
        count: int,
        progress: ProgressWatcher | None,
        stop: Stop,
        options: RequestOptions,
        tunes: Sequence[int] | None = None,
    ) -> Iterator[Composition]:
        """Yield new tunes: all, or those of these numbers."""
        repertoire = self._corpus.learned
        settings, request, mix = read_options(options, repertoire)
        settings = settings.seeded()
        count = len(request.set) or count
        for sentence in unusual_wishes(request, repertoire):
            _log.warning("%s", sentence)
        check_count("count", count)
        alphabet = self._alphabet
        titles = TitleRule(repertoire.titles, alphabet, self._knows_title)
        programme = Programme(
            request, repertoire, seed=settings.seed or 0, mix=mix, titles=titles, alphabet=alphabet,
            plans=self._plans,
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
        shares = shares_of(count, self._jobs) if self._batch is None else 1
        # Without an index in use, a composer may learn of it, and so of known titles, while it writes.
        shared = tunes is None and shares > 1 and (settings.unconstrained or options.get("max_copied") != 1)
        writer: Callable[[], TextWriter] = cache(lambda: self._writer(prompt, settings, count, idiom))
        if shared:
            check_generation(self.path, options)
        else:
            writer()
        try:  # which may have to read a corpus, and so comes after all else is checked
            original = self._original(
                options.get("max_copied"), any_title="T" in request.fields, settings=settings, stop=stop
            )
        except Interrupted:
            return iter(())
        titled = _Titled(programme, lambda text, attempt: writer().title(text, attempt), alone=tunes is not None)
        finish: Finish = plain if settings.unconstrained else titled
        if shared and (original is None or index_is_kept(self.path, self._corpus)):
            options = {**options, "seed": settings.seed}
            return self._shared(shares, count, progress, stop, options, settings, finish)
        from folkrnn.composition.policies import draft_policy

        critic = options.get("critic", True)
        policy = draft_policy(request, settings, self.checkpoint, critic=critic, original=original)
        texts = writer().write(policy, stop, _watch(progress), tunes)
        return self._composed(texts, settings, "tunes", finish)

    def _shared(
        self,
        shares: int,
        count: int,
        progress: ProgressWatcher | None,
        stop: Stop,
        options: RequestOptions,
        settings: GenerationSettings,
        finish: Finish,
    ) -> Iterator[Composition]:
        """Yield new tunes that other processes write, as one process would write them.

        They do not know each other's titles. So a tune whose title has come before is finished again, here.
        """
        with closing(composed_in_shares(self.path, shares, count, options, progress, stop)) as compositions:
            for composition in compositions:
                if isinstance(finish, _Titled) and not finish.keeps_title(composition.text, composition.tune):
                    yield from self._composed(iter([composition.text]), settings, "tunes", finish)
                else:
                    yield composition.judged_by(self.originality)

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
                self._index = index_for(self.path, self._corpus, stop, self._jobs)
            return self._index

    def index_at_hand(self) -> Index | None:
        """Return the index of the model's corpus; None if it would have to be made."""
        with self._index_lock:
            if self._index is None:
                self._index = index_at_hand(self.path, self._corpus)
            return self._index

    def originality(self, tune: Tune) -> Originality | None:
        """Return a tune's originality beside the model's corpus; None if its index would have to be made."""
        index = self.index_at_hand()
        return index.judge(tune) if index else None

    def policy(self, index: Index, *, critic: bool = True) -> "DraftPolicy":
        """Return the draft policy of tunes of which nothing is asked: they are new, and the critic takes them."""
        from folkrnn.composition.policies import draft_policy

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
        from folkrnn.composition.policies import reworking_policy

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
    ) -> "TextWriter":
        """Return the writer of texts for a prompt, or one for each draft. Raises GenerationError for what cannot be."""
        from folkrnn.generation.generator import BATCH, TextWriter

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
            batch=self._batch or BATCH,
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


def _watch(progress: ProgressWatcher | None) -> "Watch | None":
    """Return the generator's watcher for a watcher of progress."""
    return (lambda *values: progress(Progress(*values))) if progress else None


def without_repeats(compositions: Iterator[Composition]) -> Iterator[Composition]:
    """Yield compositions; one whose melody has come before is marked as a fault."""
    seen: dict[str, int] = {}
    for each in compositions:
        number = seen.setdefault(body(each.tune), each.number)
        yield each if number == each.number else replace(each, violation=f"it is the same as tune {number}")


class _Titled:
    """What shows the fields of a programme in the tunes, and gives each tune another title.

    ``another`` writes a title for a text, by the number of the attempt. With ``alone`` each tune is finished as if no
    other were there.
    """

    def __init__(
        self, programme: Programme, another: Callable[[GeneratedText, int], str], *, alone: bool = False
    ) -> None:
        self._programme = programme
        self._another = another
        self._alone = alone
        self._titles: set[str] = set()  # in small letters

    def keeps_title(self, text: GeneratedText, tune: Tune) -> bool:
        """Whether a tune that was finished alone is as it would be after the tunes so far; then it is one of them."""
        brief = self._programme.brief(text.index, text.draft)
        if not brief.prompt.titles or "T" in brief.shown:
            return True
        title = tune.title.lower()
        if title in self._titles:
            return False
        self._titles.add(title)
        return True

    def __call__(self, text: GeneratedText, tune: Tune) -> tuple[Tune, str]:
        """Return the delivered tune of a text, and the rhythm that it was composed as if it shows another one."""
        brief = self._programme.brief(text.index, text.draft)
        shown = dict(brief.shown)
        if brief.prompt.titles and "T" not in shown:
            title, attempt = tune.title, 0
            while (title.lower() in self._titles or brief.prompt.titles.refusal(title)) and attempt < MOST_TITLES:
                title, attempt = self._another(text, attempt) or title, attempt + 1
            if not self._alone:
                self._titles.add(title.lower())
            shown["T"] = escaped_text(title)
        if meter := shown.pop("M", ""):
            tune = in_meter(tune, parse_meter(meter))
        if text.plan:
            shown["N"] = f"{tune.field('N')}, plan {shown_plan(text.plan)}"
        fields = [(letter, shown.pop(letter, value)) for letter, value in tune.fields]
        return replace(tune, fields=in_printed_order((*fields, *shown.items()))), brief.composed_as


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
