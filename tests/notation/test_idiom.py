"""What hands are used to: counted in tunes, and kept by every text under the grammar."""

import json
import random
from dataclasses import replace
from fractions import Fraction

import pytest
from grammar_tools import LATIN, corpus_texts, walked, wander
from hypothesis import given, settings
from hypothesis import strategies as st

from folkrnn.errors import NotationError
from folkrnn.notation import Tune, is_playable, read_tunes
from folkrnn.notation.grammar import Grammar, Walk
from folkrnn.notation.grammar.bar import key_names
from folkrnn.notation.headers import in_canonical_order
from folkrnn.notation.idiom import DEFAULT_IDIOM, Idiom, TupletPattern
from folkrnn.notation.ranges import INSTRUMENTS
from folkrnn.validation import validate_tune

HEADER = "X:1\nT:Test\nM:{}\nL:1/8\nI:form {}\nK:{}\n"
PLAIN = "ABcd"


def tune(body: str, meter: str = "none", key: str = "C") -> Tune:
    (read,) = read_tunes(HEADER.format(meter, "1|", key) + body + "|]\n")
    return read


def counted(*bodies: str, others: int = 0) -> Idiom:
    """The idiom of five tunes of each body, and of some plain ones."""
    return Idiom.of([tune(body) for body in bodies for _ in range(5)] + [tune(PLAIN)] * others)


# Counting -------------------------------------------------------------------------------------------------


def test_what_five_tunes_have_counts() -> None:
    rare = tune("A5")
    assert Fraction(5, 8) in Idiom.of([rare] * 5).lengths
    assert Fraction(5, 8) not in Idiom.of([rare] * 4 + [tune(PLAIN)] * 50).lengths


def test_of_many_tunes_one_in_a_thousand_must_have_it() -> None:
    assert Fraction(5, 8) in Idiom.of([tune("A5")] * 7 + [tune(PLAIN)] * 6993).lengths
    assert Fraction(5, 8) not in Idiom.of([tune("A5")] * 7 + [tune(PLAIN)] * 6994).lengths


def test_a_tune_counts_once_however_often_it_has_it() -> None:
    assert Fraction(5, 8) not in Idiom.of([tune("A5A5A5A5A5A5")] + [tune(PLAIN)] * 4).lengths


@pytest.mark.parametrize(
    ("body", "field", "value"),
    [
        ("A/4", "lengths", {"1/32"}),
        ("A>B", "lengths", {"3/16", "1/16", "1/8"}),
        ("A7/4", "lengths", {"7/32", "1/32"}),  # with the unit that completes it
        ("(3A/B/c/", "lengths", set()),
        ("A4-A/", "lengths", {"1/2", "1/16"}),
    ],
)
def test_lengths_are_counted_as_they_are_written(body: str, field: str, value: set[str]) -> None:
    assert counted(body).lengths == {Fraction(text) for text in {"1", "1/2", "1/4", "1/8", *value}}


@pytest.mark.parametrize(
    ("body", "lengths"),
    [("(3ABc", "1/8 1/8 1/8"), ("(3:2:3A2Bz", "1/4 1/8 1/8"), ("(3:2:2A2B", "1/4 1/8"), ("(3{g}ABc", "1/8 1/8 1/8")],
)
def test_tuplets_are_counted_with_the_lengths_of_their_notes(body: str, lengths: str) -> None:
    idiom = counted(body)
    assert idiom.tuplets == {TupletPattern(3, 2, tuple(map(Fraction, lengths.split())))}
    assert idiom.tuplet_rests is ("z" in body)


