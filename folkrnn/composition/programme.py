"""The programme of a request: which rhythm each tune has, and the brief of each draft.

What a user asks for stands. The rest is drawn from what players play and from what the model has learned, whatever
the temperature of the music: the rhythm by the weights of a mix, meter, origin and key as its tunes have them. A
rhythm that the model has hardly learned is composed on the nearest one that it knows. Nothing here loads torch.
"""

from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache

import numpy as np

from folkrnn.composition.requests import Request
from folkrnn.composition.sets import key_weight
from folkrnn.errors import GenerationError
from folkrnn.generation.prompts import Prompt, plain_header
from folkrnn.generation.titles import TitleRule
from folkrnn.model.repertoire import HeaderCount, Repertoire, bar_of
from folkrnn.notation.context import opening_plan
from folkrnn.notation.grammar.header import abc2midi_takes
from folkrnn.notation.rhythms import is_dance, nearest, rhythm_named, usual_meters
from folkrnn.notation.text import escaped_text

ENOUGH = 30
"""Tunes of a rhythm in one meter that are enough to compose another rhythm on them."""

SOME = 10
"""Tunes that will do where there is nothing nearer."""

SONG = "song"
"""The rhythm that others are composed on last: songs have no steps."""

DIFFERENT = 5
"""How many tunes in a row have different rhythms, as far as the mix allows."""

NO_DANCE = {"air": 1.0}
"""What comes in a meter that no known rhythm has: an air may have any."""

_ANY_FORM = "form 99|"

_MIX, _HEADER, _SET = 1, 2, 3
"""Streams of random numbers beside those of the characters: the order of the rhythms, headers, keys of a set."""


@dataclass(frozen=True)
class Brief:
    """What a draft begins with (``prompt``), and what the tune shows in place of it (``shown``: fields by letter).

    ``composed_as`` says on what the model composes, if not in the rhythm of the tune.
    """

    prompt: Prompt
    shown: Mapping[str, str]
    composed_as: str = ""


