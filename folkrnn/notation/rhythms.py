"""Rhythms: the kinds of dance and song that players name, and what they know of each.

There is one table, ``RHYTHMS``. Names are those that tunebooks write in ``R:``. The meters, forms and tempos are those
of players and of their collections: O'Neill's Music of Ireland (1903), Ryan's Mammoth Collection (1883), Aird's Airs
(1782-1803), thesession.org, and Breathnach's Folk Music and Dances of Ireland (1971).
"""

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

SUGGESTED = 4
"""The most names that are suggested for an unknown one."""

MISSPELT = 0.8
"""Texts whose letters agree to this share are one word, spelt wrong (difflib's ratio)."""

SWING = Fraction(3, 5)
"""The share of a pair of notes that its first has, where players swing what is written evenly."""

HELD = "held"
"""The accompaniment of airs: chords that sound until the next one."""


class UsualTempo(NamedTuple):
    """A tempo: the length of the bars that it is meant for, its beat, both in whole notes, and beats a minute.

    Without ``bar`` it holds for bars of any length.
    """

    bar: Fraction | None
    beat: Fraction
    rate: int


@dataclass(frozen=True)
class Rhythm:
    """A kind of dance or song.

    ``meters`` are its meters as canonical text writes them, and ``form`` its form, the usual ones. ``like`` are the
    rhythms nearest to it in character, nearest first. A rhythm without ``tempo`` is played like the first of them that
    fits the meter (``played_as``). ``swing`` is the first note's share of a pair that is written evenly, None for even
    notes. ``style`` is the accompaniment where the meter does not give it. ``dance`` says whether people dance to it.
    ``share`` is the percentage of it among the tunes that session players play, 0 for a rare one. It is the weight in
    the mix of a model that does not bring its own.
    """

    name: str
    meters: tuple[str, ...]
    tempo: UsualTempo | None
    form: str = "8:8:"
    like: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    share: int = 0
    swing: Fraction | None = None
    style: str = ""
    dance: bool = True


_QUARTER, _HALF, _DOTTED = Fraction(1, 4), Fraction(1, 2), Fraction(3, 8)
_IN_TWO, _IN_THREE, _IN_FOUR = _HALF, Fraction(3, 4), Fraction(1)
_MANY_METERS = ("4/4", "3/4", "6/8", "2/4", "2/2", "3/8", "9/8", "12/8", "6/4", "3/2", "4/2", "none")

