"""Let MuseScore open our MusicXML, and compare what it plays and what it writes back.

MuseScore 3 (Debian's package musescore3, headless) converts the MusicXML of tunes, drawn with ``--seed``, to MIDI and
to MusicXML. The tunes are those of the fiddle collections, each in one of VARIANTS: with further voices, words, jumps,
tablature and so on. What must hold:

- *complaints*: MuseScore says nothing about the file while it reads it;
- *notes*: the MIDI file has the pitches and onsets of our own performance, within a tick. Grace notes and ornaments,
  which each program plays in its own way, are left out of the files that are played;
- *back*: the MusicXML that it writes is imported to the same tune: the canonical text of each voice, the words and the
  order of the bars. Ornaments, signs and texts that MuseScore 3 has other names for are not compared.
"""

import argparse
import json
import logging
import os
import random
import re
import subprocess
import tempfile
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import mido
from judge_imports import compared
from judge_reader import playable_tunes

from folkrnn.errors import FolkrnnError
from folkrnn.export.musicxml import to_musicxml
from folkrnn.export.performance import perform
from folkrnn.export.rendering import TICKS_PER_QUARTER, PlaybackSettings
from folkrnn.export.tablature import Tablature
from folkrnn.importing import import_tune
from folkrnn.notation import Bar, Note, Tune, is_playable, order_of, performed_order, read_tunes, sections, without
from folkrnn.notation.articles import shown_title
from folkrnn.notation.encoding import decode
from folkrnn.notation.harmony import with_chords
from folkrnn.notation.key import Key
from folkrnn.notation.pitch import Alter
from folkrnn.notation.ranges import moved
from folkrnn.notation.transposition import transpose
from folkrnn.notation.tune import USUAL_TUPLETS, Tuplet, Voice
from folkrnn.notation.tunings import STRINGED

PLAIN = PlaybackSettings(ornaments=False, chords=False, swing=Fraction(1, 2))
UNPLAYED = frozenset({"graces", "ornaments"})
LIMIT = "MuseScore's own"
"""What stands before the causes that are no faults of ours."""

BATCH = 50
"""How many files MuseScore converts in one run."""

OWN = (
    (re.compile(r"Unsupported mode '(dorian|phrygian|lydian|mixolydian|locrian)'"), "modes other than major and minor"),
    (re.compile(r"invalid alter '-?[01]\.5'"), "quarter tones"),
    (re.compile(r"unknown clef <sign=none"), "a staff without a clef"),
)
"""What MuseScore 3 complains of although MusicXML has it."""

_READING = re.compile(r"^convert <(?P<path>.*)>\.\.\.$")
_WRITING = re.compile(r"^\tto <|^\.\.\. ")
_SYLLABLES = ("la", "mor-", "ning", "dew", "_")


@dataclass(frozen=True)
class Specimen:
    """A tune to convert, the variant that it is, and the tablature that it has."""

    name: str
    variant: str
    tune: Tune
    tablature: Tablature | None = None


# Variants ---------------------------------------------------------------------------------------------


def with_voice(tune: Tune, bars: Iterable[Bar], *fields: tuple[str, str]) -> Tune:
    """Return a tune of one voice with another one below."""
    voices = replace(tune.melody, id="1"), Voice(tuple(bars), id="2", name="Second")
    return replace(tune, voices=voices, fields=(*tune.fields, *fields))


def lower(tune: Tune) -> tuple[Bar, ...]:
    """Return the bars of a tune an octave lower."""
    return transpose(tune, -7, -12).bars


def held(tune: Tune) -> Iterator[Bar]:
    """Yield the bars of a tune, each with its first notes held to its end."""
    for bar in tune.bars:
        lowest = next((note.pitches[:1] for note in bar.notes if note.pitches), ())
        yield replace(bar, notes=(Note(lowest, bar.duration),) if lowest else bar.notes, changes=())


def two_staves(tune: Tune, _: random.Random) -> Tune:
    return with_voice(tune, lower(tune))


def one_staff(tune: Tune, _: random.Random) -> Tune:
    return with_voice(tune, lower(tune), ("%%", "score (1 2)"))


def overlays(tune: Tune, rng: random.Random) -> Tune:
    below = list(held(transpose(tune, -7, -12)))
    chosen = {index for index in range(len(below)) if rng.random() < 0.5}
    return tune.with_bars(tuple(
        replace(bar, overlays=(below[index].notes,)) if index in chosen else bar for index, bar in enumerate(tune.bars)
    ))  # fmt: skip