class Programme:
    """The briefs of all drafts for a request; ``brief(tune, draft)`` depends on the seed and the two numbers alone.

    ``mix`` holds weights by rhythm; without it those of the ``repertoire`` hold. ``titles`` leads the titles that the
    model writes; ``plans`` says that it writes plans. A title with characters beyond the ``alphabet`` of the model is
    put over the tune afterwards. Raises GenerationError where no rhythm of ``mix`` has what is asked for, and for a
    plan without ``plans``.
    """

    def __init__(
        self,
        request: Request,
        repertoire: Repertoire,
        *,
        seed: int = 0,
        mix: Mapping[str, float] | None = None,
        titles: TitleRule | None = None,
        alphabet: Collection[str] | None = None,
        plans: bool = False,
    ) -> None:
        self._request = request
        self._repertoire = repertoire = repertoire if alphabet is None else repertoire.written_with(alphabet)
        self._seed = seed
        self._titles = titles
        self._plans = plans
        if (request.plan or request.pattern) and not plans:
            asked = "plan" if request.plan else "part that comes back"
            raise GenerationError(f"the model has learned no plans, so no {asked} can be asked of it; train one anew")
        title = request.fields.get("T", "")
        written = escaped_text(title)
        learned = alphabet is None or set(alphabet).issuperset(title)
        self._foreign = {} if learned and written == title else {"T": written}
        self._asked = request.fields.get("R", "")
        self._weights: Mapping[str, float] = {}
        if not (self._asked or request.set):
            self._weights = _suiting(mix or repertoire.mix, request.fields, repertoire)
        if not (self._asked or self._weights or request.set or mix):
            self._weights = _learned_with(request.fields, repertoire) or NO_DANCE
        if mix and not (self._asked or self._weights):
            wanted = " and ".join(request.fields[letter] for letter in "MO" if letter in request.fields)
            raise GenerationError(f"mix={', '.join(mix)} holds no rhythm for {wanted}; leave one of them out")
        self._order: list[str] = []
        self._coming = self._sequence()
        self.brief = lru_cache(maxsize=4096)(self._brief)
        self._meters = cache(self._find_meters)
        self._rows = cache(self._find_rows)

    def prompt(self, tune: int, draft: int = 0) -> Prompt:
        """Return what a draft of a tune begins with."""
        return self.brief(tune, draft).prompt

    def rhythm(self, tune: int) -> str:
        """Return the rhythm of a tune; empty where the model knows none that suits.

        The k-th tune of a rhythm with the share p of the mix comes at the time (k + u) / p, with u drawn once
        for each rhythm: from 0 to 1, for what is no dance from 1 to 2, so dances come first. So every rhythm comes as
        evenly as it can. Of DIFFERENT tunes in a row no two have a rhythm whose share is not above that of one.

        A set has its own rhythms.
        """
        if self._request.set:
            return self._request.set[tune % len(self._request.set)]
        if self._asked or not self._weights:
            return self._asked
        while len(self._order) <= tune:
            self._order.append(next(self._coming))
        return self._order[tune]

    def _sequence(self) -> Iterator[str]:
        rng = np.random.default_rng((self._seed, _MIX))
        total = sum(self._weights.values())
        shares = {rhythm: weight / total for rhythm, weight in sorted(self._weights.items()) if weight > 0}
        due = {}
        for rhythm, share in shares.items():
            offset, known = rng.random(), rhythm_named(rhythm)
            due[rhythm] = (offset if known is None or known.dance else 1 + offset) / share
        last: deque[str] = deque(maxlen=DIFFERENT - 1)
        while True:
            fresh = [each for each in due if each not in last or shares[each] > 1 / DIFFERENT]
            rhythm = min(fresh or due, key=lambda each: due[each])
            due[rhythm] += 1 / shares[rhythm]
            last.append(rhythm)
            yield rhythm

    def _brief(self, tune: int, draft: int) -> Brief:
        """Return the brief of a draft."""
        request, repertoire = self._request, self._repertoire
        rng = np.random.default_rng((self._seed, tune, draft, _HEADER))
        rhythm = self.rhythm(tune)
        if request.body and not self._asked and "M" not in request.fields and self._weights:
            names = list(self._weights)  # which of them the given music is in, only the drafts can tell
            rhythm = names[_drawn(rng, [self._weights[name] for name in names])]
        meters, weights = self._meters(rhythm)
        meter = request.fields.get("M") or (meters[_drawn(rng, weights)] if meters else "")
        learned = composed_on(repertoire, rhythm, meter)
        written = composed_meter(repertoire, learned, meter)
        rows = self._rows(learned, written, rhythm)
        key = self._set_keys[tune % len(self._set_keys)] if self._set_keys else ""
        rows = [each for each in rows if each.key == key] or rows
        row = rows[_drawn(rng, [each.tunes for each in rows])] if rows else HeaderCount("", "", "", "", 0)
        drawn = {"O": row.origin, "K": key or row.key}
        fields = {**drawn, **request.fields, "R": learned, "M": written or row.meter}
        if learned != rhythm and "I" not in fields and (known := rhythm_named(rhythm)):
            fields["I"] = known.form if bar_of(meter) == bar_of(known.meters[0]) else "8:8:"
        shown = {**({"R": rhythm} if learned != rhythm else {}), **self._foreign}
        if written != meter:
            shown["M"] = meter
        fields = {letter: value for letter, value in fields.items() if value and letter not in self._foreign}
        prompt = replace(request, fields=fields).prompt
        prompt = replace(
            prompt,
            wish=replace(prompt.wish, planned=self._plans, opening=self._opening(fields)),
            keeps_key=request.prompt.keeps_key,
            left_out="".join(letter for letter in "RO" if letter not in fields),
        )
        if self._titles and "T" not in fields:
            prompt = replace(prompt, titles=self._titles.for_tune(fields.get("O", ""), rhythm))
        return Brief(prompt, shown, composed_as(rhythm, learned, meter))

    @cached_property
    def _set_keys(self) -> list[str]:
        """The keys of a set, each drawn as the tunes of its rhythm have it and as it follows the key before it."""
        rng = np.random.default_rng((self._seed, _SET))
        keys: list[str] = []
        for rhythm in self._request.set:
            meters, weights = self._meters(rhythm)
            usual = meters[int(np.argmax(weights))] if meters else ""
            meter = self._request.fields.get("M", usual)
            learned = composed_on(self._repertoire, rhythm, meter)
            counts = Counter[str]()
            for row in self._rows(learned, composed_meter(self._repertoire, learned, meter), rhythm):
                counts[row.key] += row.tunes
            names = [key for key in counts if key]
            chances = [[counts[key] * (key_weight(keys[-1], key) if keys else 1) for key in names]]
            chances.append([counts[key] * (not keys or key != keys[-1]) for key in names])
            best = next((each for each in chances if sum(each)), None)
            keys.append(names[_drawn(rng, best)] if best else keys[-1] if keys else "")
        return keys

    def _opening(self, fields: Mapping[str, str]) -> str:
        """Return the plan of the bars that are given."""
        if not (self._plans and self._request.body):
            return ""
        header = plain_header({"M": fields.get("M", "none"), "K": fields.get("K", "none"), "I": _ANY_FORM})
        return opening_plan(header, self._request.body)

    def _find_meters(self, rhythm: str) -> tuple[list[str], list[float]]:
        """Return the meters of a rhythm, with weights: as its tunes have them.

        Each meter of a dance comes half as often as the last in the table: a reel comes in 2/2 or 4/4 and seldom
        in 2/4, however many an old book has.
        """
        meters = list(dict.fromkeys(_taken(rhythm, meter) for meter in self._repertoire.usual_meters(rhythm)))
        listed = usual_meters(rhythm) if is_dance(rhythm) else ()
        weights = [0.5 ** (listed.index(meter) if meter in listed else 0) for meter in meters]
        origin = self._request.fields.get("O")
        for rows in (
            [row for row in self._repertoire.headers if row.rhythm == rhythm and row.origin == origin],
            [row for row in self._repertoire.headers if row.rhythm == rhythm],
        ):
            tunes = Counter[str]()
            for row in rows:
                tunes[row.meter if row.meter in meters else _alike(row.meter, meters)] += row.tunes
            counts = [tunes[meter] for meter in meters]
            if sum(counts):
                return meters, [weight * count for weight, count in zip(weights, counts, strict=True)]
        return meters, weights

    def _find_rows(self, rhythm: str, meter: str, shown: str) -> list[HeaderCount]:
        """Return the headers from which origin and key are drawn, and the meter if it is empty.

        They have the rhythm, the meter and what is asked for; where there are none, some of that is passed over.
        ``shown`` is the rhythm of the tune.
        """
        asked = {**{letter: self._request.fields.get(letter, "") for letter in "OK"}, "M": meter}
        for passed_over in ("", "M", "K", "KM", "KO", "KOM", "KORM"):
            rows = [
                row
                for row in self._repertoire.headers
                if ("R" in passed_over or row.rhythm == rhythm)
                and all(
                    letter in passed_over or not asked[letter] or value == asked[letter]
                    for letter, value in (("M", row.meter), ("O", row.origin), ("K", row.key))
                )
            ]
            if rows:
                return self._origins(self._usual(rows, rhythm) or rows, shown)
        return []

    def _origins(self, rows: list[HeaderCount], rhythm: str) -> list[HeaderCount]:
        """Return those rows that are from where people have the rhythm's kind: a dance is from where they dance.

        So what is composed on songs keeps its country. Where there is none, the origin is left out.
        """
        if "O" in self._request.fields or not is_dance(rhythm):
            return rows
        homes = Counter[str]()
        for row in self._repertoire.headers:
            homes[row.origin] += row.tunes if is_dance(row.rhythm) else 0
        at_home = [row for row in rows if homes[row.origin] >= SOME]
        return at_home or [row._replace(origin="") for row in rows]

    def _usual(self, rows: list[HeaderCount], rhythm: str) -> list[HeaderCount]:
        """Return those rows whose keys a rhythm has usually; a key of two tunes among hundreds may be a slip."""
        asked = self._request.fields.get("K")
        return [row for row in rows if row.key == asked or row.key in self._repertoire.usual_keys(rhythm)]


