"""MusicXML as a tune, by way of music21's score.

music21 reads the parts that are wanted. Titles and the lines of the header come from the document itself, and so does
what music21 passes over: how long a syllable is held.
"""

import re
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element

import music21 as m21
from music21.musicxml.xmlToM21 import MusicXMLImporter

from folkrnn.errors import InputError, NotationError
from folkrnn.importing.files import MAX_NOTES
from folkrnn.importing.finish import Piece, finished, remark_on_others
from folkrnn.importing.keys import mode_of
from folkrnn.importing.rounding import make_tuplets_exact
from folkrnn.importing.staff import HELD, StaffBars, read_staff
from folkrnn.notation.articles import shown_title
from folkrnn.notation.clef import StaffSettings
from folkrnn.notation.key import Key, parse_key
from folkrnn.notation.text import escaped_text, plain_text
from folkrnn.notation.tune import Bar, Field, Tune, Voice
from folkrnn.score.build import CARRIED_FIELDS, CARRIED_PREFIX
from folkrnn.score.signatures import key_signature

_RIGHTS = re.compile("©|copyright|all rights", re.IGNORECASE)
_NUMBERS = {
    "octave": (0, 9), "display-octave": (0, 9), "alter": (-4, 4), "key-alter": (-4, 4), "fifths": (-14, 14),
    "key-octave": (0, 9), "beats": (1, 64), "beat-type": (1, 128), "divisions": (1e-6, 1e6), "duration": (0, 1024),
    "actual-notes": (1, 128), "normal-notes": (1, 128), "chromatic": (-60, 60), "diatonic": (-40, 40),
    "octave-change": (-9, 9), "staves": (1, 64), "staff": (1, 64), "per-minute": (0, 1e6),
}  # fmt: skip
"""The least and the greatest number in elements of these names; a duration is in quarter notes."""

_MOST_TERMS = 16
"""The most terms of a meter such as 3+2."""

_PASSED_OVER = ("print", "sound", "listening", "figured-bass", "grouping")
"""Elements of measures that say nothing about the tune."""


def musicxml_tune(root: Element, name: str, all_voices: bool = False) -> Tune:
    """Return the tune of a MusicXML document: its melody, or all its voices.

    The melody is the first line of notes of the first part with notes. Raises InputError where there are none, or
    where music21 cannot read the document.
    """
    parts = [part for part in root.findall("part") if part.find("measure/note/pitch") is not None]
    parts = [part for part in parts if not _repeats_another(part, parts)]
    if not parts:
        raise InputError(f"{name}: has no notes; expected a melody")
    kept = parts if all_voices else parts[:1]
    count = sum(1 for part in kept for _ in part.iter("note"))
    if count > MAX_NOTES:
        raise InputError(f"{name}: has {count} notes; expected a tune of at most {MAX_NOTES}")
    for part in kept:
        _check_numbers(part, name)
    fields, carried_key = _header(root)
    _prepare(root, kept)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # music21 warns of what it mends
        try:
            staves = [staff for staff in _score(root).parts if staff.recurse().notes.first() is not None]
            kept_staves = staves if all_voices else staves[:1]
            read = [_read(staff, all_voices) for staff in kept_staves]
        except Exception as error:  # music21 raises anything from IndexError to its own
            why = " ".join(str(error).split()) or "it does not say why"
            raise InputError(f"{name}: music21 cannot read this score: {type(error).__name__}: {why}") from None
    if not read or not all(each.bars for each in read):
        raise InputError(f"{name}: has no notes that music21 can read; expected a melody")
    voices = tuple(Voice(each.bars, str(place) if len(read) > 1 else "") for place, each in enumerate(read, 1))
    for staff, voice, each in zip(kept_staves, voices, read, strict=True):
        fields += [("V", text) for text in [_voice_line(voice.id, staff, each.clef)] if text]
    first = read[0].bars[0].key
    key = _as_carried(carried_key, first)
    if key != first:
        voices = tuple(replace(voice, bars=tuple(_in_key(bar, first, key) for bar in voice.bars)) for voice in voices)
    left_out = len(parts) - len(kept) + len(staves) - len(kept_staves) + sum(each.left_out for each in read)
    if read[0].tempo:
        fields.append(("Q", read[0].tempo))
    return finished(Piece(tuple(fields), voices, remark_on_others(left_out)), name)