def words(tune: Tune, rng: random.Random) -> Tune:
    """Return a tune with one or two verses."""
    verses = rng.choice((1, 2))

    sung = False  # whether there is a syllable that may be held

    def with_words(note: Note) -> Note:
        nonlocal sung
        choice = _SYLLABLES if sung else _SYLLABLES[:1]
        sung = bool(note.pitches)
        return note._replace(lyrics=tuple(rng.choice(choice) for _ in range(verses))) if sung else note

    return tune.with_bars(tuple(replace(bar, notes=tuple(map(with_words, bar.notes))) for bar in tune.bars))


def marked(bar: Bar, name: str, closing: bool = False) -> Bar:
    """Return a bar with a decoration at its first note or at the bar line after it."""
    if closing:
        return replace(bar, closing=bar.closing._replace(decorations=(*bar.closing.decorations, name)))
    first = bar.notes[0]._replace(decorations=(*bar.notes[0].decorations, name))
    return replace(bar, notes=(first, *bar.notes[1:]))


def da_capo(tune: Tune, _: random.Random) -> Tune:
    bars = list(tune.bars)
    middle = _section_end(bars)
    bars[middle] = marked(bars[middle], "fine", closing=True)
    bars[-1] = marked(bars[-1], "D.C.alfine", closing=True)
    return tune.with_bars(tuple(bars))


def dal_segno(tune: Tune, rng: random.Random) -> Tune:
    bars = list(tune.bars)
    start = rng.randrange(1, max(2, _section_end(bars)))
    bars[start] = marked(bars[start], "segno")
    if rng.random() < 0.5:
        middle = _section_end(bars)
        bars[middle] = marked(bars[middle], "fine", closing=True)
        bars[-1] = marked(bars[-1], "D.S.alfine", closing=True)
    else:
        bars[-1] = marked(bars[-1], "D.S.", closing=True)
    return tune.with_bars(tuple(bars))


def coda(tune: Tune, rng: random.Random) -> Tune:
    """Return a tune with a coda of two bars at its end."""
    bars = list(tune.bars)
    full = [bar for bar in bars if not bar.is_short][-2:]
    ending = [replace(bar, opens=False, plays=1, ending=(), edge="", key=bars[-1].key, changes=()) for bar in full]
    leave = max(0, _section_end(bars, endings=False) - 1)
    bars[leave] = marked(bars[leave], "coda", closing=True)
    bars[-1] = replace(bars[-1], edge="" if bars[-1].plays > 1 else "||")
    jump = rng.choice(("D.C.alcoda", "D.S.alcoda"))
    if jump == "D.S.alcoda":
        start = rng.randrange(0, max(1, leave))
        bars[start] = marked(bars[start], "segno")
    bars[-1] = marked(bars[-1], jump, closing=True)
    return tune.with_bars((*bars, marked(ending[0], "coda"), *ending[1:]))


def _section_end(bars: Sequence[Bar], endings: bool = True) -> int:
    """Return the last bar of the first section that is no mere pickup, or without ``endings`` the last before them."""
    first = next((each for each in sections(tuple(bars)) if each.last - each.first > 2), None)
    if first is not None and first.endings and not endings:
        return first.endings[0].first - 1
    return first.last if first is not None and first.last < len(bars) - 1 else len(bars) // 2


def tuplets(tune: Tune, rng: random.Random) -> Tune:
    """Return a tune some of whose quarter notes and eighths are tuplets on the same pitch."""

    def split(note: Note) -> Iterator[Note]:
        if note.tuplet or not note.pitches or note.duration not in (Fraction(1, 4), Fraction(1, 8)) or note.tie:
            yield note
            return
        actual = rng.choice((2, 3, 3, 3, 5, 6))
        normal = {2: 3, 5: 4, 6: 4}.get(actual, USUAL_TUPLETS[3])
        length = note.duration / actual
        written = length * actual / normal
        if written.numerator not in (1, 3) or written.denominator & (written.denominator - 1):
            yield note
            return
        yield note._replace(duration=length, tuplet=Tuplet(actual, normal, actual, 0), slurs_closed=0)
        for place in range(1, actual):
            yield Note(note.pitches, length, tuplet=Tuplet(actual, normal, actual, place))

    def bar_of(bar: Bar) -> Bar:
        if bar.changes or rng.random() < 0.5:
            return bar
        return replace(bar, notes=tuple(part for note in bar.notes for part in split(note)))

    return tune.with_bars(tuple(map(bar_of, tune.bars)))


