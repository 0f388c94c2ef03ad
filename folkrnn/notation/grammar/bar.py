"""The grammar inside a bar: which character may come next, from any place between two bar lines.

A ``Place`` says all that matters for what may come: what is asked of the bar, how much of it is left, and how far
the token under way has come. Places that are equal have equal futures, so what follows each is worked out once.
Times are whole numbers of ticks, which are exact for every length and tuplet of the grammar.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

from folkrnn.notation.canonical import ORNAMENT_TEXTS, length_text
from folkrnn.notation.grammar.sections import Plan
from folkrnn.notation.grammar.words import Words
from folkrnn.notation.key import MODES, Key
from folkrnn.notation.pitch import ACCIDENTALS
from folkrnn.notation.tune import USUAL_TUPLETS

WHOLE = 512 * 315
"""Ticks of a whole note: 512 for the shortest note inside a tuplet of 8, 315 for tuplets of 3, 5, 7 and 9."""

LONGEST = 4 * WHOLE
"""No note or bar of the grammar is longer than this many ticks, four whole notes."""

GRACES = 8
"""At most so many grace notes stand before a note."""

CHORD = 5
"""At most so many notes sound at once."""

UPPER, LOWER = "ABCDEFG", "abcdefg"
OCTAVES = {",": ",,", "'": "''"}
SILENT_ORNAMENTS = ("pralltriller", "slide")
"""Ornaments that abc2midi does not know."""

BAR_LINES = "|:"

TIE, LINE, KEY = "tie", "line", "key"
"""Steps on which the tune around the bar must be asked: see ``Walk``."""


class Task:
    """What is asked of a bar, as far as it matters inside: plans that differ only in their bar lines share a task.

    ``full`` is the time of a full bar, ``LONGEST`` where the meter is free. ``ends`` maps the time that may be left of
    it to the first characters of the bar lines that may follow then, with a ``-`` among them if a tie may lead over
    the line; ``elsewhere`` is the same for all other times. ``least`` is the least time that may be left. ``swing`` is
    the length of the notes that abc2midi swings in pairs, 0 where it swings none.
    """

    __slots__ = ("elsewhere", "ends", "free", "full", "key_change", "least", "swing")

    def __init__(self, plan: Plan, grid: int, swing: int) -> None:
        self.swing = swing
        self.free = plan.full is None
        self.full = LONGEST if plan.full is None else ticks(plan.full)
        self.ends = {self.full - ticks(length): _signs(lines, plan.ties) for length, lines in plan.ends}
        self.elsewhere = _signs(plan.anywhere, plan.ties)
        self.least = min(
            [left for left, signs in self.ends.items() if signs] + [grid] * bool(self.elsewhere), default=0
        )
        self.key_change = plan.key_change

    @property
    def key(self) -> object:
        """Equal for equal tasks."""
        return self.full, self.free, tuple(sorted(self.ends.items())), self.elsewhere, self.key_change, self.swing


def _signs(lines: frozenset[str], ties: bool) -> str:
    """The first characters of some bar lines, with a ``-`` if a tie may lead over one: only over the plain one."""
    return "".join(sorted({line[0] for line in lines} | ({"-"} if ties and "|" in lines else set())))


class Place(NamedTuple):
    """Where a text stands within a bar.

    ``left`` is the time to a full bar; ``stage`` the kind of token that is under way and ``detail`` its characters so
    far, as much of them as matters. ``tuplet`` is the tuplet under way as (actual, normal, notes still to come);
    ``pair`` the written length of the note before a ``>`` or ``<``; ``tied`` the ways to write the note that a tie
    leads to. ``graces`` and ``ornament`` tell what stands before the coming note; ``members`` how many notes the chord
    or the group of graces has; ``sounds`` whether the note under way is no rest; ``octave`` which octave
    marks it may still get; ``key_told`` whether a key change has begun the bar.
    """

    task: Task
    left: int
    empty: bool = True
    stage: str = "note"
    detail: str = ""
    tuplet: tuple[int, int, int] | None = None
    pair: int = 0
    tied: tuple[str, ...] = ()
    graces: int = 0
    ornament: bool = False
    members: int = 0
    sounds: bool = True
    octave: str = ""
    key_told: bool = False


Steps = dict[str, "Place | str"]


def ticks(length: Fraction) -> int:
    """A length in ticks."""
    return int(length * WHOLE)


def note_lengths() -> dict[str, int]:
    """The lengths a note may be written with, in ticks: up to 32 eighths, and halves, quarters and eighths of them."""
    units = [Fraction(n) for n in range(1, 33)]
    units += [Fraction(n, d) for d in (2, 4, 8) for n in range(1, 16, 2)]
    return {length_text(unit / 8): ticks(unit / 8) for unit in units}


def _one_head(length: int) -> bool:
    """Whether one note head with at most two dots shows a length."""
    odd = length * 64 // WHOLE
    while odd % 2 == 0:
        odd //= 2
    return odd in (1, 3, 7)


TUPLET_UNITS = tuple(Fraction(n, d) / 8 for n, d in ((1, 4), (1, 2), (3, 4), (1, 1), (3, 2), (2, 1), (3, 1), (4, 1)))
PAIR_UNITS = tuple(Fraction(1, n) for n in (4, 8, 16, 32))


def tuplet_signs() -> dict[str, tuple[int, int, int]]:
    """The tuplet signs without their bracket, each with its (actual, normal, notes)."""
    signs = {str(actual): (actual, normal, actual) for actual, normal in USUAL_TUPLETS.items()}
    for actual in range(2, 10):
        for normal in (2, 3, 4, 6, 8):
            for size in range(2, actual + 1):
                if normal != actual and (size == actual or actual <= 4):
                    signs[f"{actual}:{normal}:{size}"] = (actual, normal, size)
    return signs


def key_names() -> Iterable[str]:
    """The keys of up to seven sharps or flats, as canonical text writes them; ``none`` for no signature.

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
    """The characters that lead from a text on to longer words, each with the text that it makes."""
    for word in words:
        if word.startswith(text) and word != text:
            yield word[len(text)], word[: len(text) + 1]