RHYTHMS: tuple[Rhythm, ...] = (
    # Four in a bar. The books of the 19th century write reels and hornpipes in 2/4 too, with notes half as long.
    Rhythm(
        "reel", ("4/4", "2/2", "2/4"), UsualTempo(_IN_FOUR, _HALF, 100),
        like=("rant", "hornpipe", "fling", "march"), aliases=("single reel", "double reel"), share=20,
    ),
    Rhythm(
        "hornpipe", ("4/4", "2/2", "2/4"), UsualTempo(_IN_FOUR, _QUARTER, 160),
        like=("clog", "reel", "barndance", "schottische"), share=12, swing=SWING,
    ),
    Rhythm(
        "clog", ("4/4", "2/2", "2/4"), UsualTempo(_IN_FOUR, _QUARTER, 152),
        like=("hornpipe", "schottische", "reel"), aliases=("clog dance", "clog hornpipe"), swing=SWING,
    ),
    Rhythm(
        "barndance", ("4/4", "2/2"), UsualTempo(_IN_FOUR, _QUARTER, 160),
        like=("hornpipe", "schottische", "fling", "reel"), aliases=("german",), share=2, swing=SWING,
    ),
    Rhythm(
        "schottische", ("4/4", "2/4", "2/2"), UsualTempo(_IN_FOUR, _QUARTER, 150),
        like=("fling", "hornpipe", "barndance", "reel"), share=1, swing=SWING,
        aliases=("schottis", "scottische", "scottish", "highland schottische", "military schottische"),
    ),
    Rhythm(
        "fling", ("4/4", "2/2", "2/4"), UsualTempo(_IN_FOUR, _QUARTER, 168), "4:4:",
        like=("highland", "schottische", "strathspey", "hornpipe", "reel"), aliases=("highland fling",), share=1,
        swing=SWING,
    ),
    Rhythm(
        "highland", ("4/4", "2/2"), UsualTempo(_IN_FOUR, _QUARTER, 168), "4:4:",
        like=("fling", "strathspey", "schottische", "hornpipe", "reel"), share=1, swing=SWING,
    ),
    # A strathspey writes its long and short notes: either may come first, so nobody can swing it by rule.
    Rhythm(
        "strathspey", ("4/4", "2/2"), UsualTempo(_IN_FOUR, _QUARTER, 128), "8|8|",
        like=("highland", "fling", "reel", "hornpipe"), aliases=("slow strathspey", "strathspey reel"), share=5,
    ),
    Rhythm(
        "rant", ("4/4", "2/2", "2/4"), UsualTempo(_IN_FOUR, _HALF, 96), like=("reel", "hornpipe", "march"),
        aliases=("rant reel",),
    ),
    Rhythm(
        "march", ("4/4", "2/4", "6/8", "2/2"), UsualTempo(_IN_FOUR, _QUARTER, 112),
        like=("quickstep", "polka", "reel", "jig"), aliases=("pipe march", "slow march", "grand march"), share=6,
    ),
    Rhythm(
        "gavotte", ("4/4", "2/2", "2/4"), UsualTempo(_IN_FOUR, _QUARTER, 132), like=("march", "quickstep", "air"),
        aliases=("gavot",),
    ),
    # Two in a bar.
    Rhythm(
        "polka", ("2/4",), UsualTempo(_IN_TWO, _QUARTER, 130),
        like=("march", "quickstep", "reel"), aliases=("kerry polka",), share=8,
    ),
    Rhythm(
        "quickstep", ("2/4", "6/8", "4/4"), UsualTempo(_IN_TWO, _QUARTER, 120),
        like=("march", "polka", "jig", "reel"), aliases=("quick march",), share=1,
    ),
    Rhythm(
        "galop", ("2/4",), UsualTempo(_IN_TWO, _QUARTER, 144), like=("polka", "quickstep", "march"),
        aliases=("gallop", "galopade"),
    ),
    Rhythm(
        "two-step", ("2/4", "6/8"), UsualTempo(_IN_TWO, _QUARTER, 116),
        like=("quickstep", "march", "polka", "jig"), aliases=("military two-step",),
    ),
    Rhythm(
        "cotillion", ("2/4", "6/8"), UsualTempo(_IN_TWO, _QUARTER, 108), like=("quickstep", "jig", "march"),
        aliases=("cotillon",),
    ),
    Rhythm(
        "quadrille", ("2/4", "6/8"), UsualTempo(_IN_TWO, _QUARTER, 112),
        like=("polka", "quickstep", "jig", "march"), aliases=("lancers",),
    ),
    Rhythm(
        "allemande", ("2/4", "6/8"), UsualTempo(_IN_TWO, _QUARTER, 108), like=("cotillion", "quickstep", "march"),
        aliases=("almain", "almand"),
    ),
    # Beats of three.
    Rhythm(
        "jig", ("6/8",), UsualTempo(Fraction(6, 8), _DOTTED, 120),
        like=("single jig", "slide", "quickstep", "march"), share=20,
        aliases=("double jig", "light jig", "treble jig", "gigue", "irish jig"),
    ),
    Rhythm(
        "single jig", ("6/8", "12/8"), UsualTempo(Fraction(6, 8), _DOTTED, 126), like=("jig", "slide", "quickstep"),
    ),
    Rhythm(
        "slide", ("12/8", "6/8"), UsualTempo(None, _DOTTED, 140), "4:4:",
        like=("single jig", "jig", "hop jig"), aliases=("kerry slide",), share=4,
    ),
    Rhythm(
        "slip jig", ("9/8",), UsualTempo(Fraction(9, 8), _DOTTED, 120), "4:4:", like=("hop jig", "jig"), share=8,
    ),
    Rhythm("hop jig", ("9/8",), UsualTempo(Fraction(9, 8), _DOTTED, 126), "4:4:", like=("slip jig", "jig")),
    # Three in a bar.
    Rhythm(
        "waltz", ("3/4",), UsualTempo(_IN_THREE, _QUARTER, 140), "16:16:",
        like=("minuet", "air", "song"), aliases=("valse", "vals", "wals", "walzer"), share=6,
    ),
    Rhythm(
        "mazurka", ("3/4",), UsualTempo(_IN_THREE, _QUARTER, 138),
        like=("waltz", "minuet", "song"), aliases=("mazurca", "mazourka", "polka mazurka"), share=2,
    ),
    Rhythm(
        "varsovienne", ("3/4",), UsualTempo(_IN_THREE, _QUARTER, 132),
        like=("mazurka", "waltz", "minuet", "song"), aliases=("varsoviana", "varsouvienne", "varsoviene"),
    ),
    Rhythm(
        "polska", ("3/4",), UsualTempo(_IN_THREE, _QUARTER, 112),
        like=("mazurka", "waltz", "minuet", "song"), aliases=("slängpolska", "polskor", "pols"),
    ),
    Rhythm(
        "hambo", ("3/4",), UsualTempo(_IN_THREE, _QUARTER, 118), like=("polska", "mazurka", "waltz", "minuet"),
    ),
    Rhythm(
        "minuet", ("3/4", "3/8"), UsualTempo(_IN_THREE, _QUARTER, 116),
        like=("waltz", "air", "song"), aliases=("menuet", "menuett", "minuetto"),
    ),
    # The old English hornpipe of three half notes.
    Rhythm(
        "three-two", ("3/2",), UsualTempo(Fraction(3, 2), _HALF, 96), "4:4:", like=("song", "air"),
        aliases=("3/2", "three-two hornpipe", "3/2 hornpipe", "triple hornpipe"),
    ),
    # Several meters: the tune gives its own, and the dance follows.
    Rhythm(
        "set dance", ("6/8", "4/4", "2/2", "2/4", "9/8"), None, "8:14:",
        like=("hornpipe", "jig", "slip jig", "reel"), aliases=("long dance", "solo set dance"),
    ),
    Rhythm(
        "contra", ("4/4", "2/2", "6/8", "2/4"), None,
        like=("reel", "jig", "march", "quickstep"),
        aliases=("contra dance", "contredanse", "country dance", "english country dance"),
    ),
    # For listening.
    Rhythm(
        "air", _MANY_METERS, UsualTempo(None, _QUARTER, 76), "8|8|",
        like=("song", "lament", "waltz", "march"), aliases=("slow air", "aire", "ayre"), share=2, style=HELD,
        dance=False,
    ),
    Rhythm(
        "planxty", ("6/8", "4/4", "3/4", "9/8"), UsualTempo(None, _QUARTER, 100),
        like=("jig", "slip jig", "air", "song", "waltz"), aliases=("carolan",), dance=False,
    ),
    Rhythm(
        "lament", _MANY_METERS, UsualTempo(None, _QUARTER, 60), "8|8|",
        like=("air", "song", "march"), aliases=("pibroch", "coronach", "caoineadh"), style=HELD, dance=False,
    ),
    Rhythm(
        "song", _MANY_METERS, UsualTempo(None, _QUARTER, 100), "8|",
        like=("air", "march", "waltz", "jig"), aliases=("ballad", "lied", "folk song", "folksong", "volkslied"),
        share=1, dance=False,
    ),
)  # fmt: skip
"""All rhythms; the shares add up to 100."""