def transposed(tune: Tune, rng: random.Random) -> Tune:
    return moved(tune, rng.choice(("+2", "-3", "+5", "Bb", "E", "Ab")))


VARIANTS: dict[str, Callable[[Tune, random.Random], Tune]] = {
    "as written": lambda tune, _: tune,
    "two staves": two_staves,
    "one staff": one_staff,
    "overlays": overlays,
    "words": words,
    "D.C.": da_capo,
    "D.S.": dal_segno,
    "coda": coda,
    "chords": lambda tune, _: with_chords(tune),
    "tuplets": tuplets,
    "transposed": transposed,
    "tablature": lambda tune, _: tune,
    "tablature alone": lambda tune, _: tune,
    "tablature and voices": two_staves,
}


JUMPS = ("D.C.", "D.S.", "coda")
"""The variants with jumps."""


def specimens(count: int, rng: random.Random, collections: Iterable[str]) -> Iterator[Specimen]:
    """Yield tunes of the collections, each with one of VARIANTS in turn."""
    every = [tune for collection in collections for tune, _ in playable_tunes(collection)]
    for place, tune in enumerate(rng.sample(every, min(count, len(every)))):
        variant = list(VARIANTS)[place % len(VARIANTS)]
        if variant in JUMPS:  # those of its own would come on top
            tune = without(tune, frozenset({"articulation", "annotations", "chord_symbols"}))
        # The reader has the last word on what a variant means.
        made = read_tunes(str(VARIANTS[variant](tune, rng)), tune.source)[0]
        tablature = None
        if "tablature" in variant:
            tablature = Tablature(rng.choice(sorted(STRINGED)), alone=variant == "tablature alone")
        yield Specimen(f"{tune.source}:{tune.line} {tune.title}", variant, made, tablature)


def specimens_in(folder: Path) -> Iterator[Specimen]:
    """Yield the playable tunes of the ABC files of a folder, and of the inputs of cases in TOML files."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".abc":
            texts = [(str(path), decode(path.read_bytes()))]
        elif path.suffix == ".toml":
            cases = tomllib.loads(path.read_text(encoding="utf-8")).get("case", [])
            texts = [(f"{path.name}:{case['id']}", with_header(case["input"])) for case in cases if "input" in case]
        else:
            continue
        for name, text in texts:
            for tune in read_tunes(text, name):
                if is_playable(tune.findings) and tune.voices and tune.melody.sounds:
                    yield Specimen(f"{name} {tune.title}", "also", tune)


def with_header(text: str) -> str:
    """Return the input of a case with the lines of the header that it leaves out."""
    if re.search(r"^X:", text, re.MULTILINE):
        return text
    head = text.partition("K:")[0]
    lines = [line for line in ("X:1", "T:Test", "M:4/4", "L:1/4") if f"\n{line[:2]}" not in "\n" + head]
    return "\n".join(lines) + "\n" + text.lstrip("\n")


# Comparison -------------------------------------------------------------------------------------------


def convert(jobs: Sequence[tuple[Path, Path]], command: str, folder: Path) -> dict[str, list[str]]:
    """Let MuseScore convert files; return what it said about each while it read it, by name."""
    said: dict[str, list[str]] = {}
    for start in range(0, len(jobs), BATCH):
        job = folder / "job.json"
        batch = [{"in": str(source), "out": str(target)} for source, target in jobs[start : start + BATCH]]
        job.write_text(json.dumps(batch), encoding="utf-8")
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        done = subprocess.run(
            [command, "-j", job], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, check=False,
            timeout=60 * BATCH,
        )  # fmt: skip
        current: list[str] | None = None
        for line in done.stdout.decode(errors="replace").splitlines():
            if match := _READING.match(line):
                current = said.setdefault(Path(match["path"]).name, [])
            elif _WRITING.match(line):
                current = None
            elif current is not None and line.strip():
                current.append(line.strip())
        if done.returncode:
            print(f"MuseScore ended with status {done.returncode} within files {start} to {start + BATCH}")
    return said


def heard(path: Path) -> set[tuple[int, int]]:
    """Return the (tick from the first note, pitch) pairs of a MIDI file."""
    midi, found = mido.MidiFile(path), set()
    for track in midi.tracks:
        now = 0
        for message in track:
            now += message.time
            if message.type == "note_on" and message.velocity:
                found.add((now * TICKS_PER_QUARTER // midi.ticks_per_beat, message.note))
    return from_first(found)


def from_first(notes: set[tuple[int, int]]) -> set[tuple[int, int]]:
    first = min((tick for tick, _ in notes), default=0)
    return {(tick - first, pitch) for tick, pitch in notes}


def difference_of_notes(tune: Tune, theirs: set[tuple[int, int]]) -> tuple[str, str] | None:
    """Return how the notes that MuseScore plays differ from a tune's, but for a tick; None if they do not."""
    performed = perform(tune, PLAIN).notes
    first = min((note.start for note in performed), default=0)
    ours = {(note.start - first, int(note.pitch)) for note in performed}

    def without_near(notes: set[tuple[int, int]], others: set[tuple[int, int]]) -> set[tuple[int, int]]:
        return {(t, p) for t, p in notes if not {(t - 1, p), (t, p), (t + 1, p)} & others}

    missing, more = without_near(ours, theirs), without_near(theirs, ours)
    if not missing and not more:
        return None
    if not more and missing <= {(tick - first, pitch) for tick, pitch in struck_while_held(tune)}:
        return f"{LIMIT}: a pitch that another line of the staff holds is not struck again", f"{len(missing)} notes"
    kind = "notes: order or length" if abs(len(missing) - len(more)) > 3 else "notes"
    place = min(missing | more)[0] / TICKS_PER_QUARTER
    return kind, f"from quarter {place:g} on: {len(missing)} missing, {len(more)} more"


