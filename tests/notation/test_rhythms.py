"""The table of rhythms: whole, strict in its meters, and found in any spelling."""

import pytest

from folkrnn.notation import parse_meter
from folkrnn.notation.form import parse_form
from folkrnn.notation.rhythms import (
    RHYTHMS,
    meters_fit,
    nearest,
    played_as,
    rhythm_in,
    rhythm_named,
    share_of,
    suggestions,
    usual_meters,
)

NAMES = [rhythm.name for rhythm in RHYTHMS]
FEW = ["song", "reel", "jig", "hornpipe", "march", "slip jig", "quickstep", "air", "fling", "waltz", "minuet", "polka"]


def test_every_name_and_alias_is_one_rhythm() -> None:
    every = [name for rhythm in RHYTHMS for name in (rhythm.name, *rhythm.aliases)]
    assert len(set(every)) == len(every)
    for rhythm in RHYTHMS:
        assert {rhythm_named(name) for name in (rhythm.name, *rhythm.aliases)} == {rhythm}


def test_every_row_is_in_the_language_of_the_project() -> None:
    for rhythm in RHYTHMS:
        assert [str(parse_meter(meter)) for meter in rhythm.meters] == list(rhythm.meters)
        assert parse_form(rhythm.form) == rhythm.form
        if rhythm.tempo and rhythm.tempo.bar:
            assert rhythm.tempo.bar == parse_meter(rhythm.meters[0]).bar
        assert rhythm.name == rhythm.name.lower()


def test_every_rhythm_is_like_others_of_its_meters() -> None:
    for rhythm in RHYTHMS:
        assert rhythm.like
        assert rhythm.name not in rhythm.like
        assert set(rhythm.like) <= set(NAMES)
        if rhythm.name not in ("slip jig", "hop jig"):  # the two are like each other, and then there are jigs
            assert all(set(usual_meters(like)) & set(rhythm.meters) for like in rhythm.like[:2]), rhythm.name


def test_the_shares_are_those_of_a_session() -> None:
    assert sum(rhythm.share for rhythm in RHYTHMS) == 100
    assert max(rhythm.share for rhythm in RHYTHMS) == share_of("reel") == share_of("Jigs") == 20
    assert share_of("galop") == share_of("nonsense") == 0


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("jig", "jig"), ("JIG", "jig"), ("jigs", "jig"), ("double jig", "jig"), ("Double-Jigs", "jig"),
        ("Slip-Jigs", "slip jig"), ("slipjig", "slip jig"), ("Slip  Jig", "slip jig"), ("single jig", "single jig"),
        ("barn dance", "barndance"), ("Barn-Dances", "barndance"), ("waltzes", "waltz"), ("Marches", "march"),
        ("Highland Fling", "fling"), ("highlands", "highland"), ("Highland Schottische", "schottische"),
        ("quick step", "quickstep"), ("Two Step", "two-step"), ("set dances", "set dance"), ("Setdance", "set dance"),
        ("slow air", "air"), ("contradance", "contra"), ("slangpolska", "polska"), ("three two", "three-two"),
    ],
)  # fmt: skip
def test_a_rhythm_is_found_in_any_spelling(text: str, name: str) -> None:
    found = rhythm_named(text)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("text", ["", "s", "nonsense", "Sailor's Hornpipe", "reel or jig", "jigsaw", "-"])
def test_another_text_names_no_rhythm(text: str) -> None:
    assert rhythm_named(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Sailor's Hornpipe", "hornpipe"), ("hornpipe", "hornpipe"), ("Irish waltz in G", "waltz"),
        ("Kerry slip jig", "slip jig"), ("air, slow", "air"), ("Reel/Hornpipe", "reel"),
        ("hornpipe or reel", "hornpipe"),
        ("Jig (slip)", "jig"), ("march, 4 parts", "march"), ("3/2", "three-two"), ("A Highland Fling", "fling"),
    ],
)  # fmt: skip
def test_a_text_speaks_of_a_rhythm(text: str, name: str) -> None:
    found = rhythm_in(text)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("text", ["", "nonsense", "fairy dance", "Reeling", "4/4"])
def test_a_text_may_speak_of_none(text: str) -> None:
    assert rhythm_in(text) is None


