"""Worker processes as the server sees them: asked, told to stop, ended when they take too long, started again.

    Worker      a process that answers requests
    Engraver    two that draw, of which only the latest drawing of a page is wanted

Everything here runs in the server's event loop.
"""

import asyncio
import contextlib
import itertools
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from folkrnn.errors import FolkrnnError
from folkrnn.studio.frames import HEADER, Message, frame

DRAW_SECONDS = 10.0
"""How long a drawing may take; the usual one takes a twentieth of a second."""

JUDGE_SECONDS = 15.0
"""How long music21 may take to judge a tune; it has a limit of its own, which is shorter."""

DESK_SECONDS = 300.0
"""How long the export of a book, or the import of a file, may take."""

START_SECONDS = 60.0
"""How long a process may take to start; a request waits for it."""

IDLE_SECONDS = 120.0
"""How long a process that is seldom needed waits for the next request before it ends."""

Told = Callable[[Message], None]
"""A function that gets what a process tells by itself, or in the midst of a request."""


class WorkerError(FolkrnnError):
    """What a process answered, or why it did not: a sentence, and the HTTP ``status`` that suits it."""

    def __init__(self, sentence: str, status: int = 500) -> None:
        super().__init__(sentence)
        self.status = status


class WorkerEndedError(WorkerError):
    """The process has ended amid a request."""


class OutdatedError(WorkerError):
    """A newer request has made this one needless."""

    def __init__(self) -> None:
        super().__init__("outdated", 409)


@dataclass
class _Pending:
    """A request that waits for its answer."""

    process: asyncio.subprocess.Process
    future: "asyncio.Future[tuple[Any, bytes]]"
    told: Told | None


def _ignore(_: Message) -> None:
    pass


class Worker:
    """A process that runs a module of this package. It starts on the first request, and again after it has ended.

    ``told`` gets its news: ``{"event": …}``, and ``{"event": "ended"}`` when it has ended.
    """

    def __init__(self, module: str, arguments: Sequence[str] = (), told: Told = _ignore) -> None:
        self._command = [sys.executable, "-P", "-m", f"folkrnn.studio.{module}", *arguments]
        self._told = told
        self._pending: dict[int, _Pending] = {}
        self._numbers = itertools.count(1)
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()
        self._reading: asyncio.Task[None] | None = None
        self._closed = False
        self.ready = False
        """Whether the process has all loaded that it needs."""

    @property
    def pid(self) -> int | None:
        """The id of the process, if there is one."""
        return self._process.pid if self._process else None

    @property
    def busy(self) -> bool:
        """Whether a request is under way."""
        return bool(self._pending)

    async def start(self) -> asyncio.subprocess.Process:
        """Return the process, which is started if there is none. Raises WorkerError if it cannot be."""
        async with self._starting:
            if self._closed:
                raise WorkerEndedError("the studio is closing", 503)
            if self._process is None:
                # It looks for modules where this process does. In a session of its own it gets no Ctrl-C.
                folders = os.pathsep.join(os.path.abspath(folder) for folder in sys.path)
                try:
                    self._process = await asyncio.create_subprocess_exec(
                        *self._command,
                        stdin=asyncio.subprocess.PIPE,
                        stdout=asyncio.subprocess.PIPE,
                        stderr=asyncio.subprocess.DEVNULL,
                        env=os.environ | {"PYTHONPATH": folders},
                        start_new_session=True,
                    )
                except OSError as error:
                    raise WorkerError(f"no process can be started for this: {error.strerror or error}") from None
                self._reading = asyncio.create_task(self._read(self._process))
            return self._process

    async def ask(
        self, do: str, seconds: float | None, content: bytes = b"", told: Told | None = None, **values: Any
    ) -> tuple[Any, bytes]:
        """Return the answer to a request, and the bytes beside it; ``told`` gets what comes before the answer.

        Raises WorkerError, with the sentence of the process, or because it has ended or takes more than ``seconds``.
        Then it is ended; another one starts when it is needed.
        """
        process = await self.start()
        number = next(self._numbers)
        future: asyncio.Future[tuple[Any, bytes]] = asyncio.get_running_loop().create_future()
        self._pending[number] = _Pending(process, future, told)
        try:
            assert process.stdin is not None
            process.stdin.write(frame({"id": number, "do": do, **values}, content))
            async with asyncio.timeout(seconds and seconds + (0 if self.ready else START_SECONDS)):
                return await future
        except TimeoutError:
            self.kill()
            raise WorkerError(f"this took more than {seconds:g} seconds; expected a shorter text", 422) from None
        finally:
            self._pending.pop(number, None)

    async def ask_again(self, do: str, seconds: float, content: bytes = b"", **values: Any) -> tuple[Any, bytes]:
        """Return what ``ask`` does; ask once more if the process ends meanwhile, which may have other reasons."""
        try:
            return await self.ask(do, seconds, content, **values)
        except WorkerEndedError:
            return await self.ask(do, seconds, content, **values)

    async def say(self, do: str, **values: Any) -> None:
        """Tell the process something to which it gives no answer."""
        if self._process and self._process.stdin:
            self._process.stdin.write(frame({"id": 0, "do": do, **values}))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Hand out what the process says until it ends."""
        assert process.stdout is not None
        try:
            while True:
                length, more = HEADER.unpack(await process.stdout.readexactly(HEADER.size))
                message = json.loads(await process.stdout.readexactly(length))
                self._receive(message, await process.stdout.readexactly(more))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        _end(process)  # with those that share its work
        await process.wait()
        if self._process is process:
            self._process, self.ready = None, False
        for pending in list(self._pending.values()):
            if pending.process is process and not pending.future.done():
                pending.future.set_exception(WorkerEndedError("the process that does this has ended unexpectedly"))
        self._told({"event": "ended"})

    def _receive(self, message: Message, content: bytes) -> None:
        pending = self._pending.get(message.pop("id", 0))
        if pending is None:
            if "event" in message:
                self.ready = self.ready or message["event"] == "ready"
                self._told(message)
        elif "event" in message:
            if pending.told:
                pending.told(message)
        elif pending.future.done():
            pass
        elif "error" in message:
            pending.future.set_exception(WorkerError(message["error"], message["status"]))
        else:
            pending.future.set_result((message["result"], content))

    def kill(self) -> None:
        """End the process, whatever it does; another one starts when it is needed."""
        process, self._process, self.ready = self._process, None, False
        if process and process.returncode is None:
            _end(process)

    async def close(self) -> None:
        """End the process for good."""
        self._closed = True
        self.kill()
        if self._reading:
            await self._reading


def _end(process: asyncio.subprocess.Process) -> None:
    """End a process and those that it has started: it has a session of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform != "win32":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