def _key(text: str) -> str:
    """Return the small letters and the digits of a text, without accents."""
    return "".join(each for each in unicodedata.normalize("NFKD", text.casefold()) if each.isalnum())


_BY_KEY = {_key(name): rhythm for rhythm in RHYTHMS for name in (rhythm.name, *rhythm.aliases)}
_MOST_WORDS = 3


def rhythm_named(text: str) -> Rhythm | None:
    """Return the rhythm of a name or an alias, in any spelling: ``Slip-Jigs`` is the slip jig.

    Capitals, accents, hyphens, spaces and a plural make no difference.
    """
    key = _key(text)
    return next(
        (_BY_KEY[each] for each in (key, key.removesuffix("s"), key.removesuffix("es")) if each in _BY_KEY), None
    )


def rhythm_in(text: str) -> Rhythm | None:
    """Return the rhythm that a text speaks of: ``Sailor's Hornpipe`` is a hornpipe.

    In a list the first item counts that speaks of one. In it the longest name counts, and of equally long ones the
    last, because in English the last word says what a thing is.
    """
    for item in re.split(r"[,;/()]|\band\b|\bor\b", text):
        words = item.replace("-", " ").split()
        for length in range(min(len(words), _MOST_WORDS), 0, -1):
            for end in range(len(words), length - 1, -1):
                found = rhythm_named(" ".join(words[end - length : end]))
                if found:
                    return found
    return rhythm_named(text)