def struck_while_held(tune: Tune) -> set[tuple[int, int]]:
    """Return the (tick, pitch) pairs of the notes that begin while another line holds their pitch."""
    lines = [perform(line, PLAIN).notes for voice in tune.voices for line in lines_of(tune.alone(voice))]
    return {
        (note.start, int(note.pitch))
        for line in lines
        for note in line
        for other in lines
        if other is not line
        for held in other
        if held.pitch == note.pitch and held.start <= note.start < held.end
    }


def lines_of(tune: Tune) -> Iterator[Tune]:
    """Yield the lines of a tune of one voice: its notes, and each line of overlays."""
    for level in range(max(len(bar.layers) for bar in tune.bars)):
        yield tune.with_bars(tuple(
            replace(bar, notes=bar.layers[level] if level < len(bar.layers) else (Note((), bar.duration),), overlays=())
            for bar in tune.bars
        ))  # fmt: skip


def music(tune: Tune) -> str:
    """Return the canonical text that must come back: MuseScore 3 keeps no field but the title, and few modes.

    So the title is that which is shown, and each note has its own accidental here, as if all keys were C.
    """

    def in_c(bar: Bar) -> Bar:
        changes = (each._replace(value=Key("C")) if isinstance(each.value, Key) else each for each in bar.changes)
        return replace(bar, key=Key("C"), changes=tuple(changes))

    fields = (("T", shown_title(tune.title)),)
    return compared(replace(without(tune, UNPLAYED), fields=fields, book=(), key=Key("C")).with_all_bars(in_c))


def signatures(voice: Voice) -> list[dict[int, Alter]]:
    """Return the key signatures of the bars of a voice."""
    return [bar.key.signature for bar in voice.bars]


def syllables(voice: Voice) -> list[tuple[str, ...]]:
    """Return the syllables of each note of a voice."""
    lyrics = (note.lyrics for bar in voice.bars for note in bar.notes)
    return [words if any(words) else () for words in lyrics]


def sounding(tune: Tune) -> set[tuple[int, int]]:
    """Return the (tick from the first note, pitch) pairs of a tune."""
    return from_first({(note.start, int(note.pitch)) for note in perform(tune, PLAIN).notes})


def difference_of_tunes(ours: Tune, theirs: Tune) -> str:
    """Return what differs first in a tune that MuseScore wrote back; empty if nothing does.

    Voices that share a staff come back as lines of one voice: they must sound the same.
    """
    if len(ours.voices) > len(theirs.voices) and sounding(ours) == sounding(theirs):
        ours, theirs = (tune.alone(tune.melody).with_all_bars(without_overlays) for tune in (ours, theirs))
    if len(ours.voices) != len(theirs.voices):
        return f"{len(ours.voices)} voices became {len(theirs.voices)}"
    for one, other in zip(ours.voices, theirs.voices, strict=True):
        texts = [music(tune.alone(voice)) for tune, voice in ((ours, one), (theirs, other))]
        if texts[0] != texts[1]:
            return "text: " + _first_difference(*texts)
        if signatures(one) != signatures(other):
            return "key signatures"
        if syllables(one) != syllables(other):
            return "words"
    if performed_order(ours) != performed_order(theirs):
        return "order"
    return ""


