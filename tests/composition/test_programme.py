"""The programme: which rhythm each tune has, and the header of each draft."""

from collections import Counter
from dataclasses import replace

import pytest

from folkrnn.composition.programme import Programme, composed_on
from folkrnn.composition.requests import Request
from folkrnn.errors import GenerationError
from folkrnn.model.repertoire import HeaderCount, Repertoire

LEARNED = Repertoire(
    (
        HeaderCount("reel", "Ireland", "4/4", "D", 300),
        HeaderCount("reel", "Scotland", "2/2", "A", 100),
        HeaderCount("reel", "Scotland", "3/4", "A", 2),
        HeaderCount("jig", "Ireland", "6/8", "G", 300),
        HeaderCount("jig", "Ireland", "9/8", "G", 20),
        HeaderCount("hornpipe", "USA", "2/2", "Bb", 100),
        HeaderCount("hornpipe", "USA", "2/4", "F", 100),
        HeaderCount("quickstep", "Scotland", "2/4", "D", 40),
        HeaderCount("song", "Germany", "3/4", "C", 2000),
        HeaderCount("", "Ireland", "3/4", "Em", 50),
        HeaderCount("waltz", "Ireland", "3/4", "G", 2),
    ),
    {"reel": 20, "jig": 20, "hornpipe": 15, "polka": 10, "waltz": 10, "mazurka": 5, "quickstep": 10, "song": 10},
)


def programme(mix: dict[str, float] | None = None, seed: int = 1, **fields: str) -> Programme:
    return Programme(Request(fields), LEARNED, seed=seed, mix=mix)


def header(each: Programme, tune: int, draft: int = 0) -> dict[str, str]:
    """Return the header of a tune as it is shown."""
    plan = each.brief(tune, draft)
    return {**plan.prompt.fields, **plan.shown}


def test_five_tunes_are_five_different_dances() -> None:
    for seed in range(30):
        rhythms = [programme(seed=seed).rhythm(tune) for tune in range(5)]
        assert len(set(rhythms)) == 5
        assert "song" not in rhythms


def test_rhythms_come_by_their_weights() -> None:
    counts = Counter(programme().rhythm(tune) for tune in range(1000))
    for rhythm, weight in LEARNED.mix.items():
        assert abs(counts[rhythm] - 10 * weight) <= 2
    counts = Counter(programme({"jig": 3, "reel": 1}).rhythm(tune) for tune in range(100))
    assert counts == {"jig": 75, "reel": 25}


def test_the_plan_of_a_tune_depends_on_its_number_and_the_seed_alone() -> None:
    one, other = programme(), programme()
    backwards = {tune: other.prompt(tune, 1) for tune in reversed(range(20))}
    assert {tune: one.prompt(tune, 1) for tune in range(20)} == backwards
    assert [header(programme(seed=2), tune) for tune in range(20)] != [header(one, tune) for tune in range(20)]


def test_what_is_asked_for_stands() -> None:
    each = programme(R="jig", M="9/8", O="Scotland", K="Bm", T="Mine", I="8:8:")
    for draft in range(5):
        assert header(each, 0, draft) == {
            "R": "jig", "M": "9/8", "O": "Scotland", "K": "Bm", "T": "Mine", "I": "form 8:8:",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("rhythm", "meters"),
    [
        ("jig", {"6/8"}),
        ("reel", {"4/4", "2/2"}),
        ("hornpipe", {"4/4", "2/4"}),
        ("slip jig", {"9/8"}),
        ("mazurka", {"3/4"}),
    ],
)
def test_a_drawn_meter_is_one_that_the_rhythm_has(rhythm: str, meters: set[str]) -> None:
    each = programme(R=rhythm)
    assert {header(each, tune, draft)["M"] for tune in range(60) for draft in range(2)} == meters


def test_origin_and_key_are_drawn_as_the_tunes_have_them() -> None:
    each = programme(R="reel")
    headers = Counter((one["M"], one["O"], one["K"]) for one in (header(each, tune) for tune in range(400)))
    assert headers.keys() == {("4/4", "Ireland", "D"), ("2/2", "Scotland", "A")}
    assert 250 < headers["4/4", "Ireland", "D"] < 350
    assert header(programme(R="reel", O="Scotland"), 0)["K"] == "A"


