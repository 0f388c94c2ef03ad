"""Compare our MIDI files with abc2midi's of the same tunes' canonical text, note by note, over the fiddle collections.

Swing, ornaments, grace notes and chords are off, also in the text for abc2midi. Each note's number, onset and end are
compared, in 1/96 of a whole note. Then mido and music21 open files of some tunes with everything on: suggested chords,
swing, ornaments and a count-in. A note without an end would show there.
"""

import argparse
import io
import subprocess
import tempfile
from collections import Counter
from fractions import Fraction
from pathlib import Path

import mido
import music21
from judge_reader import GRID, plain, playable_tunes

from folkrnn.export.midi import to_midi
from folkrnn.export.rendering import PlaybackSettings
from folkrnn.notation import canonical
from folkrnn.notation.harmony import with_chords

FULL = PlaybackSettings(swing=Fraction(3, 5), count_in=1)
PLAIN = PlaybackSettings(ornaments=False, chords=False, swing=Fraction(1, 2))


def notes(midi: mido.MidiFile) -> list[tuple[int, int, int]]:
    """Return (onset, number, end) of each note, counted from the first. Raise ValueError for a note without an end."""
    found, now = [], 0
    for track in midi.tracks:
        now, began = 0, dict[int, int]()
        for message in track:
            now += message.time
            if message.type not in ("note_on", "note_off"):
                continue
            if message.note in began:
                found.append((began.pop(message.note), message.note, now))
            if message.type == "note_on" and message.velocity:
                began[message.note] = now
        if began:
            raise ValueError(f"notes without end: {sorted(began)}")
    first = min((start for start, _, _ in found), default=0)
    unit = midi.ticks_per_beat * 4 / GRID
    return sorted((round((start - first) / unit), number, round((end - first) / unit)) for start, number, end in found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("collections", nargs="*", default=["oneills1850", "ryansMammoth", "airdsAirs"])
    parser.add_argument("--every", type=int, default=1, help="take every Nth tune only")
    parser.add_argument("--opened", type=int, default=200, help="how many files with everything on to open")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    every = [tune for collection in options.collections for tune, _ in playable_tunes(collection)]
    opened = every[:: max(1, len(every) // options.opened)]
    for tune in opened:
        content = to_midi(with_chords(tune), FULL)
        heard = len(notes(mido.MidiFile(file=io.BytesIO(content))))
        parts = music21.converter.parseData(content, format="midi").parts
        read = sum(len(each.pitches) if each.isChord else 1 for part in parts for each in part.flatten().notes)
        counts["opened"] += bool(heard and read)
    print(f"{counts['opened']} of {len(opened)} files with everything on open with mido and music21, and all notes end")
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name) / "tune.abc", Path(name) / "tune.mid"
        for collection in options.collections:
            for tune, _ in list(playable_tunes(collection))[:: options.every]:
                ours = notes(mido.MidiFile(file=io.BytesIO(to_midi(tune, PLAIN))))
                source.write_text(plain(canonical(tune)), encoding="utf-8")
                target.unlink(missing_ok=True)
                subprocess.run(["abc2midi", source, "-o", target], capture_output=True, check=False, timeout=20)
                theirs = notes(mido.MidiFile(target)) if target.exists() else []
                counts[collection] += 1
                onsets = [[each[:2] for each in both] for both in (ours, theirs)]
                if ours == theirs:
                    counts["equal"] += 1
                elif onsets[0] == onsets[1]:
                    counts["onsets equal"] += 1
                    print(f"ends differ: {tune.source}:{tune.line} {tune.title}")
                else:
                    print(f"onsets differ: {tune.source}:{tune.line} {tune.title}", flush=True)
    total = sum(counts[each] for each in options.collections)
    print(f"{counts['equal']} of {total} tunes are equal ({counts['equal'] / total:.2%}); ", end="")
    print(f"{counts['onsets equal']} more but for the ends of notes")


if __name__ == "__main__":
    main()
