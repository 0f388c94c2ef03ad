"""A process that lets music21 read tunes, one after the other, for the threads of this one.

    python -m folkrnn.score.reader_process    answers requests until its standard input ends

Requests and answers are lines of JSON, so nothing that a process says is unpickled. The first line of the process says
that music21 is loaded. A request is ``{"text": …, "seconds": …}``. An answer is ``{"sounds": …}`` or
``{"error": …}``; a sound is the numerator and denominator of its onset, its MIDI number, then those of its duration.

multiprocessing is not used here: its spawned processes import the main module again, which runs a script without
``if __name__ == "__main__":`` twice.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from functools import lru_cache
from typing import Any

from folkrnn.errors import ScoreError
from folkrnn.notation.performance import Sound

START_SECONDS = 60
"""How long music21 may take to load."""

GRACE_SECONDS = 5
"""How long after its limit a process ends itself."""


def late(seconds: float) -> ScoreError:
    """Return the error of a reading that took longer than this."""
    return ScoreError(f"music21 found no end within {seconds:g} seconds")


@lru_cache(maxsize=4096)
def _fraction(numerator: int, denominator: int) -> Fraction:
    """Return a fraction; the same few thousand come again and again."""
    return Fraction(numerator, denominator)


class ReaderProcess:
    """A process that reads tunes. It starts on first use, and again after it was ended or has died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, text: str, seconds: float) -> list[Sound]:
        """Return the sounds of a canonical text, as ``abc_reading.read_sounds`` does in the process.

        Threads wait for each other here; the wait and the start of the process are no part of the time. Raises
        ScoreError for whatever music21 refuses, and after ``seconds`` of work, which ends the process.
        """
        request = json.dumps({"text": text, "seconds": seconds}).encode() + b"\n"
        with self._lock:
            process = self._process
            line = self._exchange(process, request, seconds) if process else b""
            if not line:
                # A process that was there before may have been killed since its last answer.
                line = self._exchange(self._start(), request, seconds)
        if not line:
            raise ScoreError("music21 ended the process that read the tune")
        answer = json.loads(line)
        if "error" in answer:
            raise ScoreError(answer["error"])
        return [Sound(_fraction(*sound[:2]), sound[2], _fraction(*sound[3:])) for sound in answer["sounds"]]

    def close(self) -> None:
        """End the process, if there is one; the next reading starts another."""
        with self._lock:
            if self._process:
                self._end(self._process)

    def kill(self) -> None:
        """End the process, even while a thread waits for it."""
        process = self._process
        if process:
            process.kill()
            process.wait()

    def forget(self) -> None:
        """Leave the process to the parent, in a child that was forked."""
        self._lock = threading.Lock()
        self._process = None

    def _start(self) -> subprocess.Popen[bytes]:
        """Return a new process, in which music21 is loaded."""
        # The process looks for modules where this one does. In a session of its own it gets no Ctrl-C.
        folders = os.pathsep.join(os.path.abspath(folder) for folder in sys.path)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "folkrnn.score.reader_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": folders},
                start_new_session=True,
            )
        except OSError as error:
            raise ScoreError(f"no process can be started to read tunes: {error.strerror or error}") from None
        if not self._exchange(self._process, b"", START_SECONDS):
            raise ScoreError("music21 cannot be loaded in a process of its own")
        return self._process

    def _exchange(self, process: subprocess.Popen[bytes], request: bytes, seconds: float) -> bytes:
        """Return the line that a process answers, or nothing if it has died. Raises ScoreError if it is late."""
        assert process.stdin is not None
        assert process.stdout is not None
        overrun = threading.Event()

        def stop() -> None:
            overrun.set()
            process.kill()

        timer = threading.Timer(seconds, stop)
        timer.start()
        line = b""
        try:
            process.stdin.write(request)
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:  # the process has closed its end
            pass
        finally:
            timer.cancel()
            if not line.endswith(b"\n"):
                self._end(process)
        if line.endswith(b"\n"):
            return line
        if overrun.is_set():
            raise late(seconds)
        return b""

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """End a process and close its pipes."""
        self._process = None
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            # Closing writes what is left of a request, which nobody reads any more.
            with suppress(OSError, AttributeError):
                pipe.close()  # type: ignore[union-attr]


READER = ReaderProcess()
"""The process that all threads share."""

atexit.register(READER.kill)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=READER.forget)


def serve() -> None:
    """Answer requests from standard input until it ends."""
    from folkrnn.score.abc_reading import read_sounds

    answers, sys.stdout = sys.stdout.buffer, sys.stderr  # whatever is printed is no answer
    answers.write(b"\n")
    answers.flush()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        answer: dict[str, Any]
        with _own_limit(request["seconds"] + GRACE_SECONDS):
            try:
                answer = {"sounds": [_numbers(sound) for sound in read_sounds(request["text"])]}
            except ScoreError as error:
                answer = {"error": str(error)}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


@contextmanager
def _own_limit(seconds: float) -> Iterator[None]:
    """Let the system end this process after a time: the one that should do so may have died."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)
    yield
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, 0)


def _numbers(sound: Sound) -> tuple[int, ...]:
    """Return a sound as it stands in an answer."""
    return *sound.onset.as_integer_ratio(), sound.midi, *sound.duration.as_integer_ratio()


if __name__ == "__main__":
    serve()
