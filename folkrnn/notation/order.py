"""The order in which a tune is played: part orders (``P:``), Da Capo, Dal Segno, Fine and Coda, besides its repeats.

A *column* is what all voices play together: their bars of the same place. The order is that of the melody, and a sign
counts in whatever voice it stands.

    performed_order(tune)  the columns as they are played
    check_order(tune)      what is doubtful about it
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from folkrnn.notation.bars import ends_section, starts_section
from folkrnn.notation.findings import ERROR, NOTE, WARNING, Finding
from folkrnn.notation.limits import MOST_PLAYED, within_limit
from folkrnn.notation.repeats import order_of, unfolded
from folkrnn.notation.tune import NO_MARKS, Bar, Tune

MOST_PARTS = 1000
"""The most parts that a part order may play; it is cut after them."""

MOST_JUMPS = 12
"""The most jumps that are followed."""


def columns(tune: Tune) -> tuple[Bar, ...]:
    """Return the bars that stand for the columns: the melody's, and behind them those of a voice that has more."""
    bars = tune.bars
    if len(tune.voices) == 1:
        return bars
    longest = max((voice.bars for voice in tune.voices), key=len)
    return bars + longest[len(bars) :]


def performed_order(tune: Tune, once: bool = False) -> tuple[int, ...]:
    """Return the indices of the columns in the order in which they are played.

    Repeats and endings count, the part order of the header, and jumps. After a jump all is played once, without
    repeats and with the last endings; a coda that one jumps to is played as it is written. ``once``: each part once,
    without repeats and jumps.
    """
    bars = columns(tune)
    parts = _read_parts(tune, bars)
    if once:
        return _through(bars, tuple(dict.fromkeys(parts.played)), once=True)[0]
    return _unfolded(bars, parts, _read_signs(tune, bars))[0]


def _unfolded(bars: tuple[Bar, ...], parts: "_Parts", signs: "_Signs") -> tuple[tuple[int, ...], bool]:
    """Return the order with parts and jumps, and whether it is cut at ``limits.MOST_PLAYED``."""
    order, cut = _through(bars, parts.played)
    if not signs.jumps or cut:
        return order, cut
    return within_limit(_with_jumps(order, _through(bars, parts.played, once=True)[0], signs), bars)


def _through(bars: tuple[Bar, ...], parts: Sequence[range], once: bool = False) -> tuple[tuple[int, ...], bool]:
    """Return the order of the parts with their own repeats, without parts that of all bars, and whether it is cut."""
    if not parts:
        return within_limit(unfolded(bars, once), bars)
    inside: dict[range, tuple[int, ...]] = {}

    def through() -> Iterator[int]:
        for part in parts:
            if part not in inside:
                inside[part] = order_of(bars[part.start : part.stop], once)
            for index in inside[part]:
                yield part.start + index

    return within_limit(through(), bars)


def check_order(tune: Tune, line: int = 0) -> list[Finding]:
    """Return findings about part orders and jumps; ``line`` is that of the header's ``P:``."""
    bars = columns(tune)
    parts = _read_parts(tune, bars)
    findings = [Finding("part-order", level, line or tune.line, 1, 0, message) for level, message in parts.problems]
    signs = _read_signs(tune, bars)
    for index, message in signs.problems():
        bar = bars[min(index, len(bars) - 1)]  # "To Coda" in the last bar leads to the end
        findings.append(Finding("jump", NOTE, bar.line, bar.column, bar.number, message))
    if _unfolded(bars, parts, signs)[1]:
        message = f"more than {MOST_PLAYED:,} bars and notes are played; what comes after them is left out"
        findings.append(Finding("too-long", ERROR, tune.line, 1, 0, message))
    return findings


# Parts ------------------------------------------------------------------------------------------------


def part_labels(tune: Tune) -> dict[int, str]:
    """Return the labels (``P:``) in the music by the columns that they stand before, in whatever voice.

    Of several labels at one place the last one is that of the music; the others are those of empty parts.
    """
    labels: dict[int, str] = {}
    for column, label in _all_labels(tune):
        labels[column] = label
    labels.pop(len(columns(tune)), None)
    return labels