@pytest.mark.parametrize(
    ("body", "field", "value"),
    [
        ("A,b", "leap", 15),
        ("A,z|zb", "leap", 15),  # over rests and bar lines
        ("b^A,b", "leap", 15),  # in steps, whatever the accidental
        ("Ac", "leap", 7),  # an octave, whatever the tunes
        ("A,[Eb]", "leap", 15),  # to each note of a chord
        ("[A,b]A,A", "leap", 7),  # from the nearer one
        ("A,{b}A,", "leap", 15),  # to a grace note
        ("{A,}b", "leap", 15),  # and from it
        ("^^A", "alteration", 2),
        ("{^^g}A", "alteration", 2),
        ("_A", "alteration", 1),
        ("A", "alteration", 1),
        ("{gab}A", "graces", 3),
        ("A", "graces", 0),
        ("[ACE]", "chord_notes", 3),
        ("A", "chord_notes", 1),
        ("[ACc]", "chord_span", 7),
    ],
)
def test_the_most_that_enough_tunes_have_is_the_limit(body: str, field: str, value: int) -> None:
    assert getattr(counted(body, others=10), field) == value


def test_the_range_is_that_of_an_instrument() -> None:
    assert (DEFAULT_IDIOM.lowest, DEFAULT_IDIOM.highest) == INSTRUMENTS["fiddle"]
    whistle = DEFAULT_IDIOM.for_instrument("whistle")
    assert whistle == replace(DEFAULT_IDIOM, lowest=62, highest=86)
    with pytest.raises(NotationError, match="'spoon' is no instrument known here; expected one of whistle"):
        DEFAULT_IDIOM.for_instrument("spoon")


@pytest.mark.parametrize(
    "body", ["A7", "(5:4:5ABcde", "^^A", "C,b", "{gagaga}A", "[Ace]", "[Ee']", "_G,", "b'", "A/8", "(3Azc", "=b2>c'2"]
)
def test_an_idiom_is_widened_until_a_tune_fits(body: str) -> None:
    odd = tune(body, key="C#" if body.startswith("=") else "C")
    wide = DEFAULT_IDIOM.with_tune(odd)
    assert not DEFAULT_IDIOM.fits(odd)
    assert wide.fits(odd)
    assert wide.fits(tune(PLAIN))
    assert wide == DEFAULT_IDIOM | wide == wide | DEFAULT_IDIOM


def test_a_plain_tune_fits() -> None:
    assert DEFAULT_IDIOM.fits(tune("G,>A,(3Bcd [Ac]2{gab}b|c>d_e^f z4", "4/4"))


def test_an_idiom_is_kept_as_plain_data() -> None:
    idiom = DEFAULT_IDIOM.with_tune(tune("(5:4:5A2Bcd/e/"))
    data = json.loads(json.dumps(idiom.to_json()))
    assert Idiom.from_json(data) == idiom
    assert Idiom.from_json({**data, "bow": "long"}) == idiom


@pytest.mark.parametrize(
    ("entry", "value", "message"),
    [
        ("leap", "11", "the idiom has leap='11'; expected a whole number"),
        ("leap", True, "the idiom has leap=True; expected a whole number"),
        ("tuplet_rests", 1, "the idiom has tuplet_rests=1; expected true or false"),
        ("lengths", "1/8", "the idiom has lengths='1/8'; expected a list"),
        ("lengths", ["1/0"], "the idiom has the length '1/0'; expected one such as '3/8'"),
        ("tuplets", [[3, 2]], r"the idiom has the tuplet \[3, 2\]; expected one such as \[3, 2, '1/8'"),
        ("tuplets", [[0, 2, "1/8"]], "the idiom has the tuplet"),
        ("tuplets", [[3, 2, 0.125, 0.125]], "the idiom has the length 0.125"),
    ],
)
def test_wrong_data_is_refused_in_one_line(entry: str, value: object, message: str) -> None:
    with pytest.raises(NotationError, match=message):
        Idiom.from_json({**DEFAULT_IDIOM.to_json(), entry: value})


def test_missing_data_is_refused_in_one_line() -> None:
    with pytest.raises(NotationError, match="the idiom has no leap"):
        Idiom.from_json({name: value for name, value in DEFAULT_IDIOM.to_json().items() if name != "leap"})
    with pytest.raises(NotationError, match="the idiom is 7; expected an object"):
        Idiom.from_json(7)


# The grammar ----------------------------------------------------------------------------------------------

CAUTIOUS, WHOLE = Grammar(LATIN, idiom=DEFAULT_IDIOM), Grammar(LATIN, cautious=False, idiom=DEFAULT_IDIOM)
ANY = Grammar(LATIN, cautious=False)


