"""Sets to compose: their rhythms, and keys that follow each other."""

from itertools import pairwise

import pytest

from folkrnn.composition.programme import Programme
from folkrnn.composition.requests import Request, read_options
from folkrnn.composition.sets import key_weight, set_rhythms
from folkrnn.errors import GenerationError
from folkrnn.model.repertoire import HeaderCount, Repertoire

LEARNED = Repertoire(
    (
        HeaderCount("jig", "Ireland", "6/8", "G", 300),
        HeaderCount("jig", "Ireland", "6/8", "D", 300),
        HeaderCount("jig", "Ireland", "6/8", "Ador", 100),
        HeaderCount("jig", "Ireland", "6/8", "Bb", 100),
        HeaderCount("reel", "Scotland", "4/4", "A", 200),
        HeaderCount("reel", "Scotland", "4/4", "D", 100),
        HeaderCount("hornpipe", "USA", "4/4", "F", 100),
    ),
    {"jig": 1, "reel": 1},
)


def programme(*rhythms: str, seed: int = 1, **fields: str) -> Programme:
    return Programme(Request(fields, set=rhythms), LEARNED, seed=seed)


def keys(each: Programme, count: int, draft: int = 0) -> list[str]:
    return [each.prompt(tune, draft).fields["K"] for tune in range(count)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("jig jig reel", ["jig", "jig", "reel"]),
        ("slip jig jig", ["slip jig", "jig"]),
        ("Jigs, slip jig,reel", ["Jigs", "slip jig", "reel"]),
        ("jig foo", ["jig", "foo"]),
    ],
)
def test_the_rhythms_of_a_set_are_words(text: str, names: list[str]) -> None:
    assert set_rhythms(text) == names


def test_rhythms_that_were_learned_may_have_several_words() -> None:
    assert set_rhythms("Old Thing jig", ["old thing"]) == ["Old Thing", "jig"]
    assert set_rhythms(["jig", "slip jig"]) == ["jig", "slip jig"]


def test_neighbours_in_the_circle_of_fifths_follow_best() -> None:
    order = [key_weight("D", after) for after in ("G", "Edor", "F#m", "Bm", "C", "Dm", "F", "Bb", "D", "none")]
    assert order == [8, 6, 4, 3, 2, 1, 1, 0, 0, 0]


def test_each_tune_of_a_set_has_its_rhythm() -> None:
    each = programme("jig", "reel", "jig")
    assert [each.prompt(tune).fields["R"] for tune in range(3)] == ["jig", "reel", "jig"]
    assert [each.prompt(tune).fields["M"] for tune in range(3)] == ["6/8", "4/4", "6/8"]


def test_keys_of_a_set_follow_well() -> None:
    first = set()
    for seed in range(40):
        found = keys(programme("jig", "jig", "reel", "jig", seed=seed), 4)
        first.add(found[0])
        assert all(key_weight(one, other) for one, other in pairwise(found) if "Bb" not in (one, other))
        assert all(one != other for one, other in pairwise(found))
        assert "Bb" not in found[1:]
    assert len(first) > 1


def test_drafts_of_a_tune_have_the_key_of_the_set() -> None:
    each = programme("jig", "jig", "jig")
    assert [keys(each, 3, draft) for draft in range(10)] == [keys(each, 3)] * 10
    assert keys(programme("jig", "jig", "jig"), 3) == keys(each, 3)


def test_a_rhythm_of_one_key_may_repeat_it_and_a_key_that_is_asked_for_stands() -> None:
    assert keys(programme("hornpipe", "hornpipe"), 2) == ["F", "F"]
    assert keys(programme("jig", "jig", K="D"), 2) == ["D", "D"]


def test_sets_without_a_set_change_nothing() -> None:
    assert programme().rhythm(0) in ("jig", "reel")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"set": "jig slop"}, "there is no rhythm 'slop'; expected one such as"),
        ({"set": " , "}, "set=' , ' names 0 rhythms; expected 1 to 20, such as 'jig jig reel'"),
        ({"set": "jig " * 21}, "names 21 rhythms; expected 1 to 20"),
        ({"set": 3}, "set=3 should be rhythms, such as 'jig jig reel'"),
        ({"set": ["jig", 3]}, "should be rhythms, such as 'jig jig reel'"),
        ({"set": "jig", "rhythm": "reel"}, "set and rhythm are both given; expected one of them"),
        ({"set": "jig", "title": "Mine"}, "set and title are both given; expected one of them"),
        ({"set": "jig", "mix": "reel"}, "set and mix are both given; expected one of them"),
        ({"set": "jig", "start": "DFA"}, "set and start are both given; expected one of them"),
        ({"set": "jig", "unconstrained": True}, "set needs the grammar; leave out unconstrained"),
    ],
)
def test_what_is_no_set_is_refused(options: dict[str, object], line: str) -> None:
    with pytest.raises(GenerationError) as caught:
        read_options(options, LEARNED)
    assert line in str(caught.value)
