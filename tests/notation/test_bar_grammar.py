"""The grammar on every text of a small kind, and at its limits."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import product

import pytest

from folkrnn.errors import NotationError
from folkrnn.notation import form, is_playable, read_tunes
from folkrnn.notation.form import Part, form_and_similarity
from folkrnn.notation.grammar import Grammar, Walk, form_cost
from folkrnn.notation.grammar.bar import WHOLE_TICKS, grammar_ticks, key_names, note_lengths, tuplet_signs
from folkrnn.notation.grammar.header import meter_names
from folkrnn.notation.grammar.sections import Sections
from folkrnn.notation.grammar.words import Words

WHOLE, CAUTIOUS = Grammar(cautious=False), Grammar()


def taken(grammar: Grammar, bodies: Iterable[str], meter: str) -> list[str]:
    """The bodies that a grammar takes under the header that suits them; all of them must be playable."""
    found = []
    head = f"X:1\nT:\nM:{meter}\nL:1/8\nI:form {{}}\nK:C\n"
    for body in bodies:
        (tune,) = read_tunes(head.format("1|") + body + "\n")
        text = head.format(form_and_similarity(tune) if form(tune) else "1|") + body + "\n"
        if grammar.takes(text):
            assert is_playable(tune.findings), body
            found.append(body)
    return found


def bodies(lengths: tuple[str, ...], count: int) -> Iterator[str]:
    """Every sequence of ``count`` bars of some lengths, with every bar line between them and at the end."""
    lines = ("|", "||", ":|", "|:", ":||:", "|1", ":|2")
    for *bars, last in product([f"A{length}" for length in lengths], repeat=count):
        for between in product(lines, repeat=count - 1):
            music = "".join(bar + line for bar, line in zip(bars, between, strict=True)) + last
            yield from (f"{music}|]", f"{music}:|", f"|:{music}|]", f"|:{music}:|")


def test_of_all_tunes_of_two_bars_those_that_add_up_are_taken() -> None:
    right = (
        "A|A|] |:A|A:| A2|A2|] |:A2|A2:| A2||A2|] |:A2||A2:| |:A2:|A2|] A2|:A2:| |:A2:||:A2:|"  # a pickup, then full
    )
    for grammar in (WHOLE, CAUTIOUS):
        assert taken(grammar, bodies(("", "2"), 1), "2/8") == ["A2|]", "|:A2:|"]
        assert sorted(taken(grammar, bodies(("", "2"), 2), "2/8")) == sorted(right.split())


def test_a_pickup_of_one_third_or_two_is_completed() -> None:
    short = [body for body in taken(CAUTIOUS, bodies(("", "2", "3"), 2), "3/8") if "3" not in body]
    assert sorted(short) == sorted(["A|A2|]", "|:A|A2:|", "A2|A|]", "|:A2|A:|"])


def test_of_all_tunes_of_three_bars_those_that_add_up_are_taken() -> None:
    whole, cautious = (taken(grammar, bodies(("", "2"), 3), "2/8") for grammar in (WHOLE, CAUTIOUS))
    short = {body for body in cautious if "A|" in body or "A:" in body}
    assert short == {"A|A2|A|]", "|:A|A2|A:|", "A|A2||A|]", "|:A|A2||A:|"}
    assert len(cautious) == 30
    assert "|:A2|1A2:|2A2|]" in cautious
    assert set(whole) - set(cautious) == {
        "A|:A2:|A|]",  # a lead-in
        "A2|A||A|]", "|:A2|A||A:|", "A2||A||A|]", "|:A2||A||A:|", "|:A2:|A||A|]", "A2|:A||A:|", "|:A2:||:A||A:|",
        "|:A2|1A2:|A2|]",  # an ending without another
    }  # fmt: skip


TOKENS = ("A", "A/", "A2", "B3", "z", "-", ">", "<", "{g}", "~", "[Ac]", "(3", "^", "|")


def inside(count: int) -> Iterator[str]:
    """Every sequence of ``count`` tokens that is one bar or several."""
    for tokens in product(TOKENS, repeat=count):
        if tokens[0] != "|" and tokens[-1] != "|":
            yield "".join(tokens) + "|]"


def test_of_all_pairs_of_tokens_those_that_fill_a_bar_are_taken() -> None:
    right = "AA Az A[Ac] zA zz z[Ac] {g}A2 ~A2 [Ac]A [Ac]z [Ac][Ac] ^A2"
    for grammar in (WHOLE, CAUTIOUS):
        assert taken(grammar, inside(2), "2/8") == [f"{body}|]" for body in right.split()]


def test_of_all_threes_of_tokens_those_that_fill_a_bar_are_taken() -> None:
    whole, cautious = (taken(grammar, inside(3), "2/8") for grammar in (WHOLE, CAUTIOUS))
    assert (len(whole), len(cautious)) == (70, 55)
    assert set(whole) - set(cautious) == {
        "A{g}z|]", "z{g}z|]", "{g}zA|]", "{g}zz|]", "{g}z[Ac]|]", "[Ac]{g}z|]",  # a grace note before a rest
        "A~[Ac]|]", "z~[Ac]|]", "~[Ac]A|]", "~[Ac]z|]", "~[Ac][Ac]|]", "[Ac]~[Ac]|]",  # an ornament on a chord
        "{g}~A2|]", "~{g}A2|]",  # both on one note
        "[Ac]-[Ac]|]",  # a tied chord
    }  # fmt: skip


# What may come next --------------------------------------------------------------------------------------

HEADER = "X:1\nT:Test\nM:{}\nL:1/8\nI:form {}\nK:D\n"


def after(body: str, grammar: Grammar = CAUTIOUS, meter: str = "4/4", form: str = "9|", rhythm: str = "") -> Walk:
    """The walk after the beginning of a body."""
    walk = grammar.walk(5000)
    for character in HEADER.format(meter, form).replace("M:", f"R:{rhythm}\nM:" if rhythm else "M:") + body:
        walk.advance(character)
    return walk


def takes(body: str, grammar: Grammar = CAUTIOUS, **about: str) -> bool:
    """Whether a full bar may be written so."""
    try:
        after(f"{body}|", grammar, **about)
    except NotationError:
        return False
    return True


@pytest.mark.parametrize(
    ("body", "right"),
    [
        ("{g}A/A/A7", True), ("{g}A/4A3/4A7", False), ("{g}A/2", False), ("{ga}A3/4A/4A7", True),
        ("{ga}A/A/A7", False), ("{gag}AA7", True), ("{gaga}AA7", False), ("{gaga}A3/2A/A6", True),
        ("{gagagaga}A3A4A", True), ("{gagagagag}A6A2", False),
        ("~A/A/A7", True), ("~A/4A3/4A7", False),
        ("(3{g}ABcA6", True), ("(3{ga}A2B2c2A4", False), ("(4{g}ABcdA4A", False), ("(3~ABcA6", False),
        ("A4-{g}A4", False), ("A4-~A4", False),
        ("[ABcde]8", True), ("[ABcdef]8", False), ("[A]8", False), ("~[Ac]8", False),
        ("A>BA6", True), ("A4>B4", False), ("A2>B2A4", True), ("A/4>B/4A/A7", True), ("A3>B3A2", False),
        ("{g}A/>B/A7", True), ("{g}A/<B/A7", False),
        ("A8", True), ("A7A", True), ("A5A3", False), ("A5/2A3/2A4", False), ("A9", False),
    ],
)  # fmt: skip
def test_what_abc2midi_plays_is_taken(body: str, right: bool) -> None:
    assert takes(body) is right


@pytest.mark.parametrize(
    "body",
    ["{g}A/4A3/4A7", "{ga}A/A/A7", "{gaga}AA7", "~A/4A3/4A7", "(3{ga}A2B2c2A4", "(4{g}ABcdA5", "(3~ABcA6", "A4-{g}A4",
     "A5A3", "A5/2A3/2A4", "{g}A/<B/A7", "~[Ac]8"],
)  # fmt: skip
def test_what_only_trips_abc2midi_is_taken_without_caution(body: str) -> None:
    assert takes(body, WHOLE)


@pytest.mark.parametrize(
    ("body", "rhythm", "right"),
    [("~A2A6", "hornpipe", True), ("~AA7", "hornpipe", False), ("~AA7", "reel", True), ("A2>B2A4", "hornpipe", True),
     ("AA>BA4A", "hornpipe", False), ("AA>BA4A", "reel", True)],
)  # fmt: skip
def test_hornpipes_are_swung(body: str, rhythm: str, right: bool) -> None:
    assert takes(body, rhythm=rhythm) is right


def test_a_bar_ends_only_where_it_is_full() -> None:
    assert {"|", "-"} <= after("A8|B8").choices
    assert "|" not in after("A8|B7").choices
    assert "|" not in after("A8|B2>").choices
    assert "|" not in after("A8|(3AB").choices
    assert "|" in after("A7").choices  # a pickup


def test_the_tied_note_alone_follows_a_tie() -> None:
    assert after("A8|A4-").choices == {"A", "=", "("}
    assert after("A8|^F4-").choices == {"F", "^", "("}
    assert after("A8|A8-").choices == {"|"}
    assert after("A8|A8-|").choices == {"A", "=", "("}


def test_a_form_is_held_to_its_limits() -> None:
    def choices(form: str, longest: int = 100_000) -> set[str]:
        walk = WHOLE.walk(longest)
        for character in f"X:1\nI:form {form}":
            walk.advance(character)
        return set(walk.choices)

    assert choices("20") == set("0|:")  # at most 200 bars
    assert choices("200") == {"|", ":"}
    assert choices("199|") == {"1", "\n"}
    assert choices("200|") == {"\n"}
    assert choices("1|" * 39) == set("123456789 ")
    assert choices("1|" * 40) == {" "}  # and 40 sections
    assert choices("8|8| 10") == {"\n"}
    # What the fewest characters leave: 65 of 400, 175 of 510, for 16 a bar and 48 a section.
    assert choices("", 400) == {"1"}
    assert choices("", 510) == set("1234567")
    assert choices("", 511) == set("12345678")
    assert choices("1", 511) == {"|", ":"}


@pytest.mark.parametrize(("longest", "most"), [(1000, 80), (999, 40)])
def test_a_title_has_a_limit(longest: int, most: int) -> None:
    walk = WHOLE.walk(longest)
    for character in "X:1\nT:" + "a" * (most - 1):
        walk.advance(character)
    assert len(walk.choices) > 50
    walk.advance("a")
    assert walk.choices == {"\n"}


@pytest.mark.parametrize(("value", "cost"), [("", 0), ("form 8:", 176), ("form 8:8: 4", 352), ("form 1|", 64)])
def test_a_form_costs_characters(value: str, cost: int) -> None:
    assert form_cost(value) == cost


def test_the_meters_of_the_grammar() -> None:
    names = list(meter_names())
    assert names[:3] == ["none", "1/1", "2/1"]
    assert {"4/1", "8/2", "24/8", "1/4", "2/8", "4/16", "24/16", "2+3/8", "4+4+3/8"} <= set(names)
    assert not {"5/1", "9/2", "17/4", "25/8", "1/8", "3/16", "1+2/8", "4+4+4/8"} & set(names)
    assert len(names) == len(set(names)) == 1 + 4 + 8 + 16 + 23 + 21 + 9 + 18


def test_the_keys_of_the_grammar() -> None:
    names = set(key_names())
    assert {"none", "C", "C#", "Cb", "Am", "A#m", "Ador", "Gmix", "Bphr"} <= names
    assert not {"D#", "Fb", "Bloc", "G#"} & names


def test_the_lengths_of_the_grammar() -> None:
    lengths = note_lengths()
    assert {text: lengths[text] * 8 / WHOLE_TICKS for text in ("", "2", "32", "/", "3/2", "/4", "15/8", "/8")} == {
        "": 1, "2": 2, "32": 32, "/": 0.5, "3/2": 1.5, "/4": 0.25, "15/8": 1.875, "/8": 0.125,
    }  # fmt: skip
    assert not {"33", "17/2", "/16"} & set(lengths)
    assert len(lengths) == 32 + 3 * 8
    assert grammar_ticks(Fraction(1, 8)) == WHOLE_TICKS // 8


def test_the_tuplets_of_the_grammar() -> None:
    signs = tuplet_signs()
    assert (signs["3"], signs["4"], signs["5:4:5"], signs["3:2:2"]) == ((3, 2, 3), (4, 3, 4), (5, 4, 5), (3, 2, 2))
    assert (signs["4:3:2"], signs["9:8:9"], signs["2:3:2"]) == ((4, 3, 2), (9, 8, 9), (2, 3, 2))
    assert not {"5", "7", "3:3:3", "10:8:10", "5:4:4", "3:2:4", "3:5:3"} & set(signs)


def test_words_are_read_letter_by_letter() -> None:
    words = Words(["ab", "abc", "b"])
    assert (words.after(""), words.after("ab"), words.after("abc"), words.after("x")) == (
        {"a", "b"},
        {"c"},
        set(),
        set(),
    )
    assert "ab" in words
    assert "a" not in words
    assert words
    assert not Words([])


@pytest.mark.parametrize(
    ("form", "closed", "left"),
    [
        ((Part(8, True),), (), 10),
        ((Part(8, True), Part(4, False)), (), 16),
        ((Part(8, False),), ("|", "|"), 8),
        ((Part(2, False), Part(4, False)), ("|", "||"), 6),
        ((Part(2, True),), ("|1",), 9 - 6),
        ((Part(2, True),), ("|1", ":|2"), 3),
    ],
)
def test_bars_left_counts_two_more_for_each_part(form: tuple[Part, ...], closed: tuple[str, ...], left: int) -> None:
    sections = Sections(form, Fraction(1))
    for line in closed:
        sections = sections.close(Fraction(1), line)
    assert sections.bars_left == left


@pytest.mark.parametrize(
    ("form", "closed", "lengths"),
    [
        # The first bar may be full, or a pickup of any length.
        ((Part(2, False),), (), {"any": "|", "1": "|"}),
        # A full bar first: no slack, the last bar is full.
        ((Part(2, False),), ((1, "|"),), {"1": "|]"}),
        # A pickup of a quarter: full bars, then one of three quarters.
        ((Part(2, False),), (("1/4", "|"),), {"1": "|"}),
        ((Part(2, False),), (("1/4", "|"), (1, "|")), {"3/4": "|]"}),
        ((Part(2, True),), (("1/4", "|"), (1, "|")), {"3/4": ":|"}),
        # The second part may settle it otherwise.
        ((Part(1, False), Part(2, False)), (), {"any": "|", "1": "||"}),
        ((Part(1, False), Part(2, False)), (("1/4", "|"),), {"any": "||", "1": "||"}),
        ((Part(1, False), Part(2, False)), (("1/4", "|"), ("1/2", "||")), {"1/2": "|"}),
        ((Part(1, False), Part(2, False)), (("1/4", "|"), ("3/4", "||"), ("1/4", "|")), {"1": "|"}),
        # A lone bar that is repeated cannot end with another run than it began with.
        ((Part(1, True),), (), {"any": "|", "1": ":|"}),
        ((Part(1, True),), (("1/4", "|"),), {"3/4": ":|"}),
    ],
)
def test_short_bars_find_what_completes_them(
    form: tuple[Part, ...], closed: tuple[tuple[object, str], ...], lengths: dict[str, str]
) -> None:
    sections = Sections(form, Fraction(1), cautious=True)
    for length, line in closed:
        sections = sections.close(Fraction(str(length)), line)
    plan = sections.rule()
    found = {str(length): " ".join(sorted(lines)) for length, lines in plan.ends if lines}
    assert found | ({"any": " ".join(sorted(plan.anywhere))} if plan.anywhere else {}) == lengths