def _repeats_another(part: Element, parts: Sequence[Element]) -> bool:
    """Return whether a part shows the notes of another one as tablature."""
    if not _is_tablature(part):
        return False
    notes = _pitches(part)
    return any(notes <= _pitches(other) for other in parts if not _is_tablature(other))


def _is_tablature(part: Element) -> bool:
    return part.findtext("measure/attributes/clef/sign") == "TAB"


def _pitches(part: Element) -> set[tuple[int, str, float, str]]:
    """Return the notes of a part: the index of the measure, step, alteration and octave."""
    return {
        (index, _text(pitch, "step"), float(_text(pitch, "alter") or 0), _text(pitch, "octave"))
        for index, measure in enumerate(part.iterfind("measure"))
        for pitch in measure.iterfind("note/pitch")
    }


def _check_numbers(part: Element, name: str) -> None:
    """Raise InputError for a number that no music has: music21, or our writer, would work on it for hours."""
    divisions = 1.0
    for element in part.iter():
        limits = _NUMBERS.get(element.tag)
        if limits is None or not element.text:
            continue
        try:
            numbers = [float(each) for each in element.text.split("+")]
        except ValueError:
            continue  # music21 says what it makes of that
        lowest, highest = limits
        if element.tag == "divisions":
            divisions = numbers[0]
        elif element.tag == "duration":
            highest *= divisions
        if not all(lowest <= each <= highest for each in numbers) or len(numbers) > _MOST_TERMS:
            shown = " ".join(element.text.split())[:40]
            raise InputError(f"{name}: {element.tag} is {shown}; expected from {lowest:g} to {highest:g}")


def _score(root: Element) -> Any:
    """Return music21's score of a document, at sounding pitch."""
    importer = MusicXMLImporter()
    importer.xmlRootToScore(root, importer.stream)  # parts of several staves go there, whatever score is given
    score = importer.stream
    return score.toSoundingPitch() if root.find(".//transpose") is not None else score


def _read(staff: Any, all_lines: bool) -> StaffBars:
    """Return the bars of a staff; the mode that the score does not say follows from the last note."""
    read = read_staff(staff, all_lines=all_lines)
    if read.names_mode:
        return read
    mode = mode_of(read.bars, read.bars[0].key.fifths)
    return read_staff(staff, mode, all_lines) if mode else read


def _prepare(root: Element, kept: Sequence[Element]) -> None:
    """Leave in a document what is needed, and mark the syllables that are held."""
    for part in root.findall("part"):
        if part not in kept:
            root.remove(part)
    names = {part.get("id") for part in kept}
    for parts in root.findall("part-list"):
        for each in list(parts):  # a group of parts names some that are left out
            if each.tag != "score-part" or each.get("id") not in names:
                parts.remove(each)
    for tag in ("credit", "defaults", "identification"):
        for each in root.findall(tag):
            root.remove(each)
    for measure in root.iter("measure"):
        for each in [child for child in measure if child.tag in _PASSED_OVER]:
            measure.remove(each)
    for part in kept:
        make_tuplets_exact(part)
        for measure in part.iter("measure"):
            _join_chords(measure)
    for kind in root.iter("direction-type"):  # a tempo without its beat, which MuseScore 3 writes for sixteenths
        for each in kind.findall("metronome"):
            if not all(_line(unit.text) for unit in each.iter("beat-unit")):
                kind.remove(each)
    for lyric in root.iter("lyric"):
        texts, extend = lyric.findall("text"), lyric.find("extend")
        if texts and extend is not None and extend.get("type", "start") == "start":
            texts[-1].text = (texts[-1].text or "") + HELD


