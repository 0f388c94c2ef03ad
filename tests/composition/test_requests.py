"""What is asked for: read as it is written, and held against the music wish by wish."""

from typing import Any

import pytest

from folkrnn.composition.checks import check_generation
from folkrnn.composition.requests import (
    MIN_IN_SCALE,
    SIMILARITY_TOLERANCE,
    Request,
    read_mix,
    read_options,
    read_request,
    unusual_wishes,
)
from folkrnn.errors import GenerationError, NotationError
from folkrnn.generation.prompts import Gap
from folkrnn.model.repertoire import HeaderCount, Repertoire
from folkrnn.notation import Key, Tune, parse_meter, read_tunes, similarity

LEARNED = Repertoire(
    tuple(
        HeaderCount(rhythm, origin, meter, key, tunes)
        for rhythm, origin, meter, key, tunes in [
            ("jig", "Ireland", "6/8", "D", 30), ("slip jig", "Ireland", "9/8", "Em", 20), ("Kolo", "", "2/4", "D", 12),
        ]
    )
)  # fmt: skip


def tune(body: str = "D2E FED|D6:|", **fields: str) -> Tune:
    header = {"T": "Mine", "R": "jig", "O": "Ireland", "M": "6/8", "L": "1/8", "K": "D"} | fields
    lines = [f"{letter}:{value}" for letter, value in header.items()]
    return read_tunes("\n".join(["X:1", *lines, body]) + "\n")[0]


@pytest.mark.parametrize(
    ("wishes", "fields"),
    [
        ({"title": "  My   own "}, {"T": "My own"}),
        ({"rhythm": "JIG"}, {"R": "jig"}),
        ({"rhythm": "Slip  Jig"}, {"R": "slip jig"}),
        ({"origin": "ireland"}, {"O": "Ireland"}),
        ({"meter": "C|"}, {"M": "2/2"}),
        ({"key": "a minor"}, {"K": "Am"}),
        ({"key": "bb"}, {"K": "Bb"}),
        ({"form": "AABB"}, {"I": "8:8:"}),
        ({"form": "4: 8|"}, {"I": "4:8|"}),
        ({"title": None, "key": None}, {}),
    ],
)
def test_wishes_are_read_in_any_spelling(wishes: dict[str, str | None], fields: dict[str, str]) -> None:
    assert read_request(wishes, LEARNED).fields == fields


def test_a_rhythm_is_one_of_the_model_or_of_the_table() -> None:
    assert read_request({"rhythm": "kolo"}, LEARNED).fields == {"R": "Kolo"}
    assert read_request({"rhythm": "double jig"}, LEARNED).fields == {"R": "jig"}
    assert read_request({"rhythm": "Mazurkas"}, LEARNED).fields == {"R": "mazurka"}
    assert read_request({"rhythm": "nothing of the kind"}).fields == {"R": "nothing of the kind"}  # not checked yet


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"rhythm": "zouk"}, "there is no rhythm 'zouk'; expected one such as (reel|jig)"),
        ({"rhythm": "mazurk"}, "there is no rhythm 'mazurk'; expected one such as mazurka"),
        ({"origin": "Irland"}, "the model has learned no origin 'Irland'; expected one such as Ireland"),
        ({"origin": "Peru"}, "the model has learned no origin 'Peru'; expected one such as Ireland"),
        ({"title": "A\x07b"}, "holds a control character; expected plain text"),
        ({"title": ""}, "title is empty; leave it out to let the model choose"),
        ({"meter": "six"}, "'six' is no meter"),
        ({"key": "H"}, "'H' is no key"),
        ({"key": "D exp ^f"}, "accidentals of its own"),
        ({"key": "HP"}, "accidentals of its own"),
        ({"form": "8"}, "'8' is no form"),
    ],
)
def test_what_is_no_wish_says_what_would_be_right(wish: dict[str, str | None], message: str) -> None:
    with pytest.raises((GenerationError, NotationError), match=message):
        read_request(wish, LEARNED)


def test_a_title_that_ends_with_a_rhythm_asks_for_it() -> None:
    assert read_request({"title": "The Laptop Jig"}, LEARNED).fields == {"T": "The Laptop Jig", "R": "jig"}
    assert read_request({"title": "Mary's Slip Jig"}, LEARNED).fields["R"] == "slip jig"
    assert read_request({"title": "The Laptop Jig", "rhythm": "mazurka"}, LEARNED).fields["R"] == "mazurka"
    assert "R" not in read_request({"title": "The Laptop Jig", "mix": "slip jig"}, LEARNED).fields
    assert "R" not in read_request({"title": "Jig"}, LEARNED).fields