def begun(body: str, grammar: Grammar = WHOLE, meter: str = "8/4", key: str = "C") -> Walk:
    return walked(grammar, HEADER.format(meter, "9|", key) + body)


@pytest.mark.parametrize(
    ("body", "here"),
    [
        ("A5", "5"),
        ("A/8", "8"),
        ("(5", "5"),
        ("(3A2", "2"),
        ("(3A/Bc", "c"),
        ("(3Az", "z"),
        ("A/4>", ">"),
        ("^^", "^"),
        ("{gaga", "a"),
        ("[ACE", "E"),
        ("[Cd", "d"),
        ("G,e", "e"),
        ("G,z2|e", "e"),
        ("bC", "C"),
        ("G,{d}e", "e"),
        ("b{E}D", "D"),
        ("d{e}G,", ","),
        ("A|G,,", ","),
        ("c'", "'"),
        ("_G,", ","),
        ("_gG,", ","),  # the accidental holds in all octaves
        ("^b", "b"),
        ("^B|B^b", "b"),
    ],
)
def test_what_hands_do_not_know_is_refused_at_the_first_character(body: str, here: str) -> None:
    begun(body, ANY)
    walk = begun(body[:-1])
    assert here not in walk.choices
    with pytest.raises(NotationError, match="cannot come here; expected one of"):
        walk.advance(here)


@pytest.mark.parametrize(
    "body",
    [
        "A3/4B/4c3d4",
        "(3A/B/c/d",
        "(3{g}ABc",
        "{gab}a",
        "[Cc]2[Cc]2",
        "G,d",
        "[G,G]g",
        "{G,}d",
        "bE",
        "=c'",
        "_c'",
    ],
)
def test_what_hands_know_is_taken(body: str) -> None:
    grammar = Grammar(LATIN, cautious=False, idiom=DEFAULT_IDIOM.for_instrument("concertina"))
    begun(body, grammar if "c'" in body else WHOLE)


def test_a_note_out_of_the_range_by_the_key_needs_an_accidental() -> None:
    assert "," not in begun("G", key="Gb").choices
    assert "," in begun("=G", key="Gb").choices
    assert "," in begun("=GG", key="Gb").choices
    assert "," not in begun("=GG|G", key="Gb").choices
    assert "'" in begun("c", key="Gb").choices
    assert "," not in begun("G4G4G4G4|[K:Gb]G").choices


def test_an_octave_mark_must_come_where_only_so_the_letter_is_within_reach() -> None:
    concertina = Grammar(LATIN, idiom=DEFAULT_IDIOM.for_instrument("concertina"))
    assert begun("a'c", concertina).choices == {"'"}
    assert begun("a'd", concertina).choices >= {"'", "2", "e"}
    assert not begun("a'", concertina).choices & set("CDEFGABz,") - {"z"}


def test_the_note_before_is_remembered_after_going_back() -> None:
    walk = begun("G,")
    twin = walk.copy()
    for character in "2b":
        if character in walk.choices:
            walk.advance(character)
    walk.advance("d")
    walk.advance("b")
    assert "b" not in twin.choices
    twin.advance("d")
    assert "b" in twin.choices


@pytest.mark.parametrize("cautious", [True, False])
def test_tunes_that_fit_are_taken_and_others_are_not(cautious: bool) -> None:
    free, kept = Grammar(LATIN, cautious), Grammar(LATIN, cautious, DEFAULT_IDIOM)
    texts = [text for text in corpus_texts() if free.takes(text)]
    fitting = [text for text in texts if DEFAULT_IDIOM.fits(read_tunes(text)[0])]
    assert len(texts) > len(fitting) > 0.9 * len(texts)
    assert [text for text in texts if kept.takes(text)] == fitting


def test_a_widened_idiom_takes_the_tune() -> None:
    for text in corpus_texts():
        (read,) = read_tunes(text)
        if not DEFAULT_IDIOM.fits(read):
            assert Grammar(LATIN, False, DEFAULT_IDIOM.with_tune(read)).takes(text)