def usual_meters(name: str) -> tuple[str, ...]:
    """Return the meters of a rhythm, the usual one first; none for a rhythm that the table does not know."""
    rhythm = rhythm_named(name)
    return rhythm.meters if rhythm else ()


def meters_fit(name: str, meter: str) -> bool:
    """Whether a rhythm has a meter, in canonical spelling; an unknown rhythm may have any."""
    return meter in (usual_meters(name) or (meter,))


def is_dance(name: str) -> bool:
    """Whether people dance to a rhythm; not to one that the table does not know."""
    rhythm = rhythm_named(name)
    return bool(rhythm and rhythm.dance)


def played_as(rhythm: Rhythm, meter: str) -> Rhythm:
    """Return the rhythm whose tempo and swing a rhythm has in a meter: itself, if it has a tempo."""
    if rhythm.tempo:
        return rhythm
    near = [_BY_KEY[_key(like)] for like in rhythm.like]
    return next((each for each in near if meter in each.meters), near[0])


def nearest(name: str, known: Collection[str], meter: str | None = None) -> list[str]:
    """Return the known rhythms that are like another one, the nearest first.

    Those that it is like come first, then those that they are like, and so on. With a meter, of those equally near only
    the ones that have it are taken, or all if none has it. ``known`` may be in any spelling; the answer is in the same.
    """
    spelt = _by_name(known)
    found: list[str] = []
    for step in _alike(name):
        near = [each for each in step if each in spelt]
        found += [each for each in near if meter is None or meters_fit(each, meter)] or near
    return [spelt[each] for each in found]


def suggestions(text: str, known: Sequence[str]) -> list[str]:
    """Return known names to offer for an unknown one, by what it means: the nearest rhythms, and equal words.

    A misspelt name gives the name. Where nothing is near, the commonest rhythms are offered.
    """
    spelt = _by_name(known)
    rhythm = rhythm_in(text)
    if rhythm is None:
        close = difflib.get_close_matches(_key(text), [*_BY_KEY, *map(_key, known)], n=1, cutoff=MISSPELT)
        rhythm = _BY_KEY.get(close[0]) if close else None
        if close and rhythm is None:
            return [each for each in known if _key(each) == close[0]]
        if rhythm and rhythm.name in spelt:
            return [spelt[rhythm.name]]
    words = set(text.lower().split()) - {"dance"}
    common = [each for each in known if words & set(each.lower().split())]
    if rhythm is None:
        shares = sorted(spelt, key=lambda name: -share_of(name))
        return common[:SUGGESTED] or [spelt[name] for name in shares][:SUGGESTED]
    itself = [spelt[rhythm.name]] if rhythm.name in spelt else []
    direct = [spelt[name] for name in rhythm.like if name in spelt]
    # What is like its like is worth a word only where it has a meter in common.
    further = [each for each in nearest(rhythm.name, known) if set(usual_meters(each)) & set(rhythm.meters)]
    return list(dict.fromkeys([*itself, *direct, *common, *further]))[:SUGGESTED]


def share_of(name: str) -> int:
    """Return the percentage of a rhythm among the tunes that players play; 0 for a rare or an unknown one."""
    rhythm = rhythm_named(name)
    return rhythm.share if rhythm else 0


def _by_name(known: Collection[str]) -> dict[str, str]:
    """Return names as they are known, by the names of the table, or by themselves where it lacks them."""
    found: dict[str, str] = {}
    for each in known:
        rhythm = rhythm_named(each)
        found.setdefault(rhythm.name if rhythm else each, each)
    return found


def _alike(name: str) -> Iterator[list[str]]:
    """Yield the rhythms that a rhythm is like, then those that they are like, and so on, each once."""
    first = rhythm_named(name)
    step = [first] if first else []
    seen = {each.name for each in step}
    while step:
        names = dict.fromkeys(like for each in step for like in each.like if like not in seen)
        seen.update(names)
        step = [_BY_KEY[_key(like)] for like in names]
        yield list(names)
