"""The grammar inside a bar: the characters that may come next, at any position between two bar lines.

A ``BarPosition`` holds all that decides what may come: the task of the bar, the time left of it, and the token under
way. Equal positions have equal futures, so the characters after each are found once and kept. Times are whole numbers
of ticks, which are exact for every length and tuplet of the grammar.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

from folkrnn.errors import NotationError
from folkrnn.notation.canonical import ORNAMENT_TEXTS
from folkrnn.notation.grammar.sections import BarRule
from folkrnn.notation.grammar.words import Words
from folkrnn.notation.idiom import Idiom, TupletPattern
from folkrnn.notation.key import MODES, Key
from folkrnn.notation.pitch import ACCIDENTALS
from folkrnn.notation.spelling import length_text
from folkrnn.notation.tune import USUAL_TUPLETS

WHOLE_TICKS = 512 * 315
"""Ticks of a whole note: 512 for the shortest note inside a tuplet of 8, 315 for tuplets of 3, 5, 7 and 9."""

MAX_BAR_TICKS = 4 * WHOLE_TICKS
"""No note or bar of the grammar is longer than this many ticks, four whole notes."""

MAX_GRACES = 8
"""The most grace notes before a note."""

MAX_CHORD_NOTES = 5
"""The most notes of a chord."""

UPPER, LOWER = "ABCDEFG", "abcdefg"
OCTAVES = {",": ",,", "'": "''"}
SILENT_ORNAMENTS = ("pralltriller", "slide")
"""Ornaments that abc2midi does not know."""

BAR_LINES = "|:"

TIE, LINE, KEY = "tie", "line", "key"
"""Steps that depend on the tune around the bar: see ``Walk``."""


class Task:
    """The part of a bar's rule that matters inside the bar; rules that differ only in their bar lines share a task.

    All times are in ticks. ``full`` is the time of a full bar, ``MAX_BAR_TICKS`` where the meter is free. ``ends`` maps
    the time left to the first characters of the bar lines that may follow then. A ``-`` among them says that a tie may
    lead over the line. ``elsewhere`` holds these characters for all other times. ``least`` is the least time that may
    be left. ``swing`` is the length of the notes that abc2midi swings in pairs, 0 where it swings none.
    """

    __slots__ = ("elsewhere", "ends", "free", "full", "key_change", "least", "swing")

    def __init__(self, rule: BarRule, grid: int, swing: int) -> None:
        self.swing = swing
        self.free = rule.full is None
        self.full = MAX_BAR_TICKS if rule.full is None else grammar_ticks(rule.full)
        self.ends = {self.full - grammar_ticks(length): _signs(lines, rule.ties) for length, lines in rule.ends}
        self.elsewhere = _signs(rule.anywhere, rule.ties)
        self.least = min(
            [left for left, signs in self.ends.items() if signs] + [grid] * bool(self.elsewhere), default=0
        )
        self.key_change = rule.key_change

    @property
    def key(self) -> object:
        """Equal for equal tasks."""
        return self.full, self.free, tuple(sorted(self.ends.items())), self.elsewhere, self.key_change, self.swing


def _signs(lines: frozenset[str], ties: bool) -> str:
    """Return the first characters of some bar lines, with a ``-`` if a tie may lead over one: only over a plain one."""
    return "".join(sorted({line[0] for line in lines} | ({"-"} if ties and "|" in lines else set())))


class TupletRest(NamedTuple):
    """What is still to come of a tuplet of ``actual`` notes in the time of ``normal``: ``notes`` of them.

    ``patterns`` are the lengths, in ticks, that these notes may have in turn; None for any.
    """

    actual: int
    normal: int
    notes: int
    patterns: frozenset[tuple[int, ...]] | None = None

    def takes(self, length: int) -> bool:
        """Whether the next note may have a written length, in ticks."""
        return self.patterns is None or any(pattern[0] == length for pattern in self.patterns)

    def after(self, length: int) -> "TupletRest | None":
        """Return what is still to come after a note of a written length, in ticks; None if that is the last."""
        if self.notes == 1:
            return None
        patterns = self.patterns and frozenset(pattern[1:] for pattern in self.patterns if pattern[0] == length)
        return self._replace(notes=self.notes - 1, patterns=patterns)


class BarPosition(NamedTuple):
    """A position of a text within a bar.

    ``left`` is the time to a full bar. ``stage`` is the kind of token under way, and ``detail`` its characters so far,
    as many of them as matter. ``tuplet`` is what is still to come of the tuplet under way. ``pair`` is
    the written length of the note before a ``>`` or ``<``. ``tied`` holds the spellings of the note to which a tie
    leads. ``graces`` counts the grace notes before the next note, and ``ornament`` says whether one stands there.
    ``members`` counts the notes of the chord or the grace notes so far. ``sounds`` is False for a rest. ``octave``
    holds the octave marks that the letter may still get. ``key_changed`` says whether a key change has begun the bar.
    """

    task: Task
    left: int
    empty: bool = True
    stage: str = "note"
    detail: str = ""
    tuplet: TupletRest | None = None
    pair: int = 0
    tied: tuple[str, ...] = ()
    graces: int = 0
    ornament: bool = False
    members: int = 0
    sounds: bool = True
    octave: str = ""
    key_changed: bool = False


Steps = dict[str, "BarPosition | str"]


def grammar_ticks(length: Fraction) -> int:
    """Return a length, a fraction of a whole note, in ticks."""
    return int(length * WHOLE_TICKS)


def note_lengths() -> dict[str, int]:
    """Return the written lengths of notes, in ticks: up to 32 eighths, and halves, quarters and eighths of them."""
    units = [Fraction(n) for n in range(1, 33)]
    units += [Fraction(n, d) for d in (2, 4, 8) for n in range(1, 16, 2)]
    return {length_text(unit / 8): grammar_ticks(unit / 8) for unit in units}


def _one_head(length: int) -> bool:
    """Whether one note head with at most two dots shows a length."""
    odd = length * 64 // WHOLE_TICKS
    while odd % 2 == 0:
        odd //= 2
    return odd in (1, 3, 7)


TUPLET_UNITS = tuple(Fraction(n, d) / 8 for n, d in ((1, 4), (1, 2), (3, 4), (1, 1), (3, 2), (2, 1), (3, 1), (4, 1)))
PAIR_UNITS = tuple(Fraction(1, n) for n in (4, 8, 16, 32))


NO_TUPLET = TupletRest(1, 1, 1)
"""Makes one note of its own length."""


def tuplet_signs() -> dict[str, tuple[int, int, int]]:
    """Return the tuplet signs without their bracket, each with its (actual, normal, notes)."""
    signs = {str(actual): (actual, normal, actual) for actual, normal in USUAL_TUPLETS.items()}
    for actual in range(2, 10):
        for normal in (2, 3, 4, 6, 8):
            for size in range(2, actual + 1):
                if normal != actual and (size == actual or actual <= 4):
                    signs[f"{actual}:{normal}:{size}"] = (actual, normal, size)
    return signs


def key_names() -> Iterable[str]:
    """Yield the keys of up to seven sharps or flats, as canonical text writes them; ``none`` for no signature.

    Locrian and the tonic Fb are left out: music21 does not read them as others do.
    """
    yield "none"
    for letter in "CDEFGAB":
        for sign in ("", "#", "b"):
            for mode in MODES:
                key = Key(letter + sign, mode)
                if abs(key.fifths) <= 7 and mode != "loc" and key.tonic != "Fb":
                    yield str(key)


def _longer(text: str, words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the characters that lead from a text to longer words, each with the longer text."""
    for word in words:
        if word.startswith(text) and word != text:
            yield word[len(text)], word[: len(text) + 1]