def test_a_rhythm_that_is_hardly_learned_is_composed_on_the_nearest_one_and_keeps_its_name() -> None:
    plan = programme(R="polka").brief(0, 0)
    assert plan.prompt.fields == {"R": "quickstep", "M": "2/4", "O": "Scotland", "K": "D", "I": "form 8:8:"}
    assert plan.shown == {"R": "polka"}
    assert plan.composed_as == "quickstep"
    plan = programme(R="mazurka").brief(0, 0)
    assert "R" not in plan.prompt.fields
    assert plan.shown == {"R": "mazurka"}
    assert plan.composed_as == "tunes in 3/4"
    learned = programme(R="jig").brief(0, 0)
    assert (learned.prompt.fields["R"], learned.shown, learned.composed_as) == ("jig", {}, "")


def test_the_nearest_rhythm_has_bars_of_the_same_length() -> None:
    assert composed_on(LEARNED, "polka", "2/4") == "quickstep"
    assert composed_on(LEARNED, "waltz", "3/4") == ""
    assert composed_on(LEARNED, "slide", "12/8") == "jig"  # none has such bars, but this is the nearest
    assert composed_on(LEARNED, "barndance", "4/4") == "hornpipe"  # 2/2 is as long
    assert composed_on(LEARNED, "reel", "4/4") == "reel"
    assert composed_on(LEARNED, "", "4/4") == ""


def test_a_waltz_is_composed_on_airs_in_its_meter_if_there_are_enough() -> None:
    airs = (HeaderCount("air", "Ireland", "3/4", "D", 30), HeaderCount("air", "Ireland", "4/4", "D", 60))
    assert composed_on(replace(LEARNED, headers=(*LEARNED.headers, *airs)), "waltz", "3/4") == "air"
    assert composed_on(replace(LEARNED, headers=(*LEARNED.headers, *airs)), "schottische", "4/4") == "hornpipe"
    assert composed_on(replace(LEARNED, headers=(*LEARNED.headers, airs[1])), "waltz", "3/4") == ""


def test_an_asked_meter_or_origin_chooses_among_the_rhythms() -> None:
    each = programme(M="3/4")
    assert {each.rhythm(tune) for tune in range(40)} == {"waltz", "mazurka", "song"}
    each = programme(O="Germany")
    assert {header(each, tune)["R"] for tune in range(40)} == {"song"}
    assert header(programme(M="9/8"), 0)["R"] == "jig"  # the only one that was learned in it
    assert header(programme(M="7/8"), 0)["R"] == "air"


def test_the_model_writes_no_rhythm_or_origin_of_its_own() -> None:
    assert programme(R="mazurka").prompt(0).left_out == "R"
    assert programme(R="jig").prompt(0).left_out == ""
    unnamed = Programme(Request({"R": "jig"}), Repertoire((HeaderCount("jig", "", "6/8", "D", 20),)))
    assert unnamed.prompt(0).left_out == "O"


def test_a_mix_without_what_is_asked_for_is_refused() -> None:
    with pytest.raises(GenerationError, match="mix=polka holds no rhythm for 6/8; leave one of them out"):
        programme({"polka": 1}, M="6/8")
    with pytest.raises(GenerationError, match="mix=jig, polka holds no rhythm for 3/4; leave one of them out"):
        programme({"jig": 1, "polka": 1}, M="3/4")


def test_a_given_beginning_is_tried_in_several_rhythms() -> None:
    each = Programme(Request({}, body="DFA d2f"), LEARNED, seed=1)
    assert len({header(each, 0, draft)["R"] for draft in range(20)}) > 3
    asked = Programme(Request({"R": "jig"}, body="DFA d2f"), LEARNED, seed=1)
    assert {header(asked, 0, draft)["M"] for draft in range(20)} == {"6/8"}


def test_a_model_that_has_learned_nothing_has_the_headers_of_the_table() -> None:
    each = Programme(Request(), Repertoire.of_values({}))
    for tune in range(50):
        one = header(each, tune)
        assert all(one[letter] for letter in "RMK")
