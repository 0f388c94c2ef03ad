"""A worker process from inside: it takes requests from standard input and answers on standard output.

All work is done on the main thread, where music21's time limit works, and where verovio's one toolkit is. Another
thread only reads requests. When they end, because the server has ended however it did, so does the process, at once.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from typing import Any

from folkrnn.errors import FolkrnnError
from folkrnn.studio.frames import Message, frame, read_frame

REFUSED, BROKEN = 422, 500
"""The kinds of errors: what was asked for cannot be done; something here is wrong."""

Handler = Callable[[Message, bytes], tuple[Message, bytes]]
"""What answers a request: it takes a message and its bytes, and returns a message and its bytes."""


class Line:
    """The connection to the server: requests that have come, and the way back."""

    def __init__(self) -> None:
        # Whatever a library prints goes elsewhere, also what is printed below Python.
        self._answers = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        self._source = os.fdopen(os.dup(0), "rb")
        self._requests: SimpleQueue[tuple[Message, bytes]] = SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while (request := read_frame(self._source)) is not None:
            self._requests.put(request)
        if sys.platform != "win32" and os.getpgrp() == os.getpid():
            os.killpg(os.getpid(), signal.SIGKILL)  # with the processes that share its work
        os._exit(0)

    def next(self) -> tuple[Message, bytes]:
        """Return the next request, and wait for it."""
        return self._requests.get()

    def waiting(self) -> list[tuple[Message, bytes]]:
        """Return the requests that have come meanwhile."""
        found = []
        try:
            while True:
                found.append(self._requests.get_nowait())
        except Empty:
            return found

    def has_request(self) -> bool:
        """Return whether a request waits."""
        return not self._requests.empty()

    def tell(self, message: Message, content: bytes = b"") -> None:
        """Send a message: about a request if it has its ``id``, else news of the process."""
        self._answers.write(frame(message, content))
        self._answers.flush()

    def answer(self, request: Message, answer: Callable[[], tuple[Message, bytes]]) -> None:
        """Answer a request with what a function returns, or with the error that it raises."""
        try:
            result, content = answer()
        except Exception as error:  # nothing that one request meets may end the process
            self.tell({"id": request["id"], **refusal(error)})
        else:
            self.tell({"id": request["id"], "result": result}, content)


def refusal(error: Exception) -> Message:
    """Return what is said of something that cannot be done, in one sentence, and its kind."""
    sentence = " ".join(str(error).split())
    if isinstance(error, FolkrnnError):
        return {"error": sentence, "status": REFUSED}
    return {"error": f"this cannot be done here: {type(error).__name__}: {sentence[:300]}", "status": BROKEN}


def serve(line: Line, handlers: Mapping[str, Handler]) -> Any:
    """Answer requests one after the other, each by the handler that it names."""
    while True:
        request, content = line.next()
        handler = handlers[request["do"]]
        line.answer(request, lambda request=request, content=content, handler=handler: handler(request, content))  # type: ignore[misc]