def test_similarity_needs_several_parts() -> None:
    for form in ("8|", "8:", "16|"):
        with pytest.raises(GenerationError, match=f"similarity 3 needs several parts, but the form {form[:-1]}"):
            read_request({"form": form, "similarity": 3})
    for form in ("8|8|", "8:8:", "4:8|"):
        assert read_request({"form": form, "similarity": 3}).similarity == 3
    assert read_request({"similarity": 0}).similarity == 0


def test_a_prompt_holds_what_is_asked_for() -> None:
    assert Request({"R": "jig", "I": "8:8:"}).prompt.fields == {"R": "jig", "I": "form 8:8:"}
    both = Request({"I": "8:8:"}, similarity=4).prompt
    assert (both.fields, both.wish.similarity) == ({"I": "form 8:8: 4"}, None)
    alone = Request({"K": "D"}, similarity=4).prompt
    assert (alone.fields, alone.wish.similarity) == ({"K": "D"}, 4)
    start = read_request({"start": "D2E *|F"})
    assert start.prompt.body == start.body == "D2E"
    assert start.prompt.gaps == start.gaps == (Gap("|F"),)


def test_only_wishes_that_a_tune_can_break_are_demands() -> None:
    assert not Request().demands
    assert not Request(body="D2E").demands
    assert Request({"T": "Mine"}).demands
    assert Request(similarity=0).demands


def test_a_meter_or_key_that_was_never_learned_is_said() -> None:
    request = read_request({"meter": "7/8", "key": "F#"}, LEARNED)
    assert unusual_wishes(request, LEARNED) == [
        "the model has learned no tune with the meter 7/8; it knows 6/8, 9/8, 2/4",
        "the model has learned no tune with the key F#; it knows D, Em",
    ]
    assert unusual_wishes(read_request({"meter": "6/8", "key": "Em"}, LEARNED), LEARNED) == []
    assert unusual_wishes(request, Repertoire()) == []


def test_a_rhythm_in_a_meter_that_it_never_has_is_allowed_and_said() -> None:
    request = read_request({"rhythm": "jig", "meter": "9/8"}, LEARNED)
    assert request.fields == {"R": "jig", "M": "9/8"}
    assert unusual_wishes(request, LEARNED) == ["rhythm jig is not in 9/8; usual is 6/8"]
    for wishes in ({"rhythm": "jig", "meter": "6/8"}, {"rhythm": "waltz", "meter": "3/4"}):
        assert not any("usual is" in each for each in unusual_wishes(read_request(wishes, LEARNED), LEARNED))


@pytest.mark.parametrize(
    ("mix", "weights"),
    [
        ("jig=3,slip jig=1", {"jig": 3, "slip jig": 1}),
        ("jig: 3, Double Jig: 1", {"jig": 4}),
        ("jig 60%, polka 40 %", {"jig": 60, "polka": 40}),
        ("jig", {"jig": 1}),
        ({"Jigs": 0.5}, {"jig": 0.5}),
    ],
)
def test_a_mix_is_weights_by_rhythm(mix: str | dict[str, float], weights: dict[str, float]) -> None:
    assert read_mix(mix, LEARNED) == weights


@pytest.mark.parametrize(
    ("mix", "message"),
    [
        ("jig 60%, polka 60%", "adds up to 120 %; expected 100 %"),
        ("jig 60%, polka 1", "weights and percentages; expected all of one kind"),
        ("jig=0", "holds no rhythm; expected weights such as 'reel=3,jig=2'"),
        ("", "holds no rhythm; expected weights such as 'reel=3,jig=2'"),
        ("jig=x", "'jig=x' should be a rhythm and its weight, such as reel=3"),
        ("zouk=1", "there is no rhythm 'zouk'"),
        (3, "mix=3 should be weights by rhythm, or a text such as 'reel=3,jig=2'"),
        (["reel"], "should be weights by rhythm"),
        ({"jig": -1}, "the weight of jig should be a number from 0 up"),
        ({"jig": float("nan")}, "the weight of jig should be a number from 0 up"),
    ],
)
def test_a_mix_that_does_not_add_up_says_so(mix: Any, message: str) -> None:
    with pytest.raises(GenerationError, match=message):
        read_mix(mix, LEARNED)


def test_a_rhythm_and_a_mix_exclude_each_other() -> None:
    with pytest.raises(GenerationError, match="rhythm and mix are both given; expected one of them"):
        read_options({"rhythm": "jig", "mix": "reel"}, LEARNED)