def _all_labels(tune: Tune) -> list[tuple[int, str]]:
    """Return all labels with their columns, in order, those behind the music too; each voice may have them again."""
    labels: dict[tuple[int, str], None] = {}
    for voice in tune.voices:
        for index, bar in enumerate(voice.bars):
            for change in bar.changes:
                if change.is_label and (text := str(change.value).strip()):
                    labels[index, text] = None
    for letter, text in tune.after:
        if letter == "P" and text.strip():
            labels[len(columns(tune)), text.strip()] = None
    return sorted(labels, key=lambda each: each[0])


@dataclass
class _Parts:
    """The parts (columns) in the order in which they are played, and what is wrong with the order (level, message).

    Without an order ``played`` is empty.
    """

    played: tuple[range, ...] = ()
    problems: list[tuple[str, str]] = field(default_factory=list)


_LETTER = re.compile(r"(?:part\s+)?([a-z])\b", re.IGNORECASE)


def _read_parts(tune: Tune, bars: Sequence[Bar]) -> _Parts:
    text = next((value.strip() for letter, value in tune.fields if letter == "P"), "")
    if not text:
        return _Parts()
    labels = _all_labels(tune)
    found: dict[str, range] = {}
    ranges = _ranges([column for column, _ in labels], len(bars))
    for (_, label), part in zip(labels, ranges, strict=True):
        letter = _LETTER.match(label)
        for name in {label, letter[1] if letter else label}:
            found.setdefault(name, part)
    names = parse_part_order(text, found)
    result = _Parts()
    if names is None:
        result.problems.append((NOTE, f"P:{_shown(text)} is no order of parts; the tune is played as it stands"))
        return result
    if not labels:
        result.problems.append((NOTE, f"P:{_shown(text)} orders parts, but no P: in the music begins one"))
        return result
    opening = range(labels[0][0])
    missing = dict.fromkeys(name for name in names if name not in found)
    if missing and opening and names[0] in missing:
        # The first part has no label of its own.
        found[names[0]] = opening
        del missing[names[0]]
        opening = range(0)
    for name in missing:
        result.problems.append((WARNING, f"P:{_shown(text)} names a part {name}, which the music does not have"))
    if len(names) > MOST_PARTS:
        message = f"P:{_shown(text)} plays more than {MOST_PARTS:,} parts; it is cut after them"
        result.problems.append((WARNING, message))
    played = [found[name] for name in names[:MOST_PARTS] if name in found]
    if not played:
        return result
    result.played = tuple(([opening] if opening else []) + played)
    for part, (_, label) in zip(ranges, labels, strict=True):
        if part and part not in result.played:
            result.problems.append((NOTE, f"P:{_shown(text)} never plays the part {_shown(label)}"))
    return result


def _ranges(starts: Iterable[int], end: int) -> list[range]:
    return [range(start, stop) for start, stop in pairwise([*starts, end])]