def _spelled_out(position: BarPosition) -> BarPosition:
    """Return the position after the letters of a tied note, before its length."""
    return position._replace(stage="length", detail="", tied=())


class BarGrammar:
    """What may come next inside a bar, written with some characters.

    ``cautious`` leaves out what can be played but trips abc2midi or abcm2ps: lengths that need two note heads or
    three dots; ornaments and grace notes on tied notes, inside tuplets, both on one note, or on too short a one;
    chords that are tied, have an ornament, lie in a tuplet or are swung. An ``idiom`` leaves out the lengths, tuplets,
    accidentals, chords and grace notes that it does not have.
    """

    def __init__(self, alphabet: frozenset[str], cautious: bool, idiom: Idiom | None = None) -> None:
        self.alphabet = alphabet
        self.cautious = cautious
        used = None if idiom is None else frozenset(map(grammar_ticks, idiom.lengths))
        spelled = {text: length for text, length in note_lengths().items() if alphabet.issuperset(text)}
        grids = [ticks for ticks in spelled.values() if WHOLE_TICKS % ticks == 0 and (used is None or ticks in used)]
        if not grids:
            raise NotationError("the idiom has no length that fills bars; expected one such as 1/8")
        self.grid = min(grids)
        """All lengths and bars are multiples of it, so the rest of a bar can always be filled."""
        if cautious:
            spelled = {text: length for text, length in spelled.items() if _one_head(length)}
        spelled = {text: length for text, length in spelled.items() if length % self.grid == 0}
        self.lengths = {text: length for text, length in spelled.items() if used is None or length in used}
        self.tuplet_lengths = {
            length_text(unit): grammar_ticks(unit) for unit in TUPLET_UNITS if length_text(unit) in spelled
        }
        self.pair_lengths = frozenset(
            grammar_ticks(unit)
            for unit in PAIR_UNITS
            if grammar_ticks(unit) in self.lengths.values() and grammar_ticks(unit) >= 2 * self.grid
            if used is None or used.issuperset((grammar_ticks(unit / 2), grammar_ticks(unit * 3 / 2)))
        )
        self.keys = Words(key for key in key_names() if alphabet.issuperset(key))
        patterns = None if idiom is None else idiom.tuplets
        signs = {sign: tuplet for sign, tuplet in tuplet_signs().items() if alphabet.issuperset(f"({sign}")}
        self.tuplets = {sign: self._whole_tuplet(*tuplet, patterns) for sign, tuplet in signs.items()}
        self.tuplet_rests = idiom is None or idiom.tuplet_rests
        self.max_graces = MAX_GRACES if idiom is None else min(idiom.graces, MAX_GRACES)
        self.max_chord_notes = MAX_CHORD_NOTES if idiom is None else min(idiom.chord_notes, MAX_CHORD_NOTES)
        ornaments = (t for name, t in ORNAMENT_TEXTS.items() if not (cautious and name in SILENT_ORNAMENTS))
        self.ornaments = Words(text for text in ornaments if alphabet.issuperset(text))
        self.accidentals = Words(
            text
            for text, alter in ACCIDENTALS.items()
            if text and alphabet.issuperset(text) and (idiom is None or abs(alter or 0) <= idiom.alteration)
        )
        self._tasks: dict[object, Task] = {}
        self._tuplet_times: dict[TupletRest, dict[int, int]] = {}
        self._after: dict[BarPosition, dict[str, BarPosition]] = {}
        self._feasible: dict[tuple[Task, int], dict[str, TupletRest]] = {}

    def _whole_tuplet(self, actual: int, normal: int, count: int, among: frozenset[TupletPattern] | None) -> TupletRest:
        """Return a tuplet before its first note, with its own patterns among some; with any if there are none given."""
        if among is None:
            return TupletRest(actual, normal, count)
        own = [tuple(map(grammar_ticks, lengths)) for *ratio, lengths in among if ratio == [actual, normal]]
        known = frozenset(self.tuplet_lengths.values())
        spelled = frozenset(pattern for pattern in own if len(pattern) == count and known.issuperset(pattern))
        return TupletRest(actual, normal, count, spelled)

    def forget(self) -> None:
        """Free the memory of kept results."""
        self._tasks.clear()
        self._after.clear()
        self._feasible.clear()

    def begin(self, rule: BarRule, swing: Fraction = Fraction(0)) -> BarPosition:
        """Return the beginning of a bar; ``swing`` is the length of the notes that abc2midi swings in pairs, or 0."""
        task = self._tasks.get((rule, swing))
        if task is None:
            task = Task(rule, self.grid, grammar_ticks(swing))
            task = self._tasks[rule, swing] = self._tasks.setdefault(task.key, task)
        return BarPosition(task, task.full)

    # ── time ────────────────────────────────────────────────────────────────────────────────────

    def _line_signs(self, position: BarPosition) -> str:
        """Return the first characters of the bar lines that may follow a whole token, and - for a tie over one."""
        if position.empty or position.tuplet or position.pair:
            return ""
        task = position.task
        signs = task.ends.get(position.left, task.elsewhere if position.left > 0 else "")
        return signs if not position.tied else "|" if "-" in signs else ""

    def _can_end(self, task: Task, left: int, tuplet: TupletRest | None) -> bool:
        """Whether a bar with this time left, this tuplet under way, can still be brought to an end."""
        room = MAX_BAR_TICKS if task.free else left - task.least
        if tuplet is None:
            return room >= 0 and left % self.grid == 0
        rest = self._shortest(tuplet).get(left % self.grid)
        return rest is not None and rest <= room

    def _shortest(self, tuplet: TupletRest) -> dict[int, int]:
        """Return, for each remainder on the grid, the least time of the rest of a tuplet."""
        found = self._tuplet_times.get(tuplet)
        if found is None:
            actual, normal, count, patterns = tuplet
            sums = {0} if patterns is None else {sum(pattern) * normal // actual for pattern in patterns}
            for _ in range(count if patterns is None else 0):
                sums = {total + length * normal // actual for total in sums for length in self.tuplet_lengths.values()}
            found = {}
            for total in sorted(sums, reverse=True):
                found[total % self.grid] = total
            self._tuplet_times[tuplet] = found
        return found

    def _after_length(self, position: BarPosition) -> dict[str, BarPosition]:
        """Return the possible lengths of the next note, each with the position after it."""
        time = position._replace(empty=True, stage="", detail="", tied=(), members=0, sounds=True, octave="")
        found = self._after.get(time)
        if found is None:
            found = self._after[time] = dict(self._lengths(time))
        return found

    def _rest_lengths(self, position: BarPosition) -> dict[str, BarPosition]:
        """Return the possible lengths of a rest, each with the position after it.

        Where abc2midi swings, no rest leads to the second note of a pair: it would be paired with the last note before.
        """
        found, swing = self._after_length(position), position.task.swing
        if not (self.cautious and swing):
            return found
        full, ends = position.task.full, position.task.ends
        return {
            text: after
            for text, after in found.items()
            if not (full - after.left) % (2 * swing) or ends.get(after.left)
        }

    def _lengths(self, position: BarPosition) -> Iterable[tuple[str, BarPosition]]:
        tuplet = position.tuplet or NO_TUPLET
        actual, normal, _, _ = tuplet
        for text, length in (self.tuplet_lengths if position.tuplet else self.lengths).items():
            if (position.pair and length != position.pair) or not tuplet.takes(length):
                continue
            rest = tuplet.after(length)
            sounding = length * normal // actual
            if self.cautious and (self._too_short(sounding, position) or self._is_dotted(length, position)):
                continue
            left = position.left - sounding
            if self._can_end(position.task, left, rest):
                if position.task.free:
                    left = MAX_BAR_TICKS + left % self.grid
                yield text, BarPosition(position.task, left, False, tuplet=rest)

    def _too_short(self, sounding: int, position: BarPosition) -> bool:
        """Whether a note is too short for abc2midi to play its grace notes or its ornament."""
        swung = 2 * position.task.swing
        shortest = max(WHOLE_TICKS // 16, swung)
        if position.graces and sounding < max(swung, position.graces * WHOLE_TICKS // 32 + 1):
            return True
        return position.ornament and sounding < shortest

    def _is_dotted(self, length: int, position: BarPosition) -> bool:
        """Whether a note that abc2midi swings is dotted by its length; only a broken pair may make it so.

        A pair that is written out stands on any beat, and for people it is written broken.
        """
        swing = position.task.swing
        return bool(swing) and not position.pair and not position.tuplet and length in (swing * 3 // 2, swing * 3 // 4)

    # ── characters ──────────────────────────────────────────────────────────────────────────────

    def steps(self, position: BarPosition) -> Steps:
        """Return the characters that may come next, each with the position after it or a step for ``Walk``."""
        found: Steps = getattr(self, f"_{position.stage}")(position)
        return {character: step for character, step in found.items() if character in self.alphabet}

    def _note(self, position: BarPosition) -> Steps:
        """Return what may stand between two tokens."""
        steps: Steps = dict.fromkeys(self._line_signs(position).strip("-"), LINE) if self._bare(position) else {}
        if not self._after_length(position):
            return steps
        if not position.pair:
            steps |= self._before(position)
        if position.tied:
            return steps | self._spelled(position)
        steps |= self._letters(position, "length")
        steps |= self._accidental_signs(position, "accidental")
        silent = not position.tuplet or self.tuplet_rests
        silent = silent and not position.pair and not position.ornament and not (self.cautious and position.graces)
        if silent and self._rest_lengths(position):
            steps["z"] = position._replace(stage="length", sounds=False)
        if self._may_chord(position) or self._may_change_key(position):
            steps["["] = position._replace(stage="chord")
        return steps

    def _bare(self, position: BarPosition) -> bool:
        """Whether nothing stands before the coming note that belongs to it."""
        return not (position.graces or position.ornament or position.pair)

    def _before(self, position: BarPosition) -> Steps:
        """Return what may stand before a note: a tuplet sign, grace notes, an ornament."""
        steps: Steps = {}
        if self._bare(position) and not position.tuplet and self._feasible_tuplets(position):
            steps["("] = position._replace(stage="tuplet")
        if not position.graces and self.max_graces and self._may_grace(position, 1):
            steps["{"] = position._replace(stage="grace")
        if not position.ornament and self._may_ornament(position):
            steps |= self._ornament(position)
        return steps

    def _feasible_tuplets(self, position: BarPosition) -> dict[str, TupletRest]:
        """Return the tuplets that the bar has room for, by their signs."""
        key = position.task, position.left
        found = self._feasible.get(key)
        if found is None:
            signs = self.tuplets.items()
            found = {sign: tuplet for sign, tuplet in signs if self._can_end(position.task, position.left, tuplet)}
            self._feasible[key] = found
        return found

    def _may_grace(self, position: BarPosition, count: int) -> bool:
        """Whether ``count`` grace notes may stand before the next note."""
        trips = position.tied or position.ornament or (position.tuplet and (count > 1 or position.tuplet[:2] != (3, 2)))
        return not (self.cautious and trips) and bool(self._after_length(position._replace(graces=count)))

    def _may_ornament(self, position: BarPosition) -> bool:
        """Whether an ornament may stand before the coming note."""
        trips = position.tied or position.graces or position.tuplet
        return not (self.cautious and trips) and bool(self._after_length(position._replace(ornament=True)))

    def _letters(self, position: BarPosition, stage: str) -> Steps:
        """Return the letters of notes, each with the position after it."""
        upper = position._replace(stage=stage, detail="", octave=OCTAVES[","])
        lower = position._replace(stage=stage, detail="", octave=OCTAVES["'"])
        steps: Steps = dict.fromkeys(UPPER, upper)
        return steps | dict.fromkeys(LOWER, lower)

    def _octaves(self, position: BarPosition) -> Steps:
        """Return the octave mark that the letter under way may still get."""
        return {mark: position._replace(octave=position.octave[1:]) for mark in position.octave[:1]}

    def _accidental_signs(self, position: BarPosition, stage: str) -> Steps:
        """Return the first characters of accidentals."""
        begun = position._replace(stage=stage, octave="")
        return {sign: begun._replace(detail=sign) for sign in self.accidentals.after("")}

    def _accidentals(self, position: BarPosition, stage: str, letters: str) -> Steps:
        """Return what may follow the beginning of an accidental: more of it, or a letter if it is whole."""
        steps = self._letters(position, letters) if position.detail in self.accidentals else {}
        for sign in self.accidentals.after(position.detail):
            steps[sign] = position._replace(stage=stage, detail=position.detail + sign)
        return steps

    def _accidental(self, position: BarPosition) -> Steps:
        return self._accidentals(position, "accidental", "length")

    def _spelled(self, position: BarPosition) -> Steps:
        """Return the next characters of the note to which a tie leads, in any spelling of the tied pitch."""
        steps: Steps = {}
        if position.detail in position.tied:
            steps |= self._length(_spelled_out(position))
        for character, so_far in _longer(position.detail, position.tied):
            steps[character] = position._replace(stage="spelled", detail=so_far)
        return steps

    def _length(self, position: BarPosition) -> Steps:
        """Return what may follow a letter, its octave marks, or some of its length."""
        steps: Steps = {}
        lengths = self._after_length(position) if position.sounds else self._rest_lengths(position)
        if position.detail in lengths:
            steps |= self._after_note(position, lengths[position.detail])
        for character, so_far in _longer(position.detail, lengths):
            steps[character] = position._replace(detail=so_far, octave="")
        return steps | self._octaves(position)

    def _after_note(self, position: BarPosition, after: BarPosition) -> Steps:
        """Return what may follow a whole note."""
        steps = self._note(after)
        if not position.sounds:
            return steps
        length = 0 if position.tuplet else self.lengths[position.detail]
        swung = (
            self.cautious and position.task.swing and (position.task.full - position.left) % (2 * position.task.swing)
        )
        if not position.pair and not swung and length in self.pair_lengths:
            paired = after._replace(pair=length)
            if self._after_length(paired):
                steps[">"] = paired
                if not (self.cautious and self._too_short(length // 2, position)):
                    steps["<"] = paired
        return steps | self._tie(position, after)

    def _tie(self, position: BarPosition, after: BarPosition) -> Steps:
        possible = self._after_length(after) or "-" in self._line_signs(after)
        plain = not (self.cautious and (position.graces or position.ornament or position.members))
        return {"-": TIE} if possible and plain else {}

    def _ornament(self, position: BarPosition) -> Steps:
        steps: Steps = {}
        for character in self.ornaments.after(position.detail):
            word = position.detail + character
            whole = word in self.ornaments
            steps[character] = position._replace(
                stage="note" if whole else "ornament", detail="" if whole else word, ornament=whole
            )
        return steps

    def _tuplet(self, position: BarPosition) -> Steps:
        signs = self._feasible_tuplets(position)
        steps: Steps = {}
        if position.detail in signs:
            steps |= self._note(position._replace(stage="note", detail="", tuplet=signs[position.detail]))
        for character, so_far in _longer(position.detail, signs):
            steps[character] = position._replace(detail=so_far)
        return steps

    def _grace(self, position: BarPosition) -> Steps:
        """Return what may follow inside the braces of grace notes."""
        steps = self._octaves(position)
        if position.members:
            steps["}"] = position._replace(stage="note", graces=position.members, members=0, octave="")
        if position.members < self.max_graces and self._may_grace(position, position.members + 1):
            more = position._replace(members=position.members + 1)
            steps |= self._letters(more, "grace")
            if not position.tied:  # an accidental could make another pitch of the note that the tie leads to
                steps |= self._accidental_signs(more, "grace_accidental")
        return steps

    def _grace_accidental(self, position: BarPosition) -> Steps:
        return self._accidentals(position, "grace_accidental", "grace")

    def _chord(self, position: BarPosition) -> Steps:
        """Return what may follow inside the brackets of a chord."""
        steps = self._octaves(position)
        if position.members >= 2:
            steps["]"] = position._replace(stage="length", octave="")
        if position.members < self.max_chord_notes and self._may_chord(position):
            more = position._replace(members=position.members + 1)
            steps |= self._letters(more, "chord")
            steps |= self._accidental_signs(more, "chord_accidental")
        if not position.members and self._may_change_key(position):
            steps["K"] = position._replace(stage="key_change", detail="K")
        return steps

    def _may_chord(self, position: BarPosition) -> bool:
        """Whether a chord may stand here."""
        trips = position.ornament or position.tuplet or position.task.swing
        return self.max_chord_notes > 1 and not (self.cautious and trips)

    def _chord_accidental(self, position: BarPosition) -> Steps:
        return self._accidentals(position, "chord_accidental", "chord")

    def _may_change_key(self, position: BarPosition) -> bool:
        return (
            position.task.key_change
            and not position.key_changed
            and position.empty
            and self._bare(position)
            and not position.tuplet
            and not position.tied
        )

    def _key_change(self, position: BarPosition) -> Steps:
        """Return what may follow inside ``[K:…]``; ``detail`` begins with the K."""
        if position.detail == "K":
            return {":": position._replace(detail="K:")}
        name = position.detail[2:]
        steps: Steps = {c: position._replace(detail=position.detail + c) for c in self.keys.after(name)}
        if name in self.keys:
            steps["]"] = KEY
        return steps

    def after_key(self, position: BarPosition) -> BarPosition:
        """Return the position after a key change: a note must come."""
        return position._replace(stage="note", detail="", key_changed=True)

    def passed(self, position: BarPosition) -> BarPosition:
        """Return the position after the note under way, if there is one."""
        if position.stage == "spelled":
            position = _spelled_out(position)
        return self._after_length(position)[position.detail] if position.stage == "length" else position

    # ── the short way ───────────────────────────────────────────────────────────────────────────

    def shortest_steps(self, position: BarPosition) -> frozenset[str]:
        """Return those of the next characters that end the bar soon.

        Following them takes no more than ``SOON`` characters to the bar line.
        """
        steps = self.steps(position)
        if position.stage == "length" and (lengths := self._after_length(position)):
            text = self._best(position, lengths)
            if text != position.detail:
                return frozenset(text[len(position.detail)])
            position = lengths[text]
        elif position.stage == "spelled" and position.detail in position.tied:
            return self.shortest_steps(_spelled_out(position))
        elif position.stage == "tuplet" and position.detail in self.tuplets:
            position = position._replace(stage="note", tuplet=self.tuplets[position.detail])
        for group in (BAR_LINES if not position.tied or not self._after_length(position) else "", "]}", UPPER + LOWER):
            found = frozenset(group).intersection(steps)
            if found and not (group == UPPER + LOWER and position.tied):
                return found
        detours = self.ornaments.after("").union("-<>({z") if position.stage == "note" else frozenset[str]()
        return frozenset(steps) - detours

    def _best(self, position: BarPosition, lengths: dict[str, BarPosition]) -> str:
        """Return the longest length that the characters so far can become; inside a tuplet the shortest text."""
        texts = [text for text in lengths if text.startswith(position.detail)]
        if position.tuplet:
            return min(texts, key=len)
        return max(texts, key=lambda text: self.lengths[text])


SOON = 80
