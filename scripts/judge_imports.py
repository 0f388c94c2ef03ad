"""Take tunes of the fiddle collections to MusicXML and MIDI and back, and count what comes back the same.

By way of MusicXML the canonical text must be equal, with ornaments, grace notes and chord symbols. Other quoted texts
come back with the sign of their place, and slurs that never close do not come back, so they are left out here. By way
of MIDI (``--plain``) the performance, the meters and the form must be equal, in tunes without jumps.

Then the MusicXML and MIDI files that music21 carries, which others wrote, are imported, and what becomes of them is
counted: those of one melody, the melodies of those of several parts, and what is refused.
"""

import argparse
import logging
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import music21
from judge_reader import playable_tunes

from folkrnn.errors import InputError
from folkrnn.export.midi import to_midi
from folkrnn.export.musicxml import to_musicxml
from folkrnn.export.rendering import PlaybackSettings
from folkrnn.importing import import_tune, is_importable
from folkrnn.notation import Note, Sound, Tune, canonical, faults, form, order_of, performance, performed_order, without
from folkrnn.notation.chords import read_symbol

PLAIN = PlaybackSettings(ornaments=False)


def sounds(tune: Tune) -> list[Sound]:
    """Return the sounds of a tune from its first note on."""
    found = performance(tune)
    return [sound._replace(onset=sound.onset - found[0].onset) for sound in found]


def by_midi(tune: Tune) -> str:
    """Return what differs first in a tune that went to MIDI and back; ``same`` if nothing does."""
    if performed_order(tune) != order_of(tune.bars):
        return "jumps"
    found = import_tune(to_midi(tune, PLAIN), "x.mid")
    if sounds(found) != sounds(tune):
        return "notes"
    if {bar.meter for bar in found.bars} != {bar.meter for bar in tune.bars}:
        return "meter"
    return "same" if form(found) == form(tune) else "form"


def by_musicxml(tune: Tune) -> str:
    """Return whether a tune that went to MusicXML and back is the same."""
    return "same" if compared(import_tune(to_musicxml(tune), "x.musicxml")) == compared(tune) else "text"


def compared(tune: Tune) -> str:
    """Return what must be equal of two tunes."""

    def with_chords_alone(note: Note) -> Note:
        return note._replace(chord_symbols=tuple(filter(read_symbol, note.chord_symbols)))

    bare = without(tune, frozenset({"articulation", "slurs", "annotations"}))
    return canonical(bare.with_all_bars(lambda bar: replace(bar, notes=tuple(map(with_chords_alone, bar.notes)))))


def files_of_others(every: int) -> Iterator[tuple[Path, str, str]]:
    """Yield each file of music21's, what kind it is, and what becomes of it."""
    files = [path for path in Path(music21.__file__).parent.rglob("*") if is_importable(path)]
    for path in sorted(files)[::every]:
        data = path.read_bytes()
        format = "MIDI" if path.suffix in (".mid", ".midi") else "MusicXML"
        try:
            tune = import_tune(data, path.name)
            found = sorted({fault.code for fault in faults(tune.findings)})
            # The remark on an import counts the other voices, if there are any.
            others = any(each.code == "import" and "left out" in each.message for each in tune.findings)
            yield path, f"{format}, {'several parts' if others else 'one melody'}", ", ".join(found) or "playable"
        except InputError as error:
            yield path, f"{format}, refused", str(error).partition(": ")[2].partition(";")[0][:70]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("collections", nargs="*", default=["oneills1850", "ryansMammoth", "airdsAirs", "miscFolk"])
    parser.add_argument("--every", type=int, default=1, help="take every Nth tune only")
    parser.add_argument("--every-file", type=int, default=1, help="take every Nth file of music21 only")
    parser.add_argument("--show", type=int, default=5, help="how many tunes that differ to name")
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # mido and music21 say much about odd files
    tunes = [tune for collection in options.collections for tune, _ in playable_tunes(collection)][:: options.every]
    for way in (by_musicxml, by_midi):
        counts: Counter[str] = Counter()
        for tune in tunes:
            result = way(tune)
            counts[result] += 1
            if result != "same" and sum(counts.values()) - counts["same"] <= options.show:
                print(f"  {Path(tune.source).name}:{tune.line}: {tune.title}: {result}")
        print(f"{way.__name__}: {counts['same']} of {len(tunes)} are the same; {dict(counts)}", flush=True)
    if options.every_file:
        named: dict[tuple[str, str], list[str]] = defaultdict(list)
        for path, kind, result in files_of_others(options.every_file):
            named[kind, result].append(path.name)
        kinds = Counter(kind for kind, result in named for _ in named[kind, result])
        for kind, count in sorted(kinds.items()):
            print(f"{count:5} {kind}")
        for (kind, result), names in sorted(named.items()):
            shown = "" if result == "playable" else f": {', '.join(names[: options.show])}"
            print(f"{len(names):5} {kind:26} {result}{shown}")


if __name__ == "__main__":
    main()