def _join_chords(measure: Element) -> None:
    """Let the notes of each chord follow each other: music21 parts a chord at what stands between them."""
    last = -1  # the index of the last note
    for element in list(measure):
        if element.tag == "note":
            index = list(measure).index(element)
            if element.find("chord") is not None and 0 <= last < index - 1:
                measure.remove(element)
                measure.insert(last + 1, element)
                index = last + 1
            last = index


def _header(root: Element) -> tuple[list[Field], str]:
    """Return the lines of the header, and the key that the document carries as ABC had it, empty for none.

    A field that is carried stands as it was unless the document says otherwise now.
    """
    carried = list(_carried(root))
    titles = list(filter(None, (_text(root, "movement-title"), _text(root, "work/work-title"))))
    titles = list(dict.fromkeys(titles)) or [_credited_title(root)]
    own = [text for letter, text in carried if letter == "T"]
    if carried and (shown_title(plain_text(own[0])) if own and own[0].strip() else "Untitled") == titles[0]:
        titles = own
    else:
        titles = [escaped_text(title) for title in titles if title]
    composer = next((_line(each.text) for each in root.iterfind("identification/creator[@type='composer']")), "")
    composers = [text for letter, text in carried if letter == "C"]
    if (plain_text(composers[0]) if composers else "Traditional" if carried else "") != composer:
        composers = [escaped_text(composer)]
    fields = [("T", title) for title in titles] + [("C", text) for text in composers if text]
    fields += [(letter, text) for letter, text in carried if letter not in "TCK"]
    return fields, next((text for letter, text in carried if letter == "K"), "")


def _carried(root: Element) -> list[Field]:
    """Return the fields of a header that folkrnn put into a document."""
    found = [
        ((each.get("name") or "").removeprefix(CARRIED_PREFIX), _line(each.text))
        for each in root.iterfind("identification/miscellaneous/miscellaneous-field")
        if (each.get("name") or "").startswith(CARRIED_PREFIX)
    ]
    return [(letter, text) for letter, text in found if letter in CARRIED_FIELDS]


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def _text(root: Element, path: str) -> str:
    return _line(root.findtext(path))


def _credited_title(root: Element) -> str:
    """Return the words in the largest letters of the first page; empty if no size is given."""
    words = [
        each
        for credit in root.findall("credit")
        if credit.get("page", "1") == "1"
        for each in credit.findall("credit-words")
        if _line(each.text) and not _RIGHTS.search(_line(each.text))
    ]
    largest = max(words, key=_size, default=None)
    return _line(largest.text) if largest is not None and _size(largest) else ""


def _size(words: Element) -> float:
    try:
        return float(words.get("font-size") or 0)
    except ValueError:
        return 0.0


def _as_carried(text: str, key: Key) -> Key:
    """Return the key that a document carries as ABC had it, if the signature is still that one."""
    try:
        found = parse_key(text) if text else key
    except NotationError:
        return key
    shown = key_signature(found)
    if isinstance(shown, m21.key.Key) and (found.tonic, found.mode) != (key.tonic, key.mode):
        return key
    return found if found.signature == key.signature or found.pipes == "HP" else key


def _in_key(bar: Bar, before: Key, key: Key) -> Bar:
    return replace(bar, key=key) if bar.key == before else bar


def _voice_line(name: str, staff: Any, settings: StaffSettings) -> str:
    """Return the ``V:`` line of a staff: its name and its clef; empty for the only one unless its clef is unusual."""
    words = [name or "1"] if name or settings.clef else []
    if name and _line(staff.partName):
        words.append(f'name="{_line(staff.partName).replace(chr(34), chr(39))}"')
    return " ".join([*words, *([f"clef={settings.clef.name}"] if settings.clef else [])])