def composed_on(repertoire: Repertoire, rhythm: str, meter: str) -> str:
    """Return the rhythm on which a model composes a tune: the same if it has learned it, else the nearest.

    That is the nearest of which it knows enough tunes with bars of that length, among those that the table says it is
    like; else tunes that name no rhythm (empty), if there are enough; else one less near, a dance for a dance, or of
    which it knows some; else the nearest of all. Songs come last.
    """
    if not rhythm or repertoire.has_learned(rhythm):
        return rhythm
    counts = {name: repertoire.tunes_in(name, meter) for name in filter(repertoire.has_learned, repertoire.rhythms)}
    known = rhythm_named(rhythm)
    near = nearest(rhythm, list(counts), meter)
    like = [name for name in near if known and name in known.like and name != SONG]
    if known and known.dance:
        near = [name for name in near if is_dance(name)]
    near.sort(key=lambda name: name == SONG)
    for names, least in ((like, ENOUGH), ([""], ENOUGH), (near, ENOUGH), (near, SOME), ([""], SOME)):
        found = next((name for name in names if repertoire.tunes_in(name, meter) >= least), None)
        if found is not None:
            return found
    best = max(counts, key=lambda name: counts[name], default="")
    return best if counts.get(best, 0) >= ENOUGH else next(iter(near), best)