# Held against the music -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "violation"),
    [
        ({"T": "Mine", "R": "jig", "O": "Ireland", "M": "6/8", "K": "D", "I": "2:"}, ""),
        ({"M": "9/8"}, "the meter is 6/8"),
        ({"I": "2|"}, "the form is 2:"),
        ({"K": "Dmix"}, "the key is D"),
        ({"M": "9/8", "K": "Dmix"}, "the meter is 6/8"),
    ],
)
def test_the_first_wish_that_is_broken_is_named(fields: dict[str, str], violation: str) -> None:
    assert Request(fields).violation(tune()) == violation


def test_a_tune_that_changes_its_meter_breaks_the_wish() -> None:
    assert Request({"M": "6/8"}).violation(tune("D2E FED|[M:9/8]D6 D3|")) == "the meter is 9/8"


@pytest.mark.parametrize(
    ("body", "violation"),
    [
        ("D2E FED|D6|", ""),
        ("D2E FED|E6|", "the last note is not D"),
        ("D2E FED|[DF]6|", "the last note is not D"),
        ("D2E FED|[A,D]6|", ""),
        ("D2E FED|D3 z3|", ""),
        ("D2E FED|D3-D3|", ""),
        ("z6|z6|", "the last note is not D"),
    ],
)
def test_in_a_key_a_tune_ends_on_the_tonic(body: str, violation: str) -> None:
    assert Request({"K": "D"}).violation(tune(body)) == violation


def test_in_a_key_a_tune_keeps_to_the_scale() -> None:
    enough = "D6|" * 17 + "=c6|=c6|=c6|"
    assert MIN_IN_SCALE == 17 / 20
    assert Request({"K": "D"}).violation(tune(f"{enough}D6|")) == ""
    too_few = "D6|" * 16 + "=c6|=c6|=c6|"
    assert Request({"K": "D"}).violation(tune(f"{too_few}=F6|D6|")) == "only 81% of the notes belong to D"


def test_without_a_tonic_any_end_will_do() -> None:
    assert Request({"K": "none"}).violation(tune("D2E FED|E6|", K="none")) == ""


def test_the_similarity_may_be_one_off_and_no_more() -> None:
    parts = tune("DEFG|A4||DEFG|B4|", M="2/4")
    heard = similarity(parts)
    assert heard == 8
    assert SIMILARITY_TOLERANCE == 1
    kept = {wanted for wanted in range(11) if not Request(similarity=wanted).violation(parts)}
    assert kept == {7, 8, 9}
    assert Request(similarity=5).violation(parts) == "the similarity of the parts is 8 of 10"
    assert Request(similarity=5).violation(tune()) == "the similarity of the parts is None of 10"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"similarity": 5.0}, "similarity=5.0 should be a whole number from 0 to 10"),
        ({"similarity": True}, "similarity=True should be a whole number"),
        ({"similarity": 11}, "similarity=11 should be a whole number from 0 to 10"),
        ({"critic": 1}, "critic=1 should be True or False"),
        ({"title": 5}, "title=5 should be a text"),
        ({"form": ["8:8:"]}, "form=['8:8:'] should be a text"),
        ({"rhythm": Key("D")}, "should be a text"),
        ({"key": 4}, "key=4 should be a text"),
        ({"key": "H"}, "'H' is no key; expected one such as D, Em, Ador, Gmix or none"),
        ({"title": "a\ud800"}, "holds half a character; expected plain text"),
        ({"title": "a\u202eb"}, "holds a sign that turns the direction of writing; expected plain text"),
        ({"origin": "\u2066Ireland"}, "holds a sign that turns the direction"),
        ({"title": "\u200d \u200b"}, "title is empty; leave it out"),
        ({"n": 3}, "critic, count, model"),
        ({"modle": "x"}, "there is no option 'modle'; expected model"),
        ({"form": "300:"}, "the form 300: does not fit into 2000 characters; expected a max_length of at least 5248"),
        ({"title": "x" * 1800}, "the given texts do not fit into 2000 characters; expected a max_length of at least 2"),
        ({"rhythm": "foo"}, "; 'folkrnn model' lists all"),
    ],
)
def test_an_option_of_a_wrong_kind_is_refused_in_one_line(options: dict[str, Any], message: str) -> None:
    with pytest.raises(GenerationError) as caught:
        check_generation(None, options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_joiners_inside_words_keys_and_meters_are_taken() -> None:
    check_generation(None, {"title": "نمی\u200cخواهم", "key": Key("D"), "meter": parse_meter("6/8")})
    check_generation(None, {"form": "300:", "max_length": 5248})
