"""Tunes that are being composed: the jobs, their events, and the process that does them one after the other."""

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from secrets import randbelow, token_urlsafe
from typing import Any, NamedTuple

from folkrnn.errors import InputError
from folkrnn.studio.frames import Message
from folkrnn.studio.workers import START_SECONDS, Told, Worker, WorkerEndedError, WorkerError

MOST_WAITING = 16
"""The most jobs that wait or are under way."""

MOST_KEPT = 200
"""The most jobs whose tunes are kept for pages that ask again."""

MOST_TUNES = 50
"""The most tunes of a job."""

MOST_BARS = 100
"""The most bars by which a tune is continued."""

STOP_SECONDS = 5.0
"""How long a job may take to stop before its process is ended."""

MOST_FAILED_STARTS = 3
"""After this many starts in a row that came to nothing the process is not started again by itself."""

WISHES = ("rhythm", "key", "meter", "form", "plan", "title", "origin", "start")

_WHAT_TO_DO = "it starts again by itself: ask once more"


class Event(NamedTuple):
    """Something that happened in a job, by its number there, from 1."""

    number: int
    name: str
    data: Message


@dataclass
class Job:
    """A job: its events so far, of which of several progresses only the last is kept, and who waits for more."""

    id: str
    request: Message
    events: deque[Event] = field(default_factory=deque)
    over: bool = False
    stopping: bool = False
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, name: str, data: Message) -> None:
        """Add an event, and wake those who wait."""
        if self.over:
            return
        if self.events and self.events[-1].name == "progress":
            self.events.pop()
        self.events.append(Event(next(self._numbers), name, data))
        self.over = name in ("done", "failed")
        more, self._more = self._more, asyncio.Event()
        more.set()

    async def after(self, number: float) -> AsyncIterator[Event]:
        """Yield the events after one, as they come, to the end."""
        while True:
            more = self._more
            new = [each for each in self.events if each.number > number]
            for event in new:
                number = event.number
                yield event  # while others come
            if self.over and not new:
                return
            if not new:
                await more.wait()


