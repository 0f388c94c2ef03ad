"""What a model has learned, in numbers."""

import pytest

from folkrnn.errors import ModelError
from folkrnn.model.repertoire import HeaderCount, Repertoire
from folkrnn.notation import Tune, read_tunes


def tune(rhythm: str, meter: str, key: str, origin: str = "") -> Tune:
    header = f"X:1\nT:The Rakes\nR:{rhythm}\nO:{origin}\nM:{meter}\nL:1/8\nK:{key}\n"
    return read_tunes(f"{header}D|\n")[0]


TUNES = (
    [tune("jig", "6/8", "D", "Ireland")] * 90
    + [tune("jig", "9/8", "G")] * 8
    + [tune("jig", "4/4", "G")] * 2
    + [tune("", "3/4", "Em")] * 40
    + [tune("kolo", "7/8", "Em")] * 12
    + [tune("waltz", "3/4", "G")] * 2
)


def test_tunes_are_counted_by_their_headers() -> None:
    found = Repertoire.of(TUNES)
    assert found.tunes == len(TUNES)
    assert found.rhythms == ["jig", "kolo", "waltz"]
    assert found.count("jig") == 100
    assert dict(found.meters("jig")) == {"6/8": 90, "9/8": 8, "4/4": 2}
    assert found.values("K") == ["D", "Em", "G"]
    assert found.values("O") == ["Ireland"]
    assert (found.count("reel"), found.meters("reel")) == (0, {})


def test_a_rhythm_has_the_meters_of_its_tunes_that_the_table_has_too() -> None:
    found = Repertoire.of(TUNES)
    assert found.usual_meters("jig") == ["6/8"]
    assert found.usual_meters("kolo") == ["7/8"]
    assert found.usual_meters("polka") == ["2/4"]
    assert found.usual_meters("unheard of") == []


def test_a_rhythm_of_few_tunes_is_hardly_learned() -> None:
    found = Repertoire.of(TUNES)
    assert found.has_learned("jig")
    assert found.has_learned("kolo")
    assert not found.has_learned("waltz")
    assert not found.has_learned("reel")
    small = Repertoire.of(TUNES[:3] + TUNES[-1:])
    assert small.has_learned("waltz")  # a small book of one's own


def test_without_a_mix_the_rhythms_come_as_in_the_tunes() -> None:
    assert Repertoire.of(TUNES).mix == {"jig": 100, "kolo": 12, "waltz": 2}
    assert Repertoire.of(TUNES, {"waltz": 1.0}).mix == {"waltz": 1.0}


def test_fine_tuning_adds_to_what_was_learned_and_writes_what_came_last() -> None:
    both = Repertoire.of([tune("polka", "2/4", "D")]).after(Repertoire.of(TUNES, {"jig": 1}))
    assert both.count("jig") == 100
    assert both.count("polka") == 1
    assert both.mix == {"polka": 1}


def test_a_repertoire_survives_the_way_through_a_file() -> None:
    found = Repertoire.of(TUNES, {"jig": 2})
    assert Repertoire.from_json(found.to_json()) == found
    assert Repertoire.from_json({}) == Repertoire()


@pytest.mark.parametrize(
    "data",
    [
        5,
        {"headers": [["jig", "", "6/8", "D"]]},
        {"headers": [["jig", "", "6/8", "D", "many"]]},
        {"mix": {"jig": "much"}},
        {"idiom": {"lengths": 3}},
        {"titles": [{"origins": 3}]},
        {"titles": [{"following": {"the": ["Lass"]}}]},
    ],
)
def test_an_entry_of_a_wrong_type_is_named(data: object) -> None:
    with pytest.raises(ModelError, match="repertoire"):
        Repertoire.from_json(data)


def test_a_model_that_tells_no_numbers_has_learned_all_its_values() -> None:
    found = Repertoire.of_values({"R": ["reel", "kolo"], "O": ["Ireland"], "M": ["4/4"], "K": ["G"]})
    assert found.usual_meters("reel") == ["4/4"]
    assert found.has_learned("kolo")
    assert found.values("O") == ["Ireland"]
    assert found.values("K") == ["G"]


def test_a_model_that_tells_nothing_writes_what_players_play() -> None:
    found = Repertoire.of_values({})
    assert found.mix["reel"] > found.mix["polka"] > 0
    assert found.usual_meters("jig") == ["6/8"]
    assert HeaderCount("jig", "", "6/8", "D", 10) in found.headers