def composed_meter(repertoire: Repertoire, rhythm: str, meter: str) -> str:
    """Return the meter in which a model composes tunes of a rhythm that it has learned, for another with equal bars.

    That is another one only if the model knows few tunes in the meter, and enough in the other: most books have
    hornpipes in 2/2, and abc2midi wants them in 4/4.
    """
    counts = repertoire.meters(rhythm)
    if not meter or counts.get(meter, 0) >= ENOUGH:
        return meter
    alike = [name for name in counts if bar_of(name) == bar_of(meter) and counts[name] >= ENOUGH]
    return max(alike, key=lambda name: counts[name], default=meter)


def composed_as(rhythm: str, learned: str, meter: str) -> str:
    """Return in words that a rhythm is composed on a learned one (``composed_on``); empty if it is that one."""
    return "" if learned == rhythm else learned or f"tunes in {meter}"


def _taken(rhythm: str, meter: str) -> str:
    """Return a meter as abc2midi takes it with a rhythm: a hornpipe in 2/2 is written in 4/4."""
    meters = [each for each in usual_meters(rhythm) if abc2midi_takes(rhythm, each)]
    return meter if abc2midi_takes(rhythm, meter) else _alike(meter, meters) or meter


def _alike(meter: str, meters: Sequence[str]) -> str:
    """Return the meter among several that has bars like those of another: 4/4 for 2/2; empty if none has."""
    bar = bar_of(meter)
    return next((each for each in meters if bar_of(each) == bar), "")


def _suiting(mix: Mapping[str, float], fields: Mapping[str, str], repertoire: Repertoire) -> dict[str, float]:
    """Return the rhythms of a mix that may come with an asked meter and origin."""
    meter, origin = fields.get("M"), fields.get("O")

    def fits(rhythm: str) -> bool:
        meters = repertoire.usual_meters(rhythm)
        wanted = meter or (meters[0] if meters else "")
        learned = composed_on(repertoire, rhythm, wanted)
        return (not meter or meter in meters) and (
            not origin or any(row.origin == origin and row.rhythm == learned for row in repertoire.headers)
        )

    return {rhythm: weight for rhythm, weight in mix.items() if weight > 0 and fits(rhythm)}


def _learned_with(fields: Mapping[str, str], repertoire: Repertoire) -> dict[str, float]:
    """Return the rhythms that the model has learned with an asked meter and origin, by the number of their tunes.

    Where the meter is usual for none of them, all that have a tune in it are returned.
    """
    meter, origin = fields.get("M"), fields.get("O")
    counts: dict[str, float] = {}
    for row in repertoire.headers:
        if row.rhythm and (not origin or row.origin == origin) and (not meter or meter == row.meter):
            counts[row.rhythm] = counts.get(row.rhythm, 0) + row.tunes
    usual = {name: tunes for name, tunes in counts.items() if not meter or meter in repertoire.usual_meters(name)}
    return usual or counts


def _drawn(rng: np.random.Generator, weights: Sequence[float]) -> int:
    """Return a place, drawn by weights."""
    chances = np.cumsum(np.asarray(weights, float))
    return int(np.searchsorted(chances, rng.random() * chances[-1], side="right"))