@pytest.mark.parametrize(
    ("name", "meters"),
    [
        ("jig", ("6/8",)), ("slip jig", ("9/8",)), ("hop jig", ("9/8",)), ("slide", ("12/8", "6/8")),
        ("reel", ("4/4", "2/2", "2/4")), ("hornpipe", ("4/4", "2/2", "2/4")), ("polka", ("2/4",)),
        ("march", ("4/4", "2/4", "6/8", "2/2")), ("strathspey", ("4/4", "2/2")), ("waltz", ("3/4",)),
        ("minuet", ("3/4", "3/8")), ("mazurka", ("3/4",)), ("nonsense", ()),
    ],
)  # fmt: skip
def test_a_rhythm_has_its_meters(name: str, meters: tuple[str, ...]) -> None:
    assert usual_meters(name) == meters


def test_a_meter_fits_or_not() -> None:
    assert meters_fit("Double Jig", "6/8")
    assert not meters_fit("jig", "4/4")
    assert not meters_fit("hornpipe", "3/2")
    assert meters_fit("nonsense", "7/8")


def test_a_rhythm_without_a_tempo_is_played_like_the_nearest_of_its_meter() -> None:
    def by(name: str, meter: str) -> str:
        rhythm = rhythm_named(name)
        assert rhythm is not None
        return played_as(rhythm, meter).name

    assert [by("set dance", meter) for meter in ("4/4", "6/8", "9/8")] == ["hornpipe", "jig", "slip jig"]
    assert [by("contra", meter) for meter in ("2/2", "6/8")] == ["reel", "jig"]
    assert by("set dance", "7/8") == "hornpipe"
    assert by("waltz", "3/4") == "waltz"


@pytest.mark.parametrize(
    ("name", "meter", "expected"),
    [
        ("waltz", "3/4", ["minuet", "air", "song"]),
        ("mazurka", "3/4", ["waltz", "minuet", "song", "air"]),
        ("polka", "2/4", ["march", "quickstep", "reel"]),
        ("slide", "6/8", ["jig", "quickstep", "march"]),
        ("barndance", "4/4", ["hornpipe", "fling", "reel"]),
        ("schottische", "4/4", ["fling", "hornpipe", "reel"]),
        ("set dance", "6/8", ["jig", "quickstep", "march"]),
        ("slide", "12/8", ["jig"]),
        ("hop jig", "9/8", ["slip jig"]),
        ("set dance", "4/4", ["hornpipe", "reel"]),
        ("polska", "3/4", ["waltz", "minuet", "song"]),
        ("planxty", "6/8", ["jig", "air", "song"]),
        ("nonsense", "4/4", []),
    ],
)
def test_the_nearest_known_rhythms_have_the_meter(name: str, meter: str, expected: list[str]) -> None:
    assert nearest(name, FEW, meter)[: len(expected)] == expected


def test_where_none_near_has_the_meter_they_are_near_all_the_same() -> None:
    assert nearest("slip jig", ["jig", "air", "waltz"], "9/8")[0] == "jig"
    assert nearest("mazurka", ["Reel", "Waltzes"], "3/4") == ["Waltzes", "Reel"]
    assert nearest("jig", [], "6/8") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mazurka", ["waltz", "minuet", "song"]),
        ("polska", ["waltz", "minuet", "song"]),
        ("slide", ["jig", "quickstep"]),
        ("Barn Dance", ["hornpipe", "fling", "reel"]),
        ("hop jig", ["slip jig", "jig"]),
        ("Sailor's hornpipe", ["hornpipe"]),
        ("horpipe", ["hornpipe"]),
        ("reeel", ["reel"]),
        ("walz", ["waltz"]),
        ("mazurca dance", ["waltz", "minuet", "song"]),
        ("xyzzy", ["reel", "jig", "hornpipe"]),
    ],
)
def test_names_are_suggested_by_what_they_mean(text: str, expected: list[str]) -> None:
    assert suggestions(text, FEW)[: len(expected)] == expected


def test_a_misspelling_gives_its_name_alone() -> None:
    assert suggestions("horpipe", FEW) == ["hornpipe"]
    assert suggestions("foxtrott", ["jig", "foxtrot"]) == ["foxtrot"]


def test_names_are_suggested_as_they_are_known() -> None:
    assert suggestions("mazurka", ["Waltzes", "Reel"]) == ["Waltzes"]
    assert suggestions("slow foxtrot", ["jig", "foxtrot"]) == ["foxtrot"]
    assert suggestions("anything", []) == []
    assert all(len(suggestions(text, NAMES)) <= 4 for text in ("jig", "xyz", "highland dance"))
