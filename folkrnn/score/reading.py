"""music21's own reading of a tune, under a time limit: a second opinion on what its text says.

The main thread reads with an alarm set. No other thread gets alarms, nor does any on Windows: there a process of its
own reads (``folkrnn.score.reader_process``). It is started once, and can be ended.
"""

import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

from folkrnn.notation.performance import Sound
from folkrnn.score.reader_process import READER, late


def second_reading(text: str, seconds: float = 10) -> list[Sound]:
    """Return the sounds that music21 reads from a tune's canonical text, sorted by onset and pitch.

    Onsets and durations are fractions of a whole note. Repeats and endings are unfolded as music21 understood
    them, tied notes are one sound, grace notes are left out. ``abc_reading.reduced`` says what music21 gets of the
    text. Any thread may call this.

    Raises ScoreError, in one line, for whatever music21 refuses and after ``seconds`` of work.
    """
    if sys.platform != "win32" and threading.current_thread() is threading.main_thread():
        return _within(text, seconds)
    return READER.read(text, seconds)


class _Late(BaseException):
    """The end of the time. It is no Exception, so that no ``except Exception`` inside music21 can swallow it."""


if sys.platform != "win32":

    def _within(text: str, seconds: float) -> list[Sound]:
        """Read with an alarm set; only the main thread gets alarms, and not on every system."""
        # Imported before the alarm is set: music21 takes half a second to load.
        from folkrnn.score import abc_reading

        def ring(number: int, frame: FrameType | None) -> NoReturn:
            raise _Late

        before = signal.signal(signal.SIGALRM, ring)
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            try:
                return abc_reading.read_sounds(text)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except _Late:
            raise late(seconds) from None
        finally:
            signal.signal(signal.SIGALRM, before)