class Engraver:
    """Two processes that draw: one for the page, one for books, so that no export keeps a drawing waiting.

    The second one starts when it is needed, and ends when it has been idle. ``told`` gets the news of the first.
    """

    def __init__(self, told: Told = _ignore) -> None:
        self.drawer = Worker("engraver", told=told)
        self.desk = Worker("engraver")
        self._drawing, self._at_desk = asyncio.Lock(), asyncio.Lock()
        self._latest: dict[str, int] = {}
        self._numbers = itertools.count(1)
        self._idle: asyncio.TimerHandle | None = None

    async def draw(self, page: str, **values: Any) -> Any:
        """Return a drawing for a page; only the latest that it asks for is made.

        Raises OutdatedError for the others, and WorkerError.
        """
        number = self._latest[page] = next(self._numbers)
        try:
            async with self._drawing:
                if self._latest.get(page) != number:
                    raise OutdatedError
                return await self._answer(self.drawer, "draw", DRAW_SECONDS, **values)
        finally:
            if self._latest.get(page) == number:
                del self._latest[page]

    async def judge(self, **values: Any) -> Any:
        """Return music21's judgement of a tune. Raises WorkerError."""
        async with self._drawing:
            return await self._answer(self.drawer, "validate", JUDGE_SECONDS, **values)

    async def at_desk(self, do: str, content: bytes = b"", **values: Any) -> tuple[Any, bytes]:
        """Return what the second process makes: ``export`` or ``import``. Raises WorkerError."""
        async with self._at_desk:
            if self._idle:
                self._idle.cancel()
            try:
                return await self.desk.ask_again(do, DESK_SECONDS, content, **values)
            except WorkerEndedError:
                raise WorkerError("the process that does this ends each time; expected other tunes, or fewer") from None
            finally:
                self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._rest)

    def _rest(self) -> None:
        if not self.desk.busy:
            self.desk.kill()

    async def _answer(self, worker: Worker, do: str, seconds: float, **values: Any) -> Any:
        try:
            return (await worker.ask_again(do, seconds, **values))[0]
        except WorkerEndedError:
            why = "this tune has ended the process that draws; expected another text"
            raise WorkerError(why, 422) from None

    async def close(self) -> None:
        """End both processes."""
        if self._idle:
            self._idle.cancel()
        await asyncio.gather(self.drawer.close(), self.desk.close())