class Jobs:
    """The jobs of a studio, and the process that composes.

    ``state`` is that of the model: loading, ready or failed, and then ``message`` says why. ``told`` gets the news of
    the process. Everything runs in one event loop.
    """

    def __init__(self, model: str | None, told: Told) -> None:
        self.worker = Worker("composer", [] if model is None else [model], self._news)
        self.state, self.message = "loading", ""
        self._told = told
        self._jobs: dict[str, Job] = {}
        self._queue: asyncio.Queue[Job] = asyncio.Queue()
        self._failed_starts = 0
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """Start the process, and take jobs from now on."""
        self._do(self._run())
        self._do(self._restart())

    def _do(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _restart(self) -> None:
        try:
            await self.worker.start()
        except WorkerError as error:
            self.state, self.message = "failed", str(error)

    def _news(self, message: Message) -> None:
        match message["event"]:
            case "ready":
                self.state, self.message, self._failed_starts = "ready", "", 0
            case "note":
                self.message = message["message"]
                if self._current and self.message:
                    of = self._current.request["count"]
                    self._current.tell("progress", {"tune": 1, "of": of, "text": "", "message": self.message})
            case "failed":
                self.state, self.message = "failed", message["error"]
            case "ended":
                self._failed_starts += 1
                if self._failed_starts < MOST_FAILED_STARTS:
                    self.state, self.message = "loading", "the process that composes has ended and starts again"
                    self._do(self._restart())
                else:
                    self.state = "failed"
                    self.message = "the process that composes ends again and again; expected more free memory"
        self._told(message)

    # ── what the page asks for ──────────────────────────────────────────────────────────────────

    async def add(self, body: Mapping[str, Any]) -> tuple[Job, list[str]]:
        """Return the job of a request, which waits for its turn, and warnings about it.

        Raises InputError, or WorkerError with the library's sentence, for what cannot be composed.
        """
        request = read_request(body)
        if sum(not job.over for job in self._jobs.values()) >= MOST_WAITING:
            raise WorkerError(f"{MOST_WAITING} jobs wait already; expected some of them to end, or to be stopped", 429)
        try:
            answer, _ = await self.worker.ask_again("check", START_SECONDS, **request)
        except WorkerEndedError as error:
            raise WorkerError(f"{error}; {_WHAT_TO_DO}", error.status) from None
        job = Job(token_urlsafe(9), request)
        self._jobs[job.id] = job
        self._forget_old()
        await self._queue.put(job)
        return job, answer["remarks"]

    def _forget_old(self) -> None:
        for job in [job for job in self._jobs.values() if job.over][: max(0, len(self._jobs) - MOST_KEPT)]:
            del self._jobs[job.id]

    def __getitem__(self, id: str) -> Job:
        return self._jobs[id]

    @property
    def ids(self) -> list[str]:
        """The ids of the jobs that are known, the oldest first."""
        return list(self._jobs)

    async def stop(self, job: Job) -> None:
        """Let a job end; the tunes that are finished stay. A process that does not stop in time is ended."""
        if job.over or job.stopping:
            return
        job.stopping = True
        if job is not self._current:
            job.tell("done", {"stopped": True})
            return
        await self.worker.say("stop", job=job.id)
        self._do(self._see_to(job))

    async def _see_to(self, job: Job) -> None:
        await asyncio.sleep(STOP_SECONDS)
        if self._current is job and not job.over:
            self.worker.kill()

    # ── composing ───────────────────────────────────────────────────────────────────────────────

    _current: Job | None = None

    async def _run(self) -> None:
        """Do the jobs one after the other."""
        while True:
            job = await self._queue.get()
            if not job.over:
                self._current = job
                await self._compose(job)
                self._current = None

    async def _compose(self, job: Job) -> None:
        def told(message: Message) -> None:
            job.tell(message["event"], message["data"])

        try:
            answer, _ = await self.worker.ask("compose", None, told=told, job=job.id, **job.request)
        except WorkerEndedError as error:
            if job.stopping:
                job.tell("done", {"stopped": True})
            else:
                job.tell("failed", {"error": f"{error}; {_WHAT_TO_DO}"})
        except WorkerError as error:
            job.tell("failed", {"error": str(error)})
        else:
            job.tell("done", answer)

    async def close(self) -> None:
        """End the process and all waiting."""
        for job in self._jobs.values():
            job.tell("failed", {"error": "the studio is closing"})
        for task in list(self._tasks):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await self.worker.close()


# ── what may be asked for ───────────────────────────────────────────────────────────────────────


def read_request(body: Mapping[str, Any]) -> Message:
    """Return what the process is asked to compose. Raises InputError for what no process need be asked about."""
    kind = body.get("kind")
    request: Message = {
        "kind": kind,
        "seed": _whole(body, "seed", 0, 2**53, default=randbelow(10**6)),
        "temperature": _number(body, "temperature", default=1.0),
    }
    if kind == "compose":
        wishes = body.get("wishes") or {}
        if not isinstance(wishes, Mapping):
            raise InputError(f"wishes={str(wishes)[:40]!r} should be an object of {', '.join(WISHES)}")
        for name, value in wishes.items():
            if name not in WISHES:
                raise InputError(f"there is no wish {str(name)[:40]!r}; expected some of {', '.join(WISHES)}")
            if value is not None and not isinstance(value, str):
                raise InputError(f"{name}={str(value)[:40]!r} should be a text")
        return request | {"count": _whole(body, "count", 1, MOST_TUNES, default=1), "wishes": dict(wishes)}
    if kind not in ("continue", "rewrite", "vary"):
        raise InputError(f"kind={str(kind)[:40]!r} should be compose, continue, rewrite or vary")
    if not isinstance(body.get("abc"), str):
        raise InputError("abc should be the text of the tune")
    request |= {"abc": body["abc"], "count": _whole(body, "drafts", 1, MOST_TUNES, default=1)}
    if kind == "continue":
        return request | {"bars": _whole(body, "bars", 1, MOST_BARS)}
    if kind == "vary":
        return request | {"closeness": _whole(body, "closeness", 0, 9, default=5)}
    bars = body.get("bars")
    if not (isinstance(bars, list) and [type(each) for each in bars] == [int, int]):
        raise InputError(f"bars={str(bars)[:40]!r} should be the first bar and the last, such as [9, 16]")
    return request | {"bars": bars}


def _whole(body: Mapping[str, Any], name: str, least: int, most: int, default: int | None = None) -> int:
    value = body.get(name)
    value = default if value is None else value
    if type(value) is not int or not least <= value <= most:
        raise InputError(f"{name}={str(value)[:40]!r} should be a whole number from {least} to {most}")
    return value


def _number(body: Mapping[str, Any], name: str, default: float) -> float:
    value = body.get(name)
    value = default if value is None else value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10:
        raise InputError(f"{name}={str(value)[:40]!r} should be a number from 0 to 10")
    return float(value)
