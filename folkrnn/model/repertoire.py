"""What a model has learned, in numbers: how many tunes of each rhythm, origin, meter and key, and the words of titles.

It is counted when a model is trained, and stands in the model's file. Nothing here loads torch.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache, cached_property
from typing import Any, NamedTuple

from folkrnn.errors import ModelError, NotationError
from folkrnn.model.entries import check_type, read_object
from folkrnn.notation import Tune, parse_meter
from folkrnn.notation.idiom import DEFAULT_IDIOM, Idiom
from folkrnn.notation.rhythms import RHYTHMS, rhythm_named, share_of, usual_meters
from folkrnn.notation.titles import TitleWords, title_words

USUAL_SHARE = 0.03
"""A rhythm has a meter if at least this share of its tunes is in it."""

USUAL_KEY_SHARE = 0.01
"""A rhythm has a key usually if at least this share of its tunes is in it."""

LEARNED_TUNES = 10
"""A rhythm of fewer tunes than this is hardly learned, unless it is USUAL_SHARE of all."""


USUAL_KEYS = ("D", "G", "A", "Em", "Am", "Bm", "Ador", "Edor", "Dmix", "Amix", "C", "F")
"""The keys of a model that does not tell which it has learned: those that players use most."""

MANY_KEYS = 24
"""The most keys that are taken from a model which does not tell how common they are."""


class HeaderCount(NamedTuple):
    """How many ``tunes`` have this header; a rhythm or an origin that a tune does not name is empty."""

    rhythm: str
    origin: str
    meter: str
    key: str
    tunes: int


@cache
def bar_of(meter: str) -> tuple[Fraction | None, bool]:
    """Return the length of the bars of a meter, and whether its beats are dotted: 3/4 is not 6/8."""
    parsed = parse_meter(meter)
    return parsed.bar, parsed.compound


@dataclass(frozen=True)
class Repertoire:
    """What the tunes of a corpus have.

    ``headers`` count the tunes by rhythm, origin, meter and key. ``mix`` holds the weights of the rhythms that come
    where none is asked for; a rhythm in it need not be among those of the tunes. ``titles`` are the words of titles by
    language, and ``idiom`` is what hands are used to. A repertoire without headers is false.
    """

    headers: tuple[HeaderCount, ...] = ()
    mix: Mapping[str, float] = field(default_factory=dict)
    titles: tuple[TitleWords, ...] = ()
    idiom: Idiom = DEFAULT_IDIOM

    def __bool__(self) -> bool:
        return bool(self.headers)

    @classmethod
    def of(cls, tunes: Iterable[Tune], mix: Mapping[str, float] | None = None) -> "Repertoire":
        """Return the repertoire of tunes; without a mix it is that of their rhythms."""
        tunes = list(tunes)
        counts = Counter((tune.rhythm, tune.origin, str(tune.meter), str(tune.key)) for tune in tunes)
        headers = tuple(HeaderCount(*header, tunes) for header, tunes in counts.most_common())
        usual = Counter[str]()
        for header in headers:
            usual[header.rhythm] += header.tunes
        del usual[""]
        titles = title_words((tune.title, tune.origin) for tune in tunes)
        return cls(headers, dict(mix or usual), titles, Idiom.of(tunes))

    @classmethod
    def of_values(cls, values: Mapping[str, Sequence[str]]) -> "Repertoire":
        """Return a repertoire for a model that tells only which values its tunes have, by letter, or nothing.

        Each rhythm is taken for learned, in the meters of the table; without any the table's rhythms stand in.
        """
        named = list(values.get("R", ())) or [rhythm.name for rhythm in RHYTHMS if rhythm.share]
        known_meters, keys = values.get("M", ()), [*values.get("K", ())][:MANY_KEYS] or list(USUAL_KEYS)
        headers = []
        for rhythm in named:
            listed = usual_meters(rhythm)
            meters = [meter for meter in listed if meter in known_meters] or listed or known_meters or ("4/4",)
            headers += [HeaderCount(rhythm, "", meter, key, LEARNED_TUNES) for meter in meters for key in keys]
        headers += [HeaderCount("", origin, headers[0].meter, keys[0], 1) for origin in values.get("O", ())]
        return cls(tuple(headers), {rhythm: share_of(rhythm) or 1 for rhythm in named})

    def after(self, earlier: "Repertoire") -> "Repertoire":
        """Return the repertoire of a model that learned ``earlier`` before this one: both, with the mix of this one."""
        counts = Counter[tuple[str, str, str, str]]()
        for header in (*self.headers, *earlier.headers):
            counts[header[:4]] += header.tunes
        merged = tuple(HeaderCount(*header, tunes) for header, tunes in counts.most_common())
        return Repertoire(merged, self.mix or earlier.mix, (*self.titles, *earlier.titles), self.idiom | earlier.idiom)

    def written_with(self, alphabet: Collection[str]) -> "Repertoire":
        """Return the repertoire with those headers only that some characters suffice for."""
        letters = frozenset(alphabet)
        writable = tuple(header for header in self.headers if letters.issuperset("".join(header[:4])))
        return self if len(writable) == len(self.headers) else replace(self, headers=writable)

    # ── rhythms ─────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _meters(self) -> Mapping[str, Mapping[str, int]]:
        found: dict[str, Counter[str]] = {}
        for header in self.headers:
            found.setdefault(header.rhythm, Counter())[header.meter] += header.tunes
        return found

    @cached_property
    def rhythms(self) -> list[str]:
        """The rhythms, commonest first."""
        return sorted(filter(None, self._meters), key=self.count, reverse=True)

    @cached_property
    def _keys(self) -> Mapping[str, frozenset[str]]:
        counts: dict[str, Counter[str]] = {}
        for header in self.headers:
            counts.setdefault(header.rhythm, Counter())[header.key] += header.tunes
        return {
            rhythm: frozenset(key for key, tunes in keys.items() if tunes >= USUAL_KEY_SHARE * keys.total())
            for rhythm, keys in counts.items()
        }

    def usual_keys(self, rhythm: str) -> frozenset[str]:
        """Return the keys that a rhythm has usually: at least USUAL_KEY_SHARE of its tunes are in each."""
        return self._keys.get(rhythm, frozenset())

    def values(self, letter: str) -> list[str]:
        """Return the known values of a header field, by its letter (R, O, M or K), commonest first."""
        place = "ROMK".index(letter)
        counts = Counter[str]()
        for header in self.headers:
            counts[header[:4][place]] += header.tunes
        return [value for value, _ in counts.most_common() if value]

    @cached_property
    def tunes(self) -> int:
        """The number of tunes."""
        return sum(header.tunes for header in self.headers)

    def meters(self, rhythm: str) -> Mapping[str, int]:
        """Return the number of a rhythm's tunes in each meter; nothing for an unknown one."""
        return self._meters.get(rhythm, {})

    def count(self, rhythm: str) -> int:
        """Return the number of tunes of a rhythm."""
        return sum(self.meters(rhythm).values())

    def has_learned(self, rhythm: str) -> bool:
        """Whether a model has learned a rhythm from enough tunes to compose in it."""
        return self.count(rhythm) >= min(LEARNED_TUNES, max(1.0, USUAL_SHARE * self.tunes))

    def tunes_in(self, rhythm: str, meter: str) -> int:
        """Return the number of a rhythm's tunes with the bars of a meter: those in 2/2 are among those for 4/4."""
        wanted = bar_of(meter)
        return sum(tunes for name, tunes in self.meters(rhythm).items() if bar_of(name) == wanted)

    def has_meter(self, rhythm: str, meter: str) -> bool:
        """Whether at least USUAL_SHARE of the tunes of a rhythm, and one at all, are in a meter."""
        return self.meters(rhythm).get(meter, 0) >= max(1.0, USUAL_SHARE * self.count(rhythm))

    def usual_meters(self, rhythm: str) -> list[str]:
        """Return the meters that a rhythm has, commonest first: at least USUAL_SHARE of its tunes are in each.

        Of these, those in which the table of rhythms has it too, if there are any: a tenth of the jigs of a book may
        be slip jigs. A rhythm without tunes has the meters of the table.
        """
        usual = [meter for meter, _ in Counter(self.meters(rhythm)).most_common() if self.has_meter(rhythm, meter)]
        known = rhythm_named(rhythm)
        listed = known.meters if known else ()
        return [meter for meter in usual if meter in listed] or usual or list(listed)

    # ── as plain data ───────────────────────────────────────────────────────────────────────────

    def to_json(self) -> dict[str, Any]:
        """Return plain data for JSON; the words after a word as one text."""
        titles = [
            {"origins": list(words.origins), "following": {word: " ".join(n) for word, n in words.following.items()}}
            for words in self.titles
        ]
        headers = [list(header) for header in self.headers]
        return {"headers": headers, "mix": dict(self.mix), "titles": titles, "idiom": self.idiom.to_json()}

    @classmethod
    def from_json(cls, data: object) -> "Repertoire":
        """Read what ``to_json`` gave. Raise ModelError for an entry of a wrong type."""
        where = "corpus repertoire"
        held = read_object(data, where)
        headers = []
        for row in _rows(held.get("headers", []), f"{where} headers"):
            check_type(row, list[str | int], f"{where} headers")
            if [type(each) for each in row] != [str, str, str, str, int]:
                raise ModelError(f"{where} headers: {row!r} should be a rhythm, an origin, a meter, a key and a number")
            headers.append(HeaderCount(*row))
        mix = held.get("mix", {})
        check_type(mix, Mapping[str, float], f"{where} mix")
        titles = []
        for entry in _rows(held.get("titles", []), f"{where} titles"):
            given = read_object(entry, f"{where} titles")
            origins, following = given.get("origins", []), given.get("following", {})
            check_type(origins, list[str], f"{where} titles origins")
            check_type(following, Mapping[str, str], f"{where} titles following")
            titles.append(TitleWords(tuple(origins), {word: tuple(after.split()) for word, after in following.items()}))
        try:
            idiom = Idiom.from_json(held["idiom"]) if "idiom" in held else DEFAULT_IDIOM
        except NotationError as error:
            raise ModelError(f"{where}: {error}") from None
        return cls(tuple(headers), mix, tuple(titles), idiom)


def _rows(data: object, where: str) -> Sequence[Any]:
    check_type(data, list[Any], where)
    assert isinstance(data, list)
    return data
