"""What the process with the model does: it composes tunes, continues, rewrites and varies them.

    python -m folkrnn.studio.composer [MODEL]    answers requests until its standard input ends

While a tune is being written the process still looks for requests: it says whether wishes can be met, and it stops.
"""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from folkrnn.errors import FolkrnnError, GenerationError, ModelError
from folkrnn.notation import write_tune
from folkrnn.notation.articles import shown_title
from folkrnn.processes import processors
from folkrnn.studio.frames import Message
from folkrnn.studio.readings import readable
from folkrnn.studio.worker import Line, refusal

if TYPE_CHECKING:
    from folkrnn.composition.composer import Composer, Composition, Progress

BATCH = 4
"""The drafts that are written side by side: with fewer of them the first tune comes sooner, and the last one later."""

MOST_READERS = 4
"""The most processes that read the corpus of the model, once, with 80 MB for each."""

SHOWN_COPY = 0.2
"""From this share of copied notes on a remark names the tune that they are from."""


def suggestions(model: str | None) -> dict[str, Any]:
    """Return what one may ask a model for, without loading it. Raises ModelError for a file that is no model."""
    from folkrnn.model.locations import model_or_bundled
    from folkrnn.model.metadata import read_corpus_provenance
    from folkrnn.notation.rhythms import RHYTHMS, rhythm_named

    learned = read_corpus_provenance(model_or_bundled(model)).learned
    known = {rhythm.name if (rhythm := rhythm_named(name)) else name for name in learned.rhythms}
    names = [*learned.rhythms, *(rhythm.name for rhythm in RHYTHMS if rhythm.name not in known)]
    return {
        "rhythms": [
            {"name": name, "meters": learned.usual_meters(name), "tunes": learned.count(name)} for name in names
        ],
        "keys": learned.values("K"),
        "origins": learned.values("O"),
        "meters": learned.values("M"),
        "forms": list(dict.fromkeys(rhythm.form for rhythm in RHYTHMS)),
    }


class Composing:
    """The process's work: requests one after the other, and those that cannot wait in between."""

    def __init__(self, line: Line, model: str | None) -> None:
        self._line = line
        self._model = model
        self._composer: Composer | None = None
        self._failure = "no model is loaded, so nothing can be composed; expected a model file with --model"
        self._waiting: list[tuple[Message, bytes]] = []
        self._job = ""  # the one under way
        self._stopped = False

    def run(self) -> None:
        """Tell what may be asked for, load the model, and answer requests."""
        try:
            self._line.tell({"event": "about", "suggestions": suggestions(self._model)})
            self._load()
        except Exception as error:  # the page opens all the same, and says why nothing can be composed
            self._failure = refusal(error)["error"]
            self._line.tell({"event": "failed", **refusal(error)})
        else:
            self._line.tell({"event": "ready"})
            self._warm_up()
        while True:
            request, _ = self._waiting.pop(0) if self._waiting else self._line.next()
            self._answer(request)

    def _load(self) -> None:
        # It loads torch, after the process has told what it knows without it.
        from folkrnn.composition.composer import Composer

        composer = Composer(self._model, batch=BATCH, jobs=min(MOST_READERS, processors()))
        _ = composer.checkpoint  # loaded now, not with the first tune
        self._composer = composer

    def _warm_up(self) -> None:
        """Do what the first tune would have to wait for, until there is a request."""

        def tell(sentence: str) -> None:
            self._line.tell({"event": "note", "message": sentence})

        with suppress(FolkrnnError):
            with _logged(logging.INFO, tell):
                self.composer.index(self._stop)  # making it takes some seconds, the first time; every tune needs it
            tell("")
            for _ in self.composer.generate(1, seed=0, stop=lambda: self._stop() or bool(self._waiting)):
                pass

    @property
    def composer(self) -> "Composer":
        """The model. Raises ModelError if it could not be loaded."""
        if self._composer is None:
            raise ModelError(self._failure)
        return self._composer

    def _answer(self, request: Message) -> None:
        if request["do"] == "check":
            self._line.answer(request, lambda: (self._check(request), b""))
        elif request["do"] == "compose":
            self._line.answer(request, lambda: (self._compose(request), b""))

    def _check(self, request: Message) -> Message:
        """Return the warnings about wishes. Raises FolkrnnError for those that cannot be met."""
        told: list[str] = []
        with _logged(logging.WARNING, told.append):
            # Nothing is written before the first tune is asked for. Where any share may be copied no index is needed,
            # which may be in the making.
            compositions(self.composer, request, {"max_copied": 1} if request["kind"] == "compose" else {})
        return {"remarks": told}

    def _compose(self, request: Message) -> Message:
        """Send each tune as it is finished, and how far the next one is in between."""
        number, count = request["id"], request["count"]
        self._job, self._stopped = request["job"], False

        def progress(now: "Progress") -> None:
            self._line.tell({"id": number, "event": "progress", "data": progress_data(now, count)})

        def tell(sentence: str) -> None:
            data = {"tune": 1, "of": count, "text": "", "message": sentence}
            self._line.tell({"id": number, "event": "progress", "data": data})

        watching = {"progress": progress, "stop": self._stop}
        try:
            with _logged(logging.INFO, tell):
                for each in compositions(self.composer, request, watching):
                    data = tune_data(each, request["seed"])
                    self._line.tell({"id": number, "event": "tune", "data": data})
        finally:
            self._job = ""
        return {"stopped": self._stopped}

    def _stop(self) -> bool:
        """Look for requests that cannot wait; return whether to stop."""
        for request, content in self._line.waiting():
            if request["do"] == "stop":
                self._stopped = self._stopped or request["job"] == self._job
            elif request["do"] == "check":
                self._answer(request)
            else:
                self._waiting.append((request, content))
        return self._stopped


