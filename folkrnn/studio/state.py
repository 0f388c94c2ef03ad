"""A run of the studio: its tunes, its processes, and what they have told."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from folkrnn.studio.frames import Message
from folkrnn.studio.guard import Door
from folkrnn.studio.jobs import Jobs
from folkrnn.studio.shelf import Shelf
from folkrnn.studio.workers import Engraver, WorkerError

KNOWN_SECONDS = 10.0
"""How long a page waits for what the processes know at their start; they tell it within half a second."""

Result = TypeVar("Result")


@dataclass
class Studio:
    """A run: the tunes, the processes, and what they have told.

    ``closing`` is set when it ends, and ``touched`` at the next change of the shelf.
    """

    shelf: Shelf
    door: Door
    model: str | None = None
    jobs: Jobs = field(init=False)
    engraver: Engraver = field(init=False)
    known: dict[str, Any] = field(default_factory=dict)
    streams: int = 0
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    touched: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.engraver = Engraver(self._told)
        self.jobs = Jobs(self.model, self._told)

    async def start(self) -> None:
        """Start the processes, which load behind the page."""
        await self.jobs.start()
        with contextlib.suppress(WorkerError):  # it is tried again with the first drawing
            await self.engraver.drawer.start()

    def _told(self, message: Message) -> None:
        self.known |= {name: message[name] for name in ("suggestions", "voices") if name in message}
        if message["event"] == "failed":
            self.known.setdefault("suggestions", {})
        self._news.set()

    async def knows(self, name: str, otherwise: Any) -> Any:
        """Return what a process tells at its start, or something else if it does not."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(KNOWN_SECONDS):
                while name not in self.known:
                    self._news.clear()
                    await self._news.wait()
        return self.known.get(name) or otherwise

    def touch(self) -> None:
        """Tell the pages that the shelf has changed."""
        touched, self.touched = self.touched, asyncio.Event()
        touched.set()

    def stop_streams(self) -> None:
        """Let all streams of events end."""
        self.closing.set()
        self.touch()

    async def changing(self, function: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
        """Return what a function that changes the shelf returns, and tell the pages."""
        try:
            return await run_in_threadpool(function, *arguments, **named)
        finally:
            self.touch()

    async def close(self) -> None:
        """End the processes."""
        self.stop_streams()
        await asyncio.gather(self.jobs.close(), self.engraver.close())


def studio_of(request: Request) -> Studio:
    """Return the studio that a request is made to."""
    studio: Studio = request.app.state.studio
    return studio
