"""Compare our performed order with abc2midi's, tune by tune, over the fiddle collections.

abc2midi (Debian's package abcmidi) reads each playable tune's original text, its canonical text, and the text that
``folkrnn export`` writes. Grace notes, ornaments, chord symbols and the rhythm field, which makes it swing hornpipes,
are removed first. All voices are compared.
"""

import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import mido

from folkrnn.corpus.sources import music21_collection
from folkrnn.notation import Tune, canonical, decode, is_playable, performance, read_tunes, sections, write_tune

GRID = 96
"""Onsets are compared in 1/96 of a whole note: coarser than MIDI's rounding, finer than any note here."""

_ORNAMENTS = re.compile(r'(\[[A-Za-z]:[^\]]*\])|\{[^}]*\}|"[^"]*"|![^!\s]*!|[~.HJKLMOPSTkuv]')


def plain(text: str) -> str:
    """Return a tune's text without what abc2midi would play and the comparison leaves out."""
    lines = []
    for line in text.splitlines():
        if re.match(r"[A-Za-z]:(?![|:])", line):
            if line[0] not in "RQIP":
                lines.append(line)
            if line[0] == "K":
                lines.append("%%MIDI chordattack 0")  # or chords would be spread, top note last
        elif line[:1] != "%":
            lines.append(_ORNAMENTS.sub(lambda match: match[1] or "", line))
    return "\n".join(lines) + "\n"


def heard(path: Path) -> list[tuple[float, int]]:
    """Return the (onset in whole notes, MIDI number) pairs of a MIDI file."""
    midi = mido.MidiFile(path)
    sounds = []
    for track in midi.tracks:
        ticks = 0
        for message in track:
            ticks += message.time
            if message.type == "note_on" and message.velocity:
                sounds.append((ticks / midi.ticks_per_beat / 4, message.note))
    return sorted(sounds)


def sounding(tune: Tune) -> list[tuple[float, int]]:
    """Return the (onset in whole notes, MIDI number) pairs of all voices of a tune."""
    return sorted((float(s.onset), s.midi) for voice in tune.voices for s in performance(tune.alone(voice)))


def difference(ours: list[tuple[float, int]], text: str, folder: Path) -> str:
    """Return why abc2midi's reading of a text differs from ours; empty if it does not."""
    source, target = folder / "tune.abc", folder / "tune.mid"
    source.write_text(text, encoding="utf-8")
    target.unlink(missing_ok=True)
    subprocess.run(["abc2midi", source, "-o", target], capture_output=True, check=False, timeout=20)
    made = [target] if target.exists() else sorted(folder.glob("*.mid"))
    if not made:
        return "no MIDI file"
    theirs = heard(made[0])
    if not theirs:
        return "no notes"
    first = theirs[0][0]
    theirs = sorted((round((onset - first) * GRID), number) for onset, number in theirs)
    ours = sorted((round((onset - ours[0][0]) * GRID), number) for onset, number in ours)
    if theirs == ours:
        return ""
    if len(theirs) != len(ours):
        return "count of notes"
    return "pitches" if sorted(n for _, n in theirs) != sorted(n for _, n in ours) else "onsets"


def cause(tune: Tune, text: str, folder: Path) -> str:
    """Return the cause of a difference: what the text leaves to the reader, or the music itself."""
    if difference(sounding(tune.alone(tune.melody)), plain(canonical(tune)), folder):
        return "also with everything written out"
    repeated = sum(section.passes > 1 for section in sections(tune.bars))
    opened = len(re.findall(r"\|:|::", plain(text)))
    if opened < repeated:
        return "a repeat whose |: is not written"
    return "another sign that abc2midi reads differently"


def main() -> None:
    """Print, for each collection, how many playable tunes agree, and the causes of the rest."""
    collections = sys.argv[1:] or ["oneills1850", "ryansMammoth", "airdsAirs"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for collection in collections:
            causes: Counter[str] = Counter()
            places = []
            canonically = exported = lost = 0
            for tune, text in playable_tunes(collection):
                ours = sounding(tune)
                canonically += not difference(sounding(tune.alone(tune.melody)), plain(canonical(tune)), folder)
                how = difference(ours, plain(text), folder)
                again = difference(ours, plain(write_tune(tune)), folder)
                exported += not again
                if again and not how:
                    lost += 1
                    places.append(f"exported text alone ({again}): {tune.source}:{tune.line} {tune.title}")
                why = how and cause(tune, text, folder)
                causes[why] += 1
                if how:
                    places.append(f"{why} ({how}): {tune.source}:{tune.line} {tune.title}")
            total, agree = sum(causes.values()), causes.pop("", 0)
            print(f"{collection}: {total} playable tunes")
            print(f"    original text:  {agree} agree, {agree / total:.1%}; the rest: {dict(causes)}")
            print(f"    canonical text: {canonically} agree, {canonically / total:.1%}")
            print(f"    exported text:  {exported} agree, {exported / total:.1%}; original alone agrees: {lost}")
            for place in places:
                print("       ", place)


def playable_tunes(collection: str) -> Iterator[tuple[Tune, str]]:
    """Yield the tunes of a collection that our reader finds playable, each with its own text."""
    for path in music21_collection(collection):
        text = decode(path.read_bytes())
        lines = re.split(r"\r\n|\r|\n", text)
        tunes = read_tunes(text, path.name)
        stops = [tune.line - 1 for tune in tunes[1:]] + [len(lines)]
        for tune, stop in zip(tunes, stops, strict=True):
            if is_playable(tune.findings):
                yield tune, "\n".join(lines[tune.line - 1 : stop])


if __name__ == "__main__":
    main()