def compositions(composer: "Composer", request: Mapping[str, Any], more: Mapping[str, Any]) -> "Iterator[Composition]":
    """Return the compositions that a request wants, as they are finished. Raises FolkrnnError, at once, for bad wishes.

    The seed, the temperature and the numbers are those of the commands, and so are the tunes.
    """
    options = {"seed": request["seed"], "temperature": request["temperature"], **more}
    if request["kind"] == "compose":
        wishes = {name: value for name, value in request["wishes"].items() if value not in (None, "")}
        return composer.generate(request["count"], **wishes, **options)
    tune = readable(request["abc"])[0]
    options["count"] = request["count"]
    match request["kind"]:
        case "continue":
            return composer.extend(tune, request["bars"], **options)
        case "rewrite":
            first, last = request["bars"]
            return composer.rewrite(tune, (first, last), **options)
        case "vary":
            return composer.vary(tune, closeness=request["closeness"], **options)
    raise GenerationError(f"kind={request['kind']!r} should be compose, continue, rewrite or vary")


def progress_data(now: "Progress", count: int) -> Message:
    """Return how far composing is: the tune under way, of how many, its bars, and its music so far."""
    from folkrnn.notation.form import read_form
    from folkrnn.notation.headers import split_header

    header, body = split_header(now.text)
    bars = {}
    form = next((line.removeprefix("I:form ") for line in header if line.startswith("I:form ")), "")
    if body and form:  # else the header is under way
        of_bars = sum(part.bars for part in read_form(form.split()[0])[0])
        bars = {"bars": round(now.share * of_bars), "of_bars": of_bars}
    return {"tune": min(now.tunes + 1, count), "of": count, **bars, "text": body}


def tune_data(each: "Composition", seed: int) -> Message:
    """Return a finished tune as the page takes it."""
    tune = each.tune
    return {
        "abc": write_tune(tune, tune.number or each.number),
        "title": shown_title(tune.title),
        "rhythm": tune.rhythm,
        "key": str(tune.key),
        "meter": str(tune.meter),
        "seed": seed,
        "number": each.number,
        "remarks": list(_remarks(each)),
    }


def _remarks(each: "Composition") -> Iterator[str]:
    """Yield what a user should know of a tune."""
    if each.fault:
        yield each.fault
    if each.composed_as:
        yield f"composed as {each.composed_as}, for the model has hardly learned this rhythm"
    yield from each.remarks
    found = each.originality
    if found and found.copied >= SHOWN_COPY:
        yield f"{found.copied:.0%} of its notes are also in {found.nearest}"


@contextmanager
def _logged(level: int, tell: Callable[[str], None]) -> Iterator[None]:
    """Give what the library logs in the block, from a level on, to a function."""

    class Teller(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            tell(" ".join(record.getMessage().split()))

    log, teller = logging.getLogger("folkrnn"), Teller(level)
    before = log.level
    log.setLevel(level)
    log.addHandler(teller)
    try:
        yield
    finally:
        log.removeHandler(teller)
        log.setLevel(before)


def main() -> None:
    """Serve the model that is named, or the one that ships with folkrnn."""
    Composing(Line(), sys.argv[1] if len(sys.argv) > 1 else None).run()


if __name__ == "__main__":
    main()