METERS = ("2/4", "3/4", "4/4", "2/2", "6/8", "9/8", "12/8", "3/2", "7/8", "5/16", "2+3/8", "1/4", "none")
IDIOMS = [
    DEFAULT_IDIOM,
    DEFAULT_IDIOM.for_instrument("whistle"),
    DEFAULT_IDIOM.for_instrument("accordion"),
    DEFAULT_IDIOM.with_tune(tune("(5:4:5A2Bczd/e/[CE^^Gc][A,-c']-[A,c'] A/8", "none")),
    Idiom.of([tune(PLAIN)]),
    replace(DEFAULT_IDIOM, leap=1, tuplets=frozenset(), graces=0, chord_notes=1),
]
GRAMMARS = [(Grammar(cautious=cautious, idiom=idiom), idiom) for idiom in IDIOMS for cautious in (True, False)]


@settings(max_examples=120)
@given(st.integers(0, 10**9), st.sampled_from(GRAMMARS), st.sampled_from(METERS), st.sampled_from([*key_names()]))
def test_whatever_way_is_taken_a_tune_for_hands_comes_out(
    seed: int, grammar_and_idiom: tuple[Grammar, Idiom], meter: str, key: str
) -> None:
    grammar, idiom = grammar_and_idiom
    rng = random.Random(seed)
    longest = rng.choice((400, 600, 900))
    given_meter = f"M:{meter}\n" if meter != "5/16" or Fraction(1, 16) in idiom.lengths else ""
    text = wander(grammar, longest, rng, f"X:1\n{given_meter}K:{key}\n")
    assert len(text) <= longest
    (read,) = read_tunes(text)
    assert is_playable(read.findings)
    assert idiom.fits(read)


@pytest.mark.parametrize("longest", [400, 500, 1000])
def test_a_tune_for_hands_comes_to_its_end_within_the_characters_allowed(longest: int) -> None:
    for seed, (grammar, idiom) in enumerate(GRAMMARS * 2):
        walk, rng = grammar.walk(longest), random.Random(seed)
        while not walk.finished:
            # Never end anything that could go on: the grammar must end the tune in time.
            more = walk.choices - set("\n|:]}") or walk.choices
            walk.advance(rng.choice(sorted(more)))
        assert len(walk.text) <= longest
        (read,) = read_tunes(in_canonical_order("".join(walk.text)))
        assert validate_tune(read).playable
        assert idiom.fits(read)


def test_a_gap_is_filled_for_hands_whatever_is_given_after_it() -> None:
    grammar, rng = Grammar(idiom=DEFAULT_IDIOM), random.Random(1)
    for _ in range(20):
        walk = walked(grammar, HEADER.format("4/4", "3|", "C") + "A8|")
        walk.hold([(Fraction(1), "|")])
        while True:
            character = rng.choice(sorted(walk.choices))
            if walk.ends_gap(character):
                break
            walk.advance(character)
        walk.release()
        for character in "|G,4b4|]\n":  # a leap that the idiom does not have
            if character == "b":
                assert "b" not in walk.choices
                break
            walk.advance(character)
        (read,) = read_tunes("".join(walk.text) + "G,4|]\n")
        assert is_playable(read.findings)
        assert DEFAULT_IDIOM.fits(read.with_bars(read.bars[:2]))


def test_a_small_alphabet_gives_way_rather_than_come_to_no_end() -> None:
    small = Grammar("X:1\nTM/L8Iform K|]DA", idiom=replace(DEFAULT_IDIOM, lowest=80, leap=1))
    (read,) = read_tunes(wander(small, 400, random.Random(1)))
    assert is_playable(read.findings)


def test_meters_that_the_lengths_cannot_fill_are_left_out() -> None:
    eighths = Grammar(idiom=Idiom.of([tune(PLAIN)]))
    with pytest.raises(NotationError, match="'5/16' is no meter of the grammar"):
        eighths.header.check("M", "5/16")
    eighths.header.check("M", "5/8")
    with pytest.raises(NotationError, match="the idiom has no length that fills bars; expected one such as 1/8"):
        Grammar(idiom=Idiom(frozenset({Fraction(3, 8)})))