def without_overlays(bar: Bar) -> Bar:
    return replace(bar, overlays=())


def _first_difference(one: str, other: str) -> str:
    place = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    line = one[:place].rpartition("\n")[2] or "\n"
    name = line[:2] if line[1:2] == ":" else "music"
    return f"{name} …{one[max(0, place - 10) : place + 15]!r} became …{other[max(0, place - 10) : place + 15]!r}"


def judge(found: Sequence[Specimen], options: argparse.Namespace, folder: Path) -> Counter[str]:
    """Convert and compare tunes; return the counts."""
    counts: Counter[str] = Counter()
    kept, jobs = [], []
    for place, each in enumerate(found):
        whole, played = folder / f"{place}.musicxml", folder / f"{place}p.musicxml"
        try:
            whole.write_bytes(to_musicxml(each.tune, each.tablature))
            played.write_bytes(to_musicxml(without(each.tune, UNPLAYED), each.tablature))
        except FolkrnnError as error:
            counts["not written: " + str(error).partition(":")[0][:60]] += 1
            continue
        kept.append((place, each))
        jobs += [(whole, folder / f"{place}.back.musicxml"), (played, folder / f"{place}.mid")]
    said = convert(jobs, options.command, folder)
    for place, each in kept:
        faults = list(_faults(each, place, said, folder))
        counts["files"] += 1
        counts.update(cause for cause, _ in faults if cause.startswith(LIMIT))
        faults = [fault for fault in faults if not fault[0].startswith(LIMIT)]
        counts["without a fault"] += not faults
        for cause, detail in faults:
            counts[cause] += 1
            counts[f"{cause} ({each.variant})"] += 1
            if counts[cause] <= options.show:
                print(f"  {each.variant}: {each.name}: {cause}: {detail}", flush=True)
        if faults and options.keep:
            options.keep.mkdir(exist_ok=True, parents=True)
            for path in folder.glob(f"{place}[p.]*"):
                (options.keep / path.name).write_bytes(path.read_bytes())
    return counts


def _faults(each: Specimen, place: int, said: dict[str, list[str]], folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the causes of faults of a tune, each with what is known of it."""
    complaints = {*said.get(f"{place}.musicxml", ["not read"]), *said.get(f"{place}p.musicxml", ["not read"])}
    for pattern, name in OWN:
        own = {complaint for complaint in complaints if pattern.search(complaint)}
        if own:
            complaints -= own
            yield f"{LIMIT}: {name}", ""
    if complaints:
        yield "complaints", "; ".join(sorted(complaints))[:300]
    target, back = folder / f"{place}.mid", folder / f"{place}.back.musicxml"
    if not target.exists() or not back.exists():
        yield "not converted", ""
        return
    ordered = each.tune.field("P") and performed_order(each.tune) != order_of(each.tune.bars)
    if ordered:
        yield f"{LIMIT}: MusicXML has no part orders", ""
    elif notes := difference_of_notes(each.tune, heard(target)):
        yield notes
    try:
        theirs = import_tune(back.read_bytes(), back.name, all_voices=True)
    except FolkrnnError as error:
        yield "back: refused", str(error)
        return
    if ordered:
        theirs = replace(theirs, fields=(*theirs.fields, ("P", each.tune.field("P"))))
    if different := difference_of_tunes(each.tune, theirs):
        direct = import_tune((folder / f"{place}.musicxml").read_bytes(), "x.musicxml", all_voices=True)
        alone = difference_of_tunes(each.tune, direct)
        yield "back" if not alone else "back, and without MuseScore", different


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("collections", nargs="*", default=["oneills1850", "ryansMammoth", "airdsAirs", "miscFolk"])
    parser.add_argument("-n", "--count", type=int, default=300, help="how many tunes to draw")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--also", type=Path, action="append", default=[], help="a folder of ABC files, or of cases")
    parser.add_argument("--command", default="mscore3")
    parser.add_argument("--show", type=int, default=5, help="how many tunes with each fault to name")
    parser.add_argument("--keep", type=Path, help="a folder for the files of tunes with faults")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    found = list(specimens(options.count, random.Random(options.seed), options.collections))
    for folder in options.also:
        found += specimens_in(folder)
    with tempfile.TemporaryDirectory() as name:
        counts = judge(found, options, Path(name))
    for cause, count in counts.items():
        print(f"{count:5} {cause}")


if __name__ == "__main__":
    main()