def _spelled_out(place: Place) -> Place:
    """The place behind the letters of a tied note, before its length."""
    return place._replace(stage="length", detail="", tied=())


class BarGrammar:
    """What may come next inside a bar, written with some characters.

    ``cautious`` leaves out what can be played but trips abc2midi or abcm2ps: lengths that need two note heads or
    three dots; ornaments and grace notes on tied notes, inside tuplets, both on one note, or on too short a one;
    chords that are tied, have an ornament or lie in a tuplet.
    """

    def __init__(self, alphabet: frozenset[str], cautious: bool) -> None:
        self.alphabet = alphabet
        self.cautious = cautious
        spelled = {text: length for text, length in note_lengths().items() if alphabet.issuperset(text)}
        self.grid = min(length for length in spelled.values() if WHOLE % length == 0)
        """All lengths and bars are multiples of it, so that what is left of a bar can always be filled."""
        if cautious:
            spelled = {text: length for text, length in spelled.items() if _one_head(length)}
        self.lengths = {text: length for text, length in spelled.items() if length % self.grid == 0}
        self.tuplet_lengths = {
            length_text(unit): ticks(unit) for unit in TUPLET_UNITS if length_text(unit) in self.lengths
        }
        self.pair_lengths = frozenset(
            ticks(unit) for unit in PAIR_UNITS if ticks(unit) in self.lengths.values() and ticks(unit) >= 2 * self.grid
        )
        self.keys = Words(key for key in key_names() if alphabet.issuperset(key))
        self.tuplets = {sign: tuplet for sign, tuplet in tuplet_signs().items() if alphabet.issuperset(f"({sign}")}
        ornaments = (t for name, t in ORNAMENT_TEXTS.items() if not (cautious and name in SILENT_ORNAMENTS))
        self.ornaments = Words(text for text in ornaments if alphabet.issuperset(text))
        self.accidentals = Words(text for text in ACCIDENTALS if text and alphabet.issuperset(text))
        self._tasks: dict[object, Task] = {}
        self._tuplet_times: dict[tuple[int, int, int], dict[int, int]] = {}
        self._after: dict[Place, dict[str, Place]] = {}
        self._feasible: dict[tuple[Task, int], dict[str, tuple[int, int, int]]] = {}

    def forget(self) -> None:
        """Give back the memory of what was worked out."""
        self._tasks.clear()
        self._after.clear()
        self._feasible.clear()

    def begin(self, plan: Plan, swing: Fraction = Fraction(0)) -> Place:
        """The beginning of a bar; ``swing`` is the length of the notes that abc2midi swings in pairs, if it does."""
        task = self._tasks.get((plan, swing))
        if task is None:
            task = Task(plan, self.grid, ticks(swing))
            task = self._tasks[plan, swing] = self._tasks.setdefault(task.key, task)
        return Place(task, task.full)

    # ── time ────────────────────────────────────────────────────────────────────────────────────

    def _line_signs(self, place: Place) -> str:
        """The first characters of the bar lines that may come now, at the end of a token, and - for a tie over one."""
        if place.empty or place.tuplet or place.pair:
            return ""
        task = place.task
        signs = task.ends.get(place.left, task.elsewhere if place.left > 0 else "")
        return signs if not place.tied else "|" if "-" in signs else ""

    def _can_end(self, task: Task, left: int, tuplet: tuple[int, int, int] | None) -> bool:
        """Whether a bar with this time left, this tuplet under way, can still be brought to an end."""
        room = LONGEST if task.free else left - task.least
        if tuplet is None:
            return room >= 0 and left % self.grid == 0
        rest = self._shortest(tuplet).get(left % self.grid)
        return rest is not None and rest <= room

    def _shortest(self, tuplet: tuple[int, int, int]) -> dict[int, int]:
        """For each remainder on the grid, the least time that the rest of a tuplet with it can take."""
        found = self._tuplet_times.get(tuplet)
        if found is None:
            actual, normal, count = tuplet
            sums = {0}
            for _ in range(count):
                sums = {total + length * normal // actual for total in sums for length in self.tuplet_lengths.values()}
            found = {}
            for total in sorted(sums, reverse=True):
                found[total % self.grid] = total
            self._tuplet_times[tuplet] = found
        return found

    def _after_length(self, place: Place) -> dict[str, Place]:
        """The lengths that the coming note may have, each with the place after it."""
        time = place._replace(empty=True, stage="", detail="", tied=(), members=0, sounds=True, octave="")
        found = self._after.get(time)
        if found is None:
            found = self._after[time] = dict(self._lengths(time))
        return found

    def _lengths(self, place: Place) -> Iterable[tuple[str, Place]]:
        actual, normal, count = place.tuplet or (1, 1, 1)
        rest = (actual, normal, count - 1) if count > 1 else None
        for text, length in (self.tuplet_lengths if place.tuplet else self.lengths).items():
            if place.pair and length != place.pair:
                continue
            sounding = length * normal // actual
            if self.cautious and self._too_short(sounding, place):
                continue
            left = place.left - sounding
            if self._can_end(place.task, left, rest):
                if place.task.free:
                    left = LONGEST + left % self.grid
                yield text, Place(place.task, left, False, tuplet=rest)

    def _too_short(self, sounding: int, place: Place) -> bool:
        """Whether a note is too short for abc2midi to play its grace notes or its ornament."""
        shortest = max(WHOLE // 16, 2 * place.task.swing)
        return sounding * 32 <= place.graces * WHOLE or (place.ornament and sounding < shortest)

    # ── characters ──────────────────────────────────────────────────────────────────────────────

    def steps(self, place: Place) -> Steps:
        """The characters that may come next, each with the place after it, or the step to ask the tune about."""
        found: Steps = getattr(self, f"_{place.stage}")(place)
        return {character: step for character, step in found.items() if character in self.alphabet}

    def _note(self, place: Place) -> Steps:
        """Between two tokens."""
        steps: Steps = dict.fromkeys(self._line_signs(place).strip("-"), LINE) if self._bare(place) else {}
        if not self._after_length(place):
            return steps
        if not place.pair:
            steps |= self._before(place)
        if place.tied:
            return steps | self._spelled(place)
        steps |= self._letters(place, "length")
        steps |= self._accidental_signs(place, "accidental")
        if not place.pair and not place.ornament and not (self.cautious and place.graces):
            steps["z"] = place._replace(stage="length", sounds=False)
        if not (self.cautious and (place.ornament or place.tuplet)):
            steps["["] = place._replace(stage="chord")
        return steps

    def _bare(self, place: Place) -> bool:
        """Whether nothing stands before the coming note that belongs to it."""
        return not (place.graces or place.ornament or place.pair)

    def _before(self, place: Place) -> Steps:
        """What may stand before a note: a key change, a tuplet sign, grace notes, an ornament."""
        steps: Steps = {}
        if self._bare(place) and not place.tuplet and self._feasible_tuplets(place):
            steps["("] = place._replace(stage="tuplet")
        if not place.graces and self._may_grace(place, 1):
            steps["{"] = place._replace(stage="grace")
        if not place.ornament and self._may_ornament(place):
            steps |= self._ornament(place)
        return steps

    def _feasible_tuplets(self, place: Place) -> dict[str, tuple[int, int, int]]:
        """The tuplets that the bar has room for, by their signs."""
        key = place.task, place.left
        found = self._feasible.get(key)
        if found is None:
            signs = self.tuplets.items()
            found = {sign: tuplet for sign, tuplet in signs if self._can_end(place.task, place.left, tuplet)}
            self._feasible[key] = found
        return found

    def _may_grace(self, place: Place, count: int) -> bool:
        """Whether so many grace notes may stand before the coming note."""
        trips = place.tied or place.ornament or (place.tuplet and (count > 1 or place.tuplet[:2] != (3, 2)))
        return not (self.cautious and trips) and bool(self._after_length(place._replace(graces=count)))

    def _may_ornament(self, place: Place) -> bool:
        """Whether an ornament may stand before the coming note."""
        trips = place.tied or place.graces or place.tuplet
        return not (self.cautious and trips) and bool(self._after_length(place._replace(ornament=True)))

    def _letters(self, place: Place, stage: str) -> Steps:
        """A letter, and where it leads."""
        upper = place._replace(stage=stage, detail="", octave=OCTAVES[","])
        lower = place._replace(stage=stage, detail="", octave=OCTAVES["'"])
        steps: Steps = dict.fromkeys(UPPER, upper)
        return steps | dict.fromkeys(LOWER, lower)

    def _octaves(self, place: Place) -> Steps:
        """The octave mark that the letter under way may still get."""
        return {mark: place._replace(octave=place.octave[1:]) for mark in place.octave[:1]}

    def _accidental_signs(self, place: Place, stage: str) -> Steps:
        """The beginning of an accidental."""
        begun = place._replace(stage=stage, octave="")
        return {sign: begun._replace(detail=sign) for sign in self.accidentals.after("")}

    def _accidentals(self, place: Place, stage: str, letters: str) -> Steps:
        """What may follow the beginning of an accidental: more of it, or a letter if it is whole."""
        steps = self._letters(place, letters) if place.detail in self.accidentals else {}
        for sign in self.accidentals.after(place.detail):
            steps[sign] = place._replace(stage=stage, detail=place.detail + sign)
        return steps

    def _accidental(self, place: Place) -> Steps:
        return self._accidentals(place, "accidental", "length")

    def _spelled(self, place: Place) -> Steps:
        """The note that a tie leads to, written in one of the ways that mean the tied pitch."""
        steps: Steps = {}
        if place.detail in place.tied:
            steps |= self._length(_spelled_out(place))
        for character, so_far in _longer(place.detail, place.tied):
            steps[character] = place._replace(stage="spelled", detail=so_far)
        return steps

    def _length(self, place: Place) -> Steps:
        """After a letter, its octave marks, or some of its length."""
        steps: Steps = {}
        lengths = self._after_length(place)
        if place.detail in lengths:
            steps |= self._after_note(place, lengths[place.detail])
        for character, so_far in _longer(place.detail, lengths):
            steps[character] = place._replace(detail=so_far, octave="")
        return steps | self._octaves(place)

    def _after_note(self, place: Place, after: Place) -> Steps:
        """What may follow a whole note."""
        steps = self._note(after)
        if not place.sounds:
            return steps
        length = self.lengths[place.detail]
        swung = self.cautious and place.task.swing and (place.task.full - place.left) % (2 * place.task.swing)
        if not place.tuplet and not place.pair and not swung and length in self.pair_lengths:
            paired = after._replace(pair=length)
            if self._after_length(paired):
                steps[">"] = paired
                if not (self.cautious and self._too_short(length // 2, place)):
                    steps["<"] = paired
        return steps | self._tie(place, after)

    def _tie(self, place: Place, after: Place) -> Steps:
        possible = self._after_length(after) or "-" in self._line_signs(after)
        plain = not (self.cautious and (place.graces or place.ornament or place.members))
        return {"-": TIE} if possible and plain else {}

    def _ornament(self, place: Place) -> Steps:
        steps: Steps = {}
        for character in self.ornaments.after(place.detail):
            word = place.detail + character
            whole = word in self.ornaments
            steps[character] = place._replace(
                stage="note" if whole else "ornament", detail="" if whole else word, ornament=whole
            )
        return steps

    def _tuplet(self, place: Place) -> Steps:
        signs = self._feasible_tuplets(place)
        steps: Steps = {}
        if place.detail in signs:
            steps |= self._note(place._replace(stage="note", detail="", tuplet=signs[place.detail]))
        for character, so_far in _longer(place.detail, signs):
            steps[character] = place._replace(detail=so_far)
        return steps

    def _grace(self, place: Place) -> Steps:
        """Inside the braces of grace notes."""
        steps = self._octaves(place)
        if place.members:
            steps["}"] = place._replace(stage="note", graces=place.members, members=0, octave="")
        if place.members < GRACES and self._may_grace(place, place.members + 1):
            more = place._replace(members=place.members + 1)
            steps |= self._letters(more, "grace")
            if not place.tied:  # an accidental could make another pitch of the note that the tie leads to
                steps |= self._accidental_signs(more, "grace_accidental")
        return steps

    def _grace_accidental(self, place: Place) -> Steps:
        return self._accidentals(place, "grace_accidental", "grace")

    def _chord(self, place: Place) -> Steps:
        """Inside the brackets of a chord."""
        steps = self._octaves(place)
        if place.members >= 2:
            steps["]"] = place._replace(stage="length", octave="")
        if place.members < CHORD:
            more = place._replace(members=place.members + 1)
            steps |= self._letters(more, "chord")
            steps |= self._accidental_signs(more, "chord_accidental")
        if not place.members and self._may_change_key(place):
            steps["K"] = place._replace(stage="key_change", detail="K")
        return steps

    def _chord_accidental(self, place: Place) -> Steps:
        return self._accidentals(place, "chord_accidental", "chord")

    def _may_change_key(self, place: Place) -> bool:
        return (
            place.task.key_change
            and not place.key_told
            and place.empty
            and self._bare(place)
            and not place.tuplet
            and not place.tied
        )

    def _key_change(self, place: Place) -> Steps:
        """Inside ``[K:…]``; ``detail`` begins with the K."""
        if place.detail == "K":
            return {":": place._replace(detail="K:")}
        name = place.detail[2:]
        steps: Steps = {c: place._replace(detail=place.detail + c) for c in self.keys.after(name)}
        if name in self.keys:
            steps["]"] = KEY
        return steps

    def after_key(self, place: Place) -> Place:
        """The place after a key change: a note must come."""
        return place._replace(stage="note", detail="", key_told=True)

    def passed(self, place: Place) -> Place:
        """The place once the note under way, if there is one, is over."""
        if place.stage == "spelled":
            place = _spelled_out(place)
        return self._after_length(place)[place.detail] if place.stage == "length" else place

    # ── the short way ───────────────────────────────────────────────────────────────────────────

    def shortest_steps(self, place: Place) -> frozenset[str]:
        """Those of the characters that may come next that bring the bar to an end soon.

        Following them takes no more than ``SOON`` characters to the bar line.
        """
        steps = self.steps(place)
        if place.stage == "length" and (lengths := self._after_length(place)):
            text = self._best(place, lengths)
            if text != place.detail:
                return frozenset(text[len(place.detail)])
            place = lengths[text]
        elif place.stage == "spelled" and place.detail in place.tied:
            return self.shortest_steps(_spelled_out(place))
        elif place.stage == "tuplet" and place.detail in self.tuplets:
            place = place._replace(stage="note", tuplet=self.tuplets[place.detail])
        for group in (BAR_LINES if not place.tied or not self._after_length(place) else "", "]}", UPPER + LOWER):
            found = frozenset(group).intersection(steps)
            if found and not (group == UPPER + LOWER and place.tied):
                return found
        detours = self.ornaments.after("").union("-<>({z") if place.stage == "note" else frozenset[str]()
        return frozenset(steps) - detours

    def _best(self, place: Place, lengths: dict[str, Place]) -> str:
        """The longest length outside a tuplet, the shortest text inside, that the characters so far can become."""
        texts = [text for text in lengths if text.startswith(place.detail)]
        if place.tuplet:
            return min(texts, key=len)
        return max(texts, key=lambda text: self.lengths[text])


SOON = 80
