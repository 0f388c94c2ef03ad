"""Measure the processor time of MIDI and of sound, a tune, for tunes of O'Neill's without and with suggested chords.

To compare two states of the code, run it in turns with PYTHONPATH set to one and the other.
"""

import argparse
import io
import statistics
import time
import wave
from collections.abc import Callable, Sequence

from benchmarking import add_json_option, write_figures

from folkrnn.corpus import music21_collection
from folkrnn.export.midi import to_midi
from folkrnn.export.sound import to_wav
from folkrnn.notation import Tune, decode, read_tunes
from folkrnn.notation.harmony import with_chords


def milliseconds(make: Callable[[Tune], object], tunes: Sequence[Tune], rounds: int) -> float:
    """Return the median over some rounds of the milliseconds a tune, after one tune to warm up."""
    make(tunes[0])
    found = []
    for _ in range(rounds):
        begun = time.process_time()
        for tune in tunes:
            make(tune)
        found.append(1000 * (time.process_time() - begun) / len(tunes))
    return statistics.median(found)


def seconds_of(tune: Tune) -> float:
    """Return how long the sound of a tune lasts."""
    with wave.open(io.BytesIO(to_wav(tune))) as file:
        return float(file.getnframes() / file.getframerate())


def main() -> None:
    """Print milliseconds a tune, and for sound milliseconds for 40 seconds of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tunes", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    add_json_option(parser)
    arguments = parser.parse_args()
    text = decode(next(iter(music21_collection("oneills1850"))).read_bytes())
    plain = [tune for tune in read_tunes(text) if tune.bars][: arguments.tunes]
    figures = {}
    for name, tunes in (("plain", plain), ("with chords", [with_chords(tune) for tune in plain])):
        lasts = sum(map(seconds_of, tunes)) / len(tunes)
        midi = milliseconds(to_midi, tunes, arguments.rounds)
        sound = milliseconds(to_wav, tunes, arguments.rounds)
        figures[name] = {"seconds": lasts, "midi ms": midi, "wav ms": sound, "wav ms for 40 s": sound * 40 / lasts}
        shown = ", ".join(f"{key} {value:.1f}" for key, value in figures[name].items())
        print(f"{name}, {len(tunes)} tunes: {shown}")
    write_figures(arguments, figures)


if __name__ == "__main__":
    main()