def parse_part_order(text: str, known: Iterable[str] = ()) -> list[str] | None:
    """Return the parts that an order such as ``A(AB)2`` names, MOST_PARTS + 1 at most; None for words that are none.

    A part is a capital letter, or one of the labels ``known``. A number repeats what stands before it. Dots, spaces,
    commas, hyphens and single small letters mean nothing (ABC 2.1, 3.1.9).
    """
    known = set(known)
    letters = re.sub("[^A-Za-z]", "", text)
    if letters.islower() and all(letter.upper() in known and letter not in known for letter in letters):
        text = text.upper()
    words = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
    token = re.compile(
        rf"(?P<name>{'(?<![A-Za-z])(?:' + words + ')(?![A-Za-z])|' if words else ''}{_known_small(known)}[A-Z])"
        r"|(?P<open>\()|(?P<close>\))|[x×*]?\s*(?P<number>[0-9]+)|(?P<nothing>[\s.,;+-]|(?<![a-z])[a-z](?![a-z]))"
    )
    groups: list[list[str]] = [[]]
    item: list[str] = []
    place = 0
    while place < len(text):
        match = token.match(text, place)
        if match is None:
            return None
        place = match.end()
        if match.lastgroup == "name":
            item = [match["name"]]
            groups[-1] += item
        elif match.lastgroup == "open":
            groups.append([])
            item = []
        elif match.lastgroup == "close":
            if len(groups) == 1:
                return None
            item = groups.pop()
            groups[-1] += item
        elif match.lastgroup == "number":
            if not item:
                return None
            times = min(int(match["number"][:4]), MOST_PARTS // len(item) + 1)
            groups[-1][-len(item) :] = item * times
            item = []
        del groups[-1][MOST_PARTS + 1 :]
    return groups[0] if len(groups) == 1 and groups[0] else None


def _known_small(known: set[str]) -> str:
    """Return the small letters that name parts, as a part of a regular expression."""
    small = "".join(name for name in sorted(known) if len(name) == 1 and "a" <= name <= "z")
    return f"[{small}]|" if small else ""


def _shown(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}…"


# Jumps ------------------------------------------------------------------------------------------------


class Jump(NamedTuple):
    """A jump back, to the segno or else to the beginning, and how far one plays then: ``fine``, ``coda`` or both."""

    to_segno: bool
    until: str


_JUMP = re.compile(r"(dc|dacapo|dacs|ds|dalsegno|delsegno)(?:(?:al(?:la)?|to|a)?(fine?|coda))?")
_SIGNS = {
    "fine": "fine", "fin": "fine", "segno": "segno", "coda": "coda", "tocoda": "to coda", "dacoda": "to coda",
    "alfine": "al fine", "alcoda": "al coda",
}  # fmt: skip
"""Signs by their words, of which only the small letters are kept."""


@lru_cache(maxsize=4096)
def sign_of(text: str) -> str | Jump | None:
    """Return the jump or the sign that a decoration or a quoted text is: ``!D.C.alfine!``, ``"^To Coda"``; or None.

    A sign is ``fine``, ``segno``, ``coda`` or ``to coda``; ``al fine`` and ``al coda`` belong to a jump beside them.
    """
    if len(text) > 24:
        return None
    letters = re.sub("[^a-z]", "", text.lower())
    if match := _JUMP.fullmatch(letters):
        return Jump(match[1] in ("ds", "dalsegno", "delsegno"), {"fin": "fine"}.get(match[2], match[2] or ""))
    return _SIGNS.get(letters)


@dataclass
class _Signs:
    """The signs of a tune, by columns.

    Of ``jumps`` and ``fines`` the column is the last one that is played before. ``segnos`` and ``arrivals`` (codas)
    are the columns where one goes on; ``codas`` are signs that lead to a coda or stand at one, each with the column
    before which it stands for either use; ``to_codas`` the first columns left out.
    """

    jumps: dict[int, Jump] = field(default_factory=dict)
    fines: set[int] = field(default_factory=set)
    segnos: set[int] = field(default_factory=set)
    codas: dict[int, tuple[int, int]] = field(default_factory=dict)
    to_codas: set[int] = field(default_factory=set)
    arrivals: set[int] = field(default_factory=set)

    def coda(self) -> tuple[int, int] | None:
        """Return the column before which one leaves and the one where one arrives; None where either is missing."""
        signs = [self.codas[index] for index in sorted(self.codas)]
        leaving = min(self.to_codas) if self.to_codas else signs[0][0] if signs else None
        if leaving is None:
            return None
        later = [arrival for _, arrival in (signs if self.to_codas else signs[1:])]
        arrivals = sorted(place for place in {*later, *self.arrivals} if place >= leaving)
        if not arrivals:
            return None
        # With "To Coda" its own sign may stand beside it.
        own = self.to_codas and len(arrivals) > 1 and arrivals[0] <= leaving
        return leaving, arrivals[1] if own else arrivals[0]

    def problems(self) -> Iterator[tuple[int, str]]:
        """Yield what is doubtful, each with a column."""
        for index, jump in self.jumps.items():
            if jump.to_segno and not self.segnos:
                yield index, "D.S. has no segno to go to; it leads to the beginning"
            if jump.until == "fine" and not self.fines:
                yield index, "there is no Fine where the tune would end after the jump; it is played to its end"
            if jump.until == "coda" and self.coda() is None:
                yield index, "the coda lacks the sign that leads to it, or its own; the tune is played to its end"
        if len(self.jumps) > MOST_JUMPS:
            message = f"the tune has more than {MOST_JUMPS} jumps; the others are not played"
            yield sorted(self.jumps)[MOST_JUMPS], message
        if not self.jumps:
            for name, places in (("Fine", self.fines), ("coda", {*self.codas, *self.to_codas})):
                if places:
                    yield min(places), f"the {name} has no effect, for no D.C. or D.S. leads back"


def _read_signs(tune: Tune, bars: Sequence[Bar]) -> _Signs:
    signs = _Signs()
    for voice in tune.voices:
        for index, bar in enumerate(voice.bars):
            if bar.bracket and sign_of(bar.bracket) == "coda":
                signs.arrivals.add(index)
            for change in bar.changes:
                if change.is_label and sign_of(str(change.value)) == "coda":
                    signs.arrivals.add(index)
            for note in bar.notes:
                # Decorations, chord symbols, annotations: few notes have any, and this is asked of every tune.
                if (note[5] or note[6] or note[7]) and (found := _signs_in(note[5] + note[6] + note[7])):
                    _read_note(signs, bars, index, note is bar.notes[0], found)
            if bar.closing is not NO_MARKS:
                for sign in _signs_in(sum(bar.closing, ())):
                    _take(signs, index, sign, index, min(index + 1, len(bars) - 1), index + 1)
    return signs


def _read_note(signs: _Signs, bars: Sequence[Bar], index: int, first: bool, found: Iterable[str | Jump]) -> None:
    # Above the first note of a section that goes on, such a word ends the section before.
    behind = first and index > 0 and starts_section(bars, index) and not ends_section(bars, index)
    alone = len(bars[index].notes) == 1 and ends_section(bars, index)
    for sign in found:
        _take(signs, index, sign, index - behind, index, index if first and not alone else index + 1)


def _signs_in(texts: tuple[str, ...]) -> list[str | Jump]:
    """Return the signs among some texts; ``al fine`` beside a jump is a part of it."""
    found = [sign for text in texts if (sign := sign_of(text)) is not None]
    if not found:
        return found
    until = next((str(sign)[3:] for sign in found if sign in ("al fine", "al coda")), "")
    return [sign._replace(until=sign.until or until) if isinstance(sign, Jump) else sign for sign in found]


def _take(signs: _Signs, index: int, sign: str | Jump, last: int, onwards: int, left: int) -> None:
    """Put a sign of a column down: the last column that it ends, the one where it goes on, the one it leaves out."""
    if isinstance(sign, Jump):
        signs.jumps.setdefault(last, sign)
    elif sign == "fine":
        signs.fines.add(last)
    elif sign == "segno":
        signs.segnos.add(onwards)
    elif sign == "coda":
        signs.codas.setdefault(index, (left, onwards))
    elif sign == "to coda":
        signs.to_codas.add(last + 1)


def _with_jumps(written: tuple[int, ...], again: tuple[int, ...], signs: _Signs) -> tuple[int, ...]:
    """Return the order with jumps: ``written`` is the order until one, ``again`` without repeats that after one."""
    left = dict(sorted(signs.jumps.items())[:MOST_JUMPS])
    played: list[int] = []
    line: Sequence[int] = written
    jump: Jump | None = None
    while line:
        ends: list[tuple[int, str]] = []
        ahead = [(len(line) - 1 - line[::-1].index(index), index) for index in left if index in line]
        if ahead:
            ends.append((min(ahead)[0], "jump"))
        if jump is not None:
            coda = signs.coda()
            if coda and jump.until in ("coda", "") and coda[0] - 1 in line:
                ends.append((line.index(coda[0] - 1), "coda"))
            fine = next((place for place, index in enumerate(line) if index in signs.fines), None)
            if fine is not None and (jump.until == "fine" or not ends):
                ends.append((fine, "fine"))
        place, kind = min(ends, default=(len(line), ""))
        played += line[: place + 1]
        if kind == "jump":
            index = min(ahead)[1]
            jump = left.pop(index)
            line = again[_start(jump, index, again, signs.segnos) :]
        elif kind == "coda" and coda and coda[1] in written:
            line = written[written.index(coda[1]) :]
            jump = Jump(False, "fine")
        else:
            break
    return tuple(played)


def _start(jump: Jump, index: int, again: tuple[int, ...], segnos: set[int]) -> int:
    """Return the place where a jump after a column arrives: at the last segno before, or else the first one."""
    places = [place for place in sorted(segnos) if place in again] if jump.to_segno else []
    before = [place for place in places if place <= index]
    return again.index((before or places[:1])[-1]) if places else 0
