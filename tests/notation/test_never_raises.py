import random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from strategies import TOKEN_SOUP, playable_tunes

from folkrnn.corpus import music21_collection
from folkrnn.notation import ERROR, LEVELS, canonical, check_bars, decode, form, performance, read_tunes

COLLECTIONS = {"oneills1850": 2009, "ryansMammoth": 1059, "airdsAirs": 1180, "essenFolksong": 8514, "miscFolk": 185}


def assert_reads(text: str) -> None:
    """Reading raises nothing, says the same twice, and gives tunes that every other part of the package accepts."""
    tunes = read_tunes(text)
    assert read_tunes(text) == tunes
    lines = text.count("\n") + text.count("\r") + 1
    for tune in tunes:
        for finding in tune.findings:
            assert finding.level in LEVELS
            assert 1 <= finding.line <= lines
            assert finding.column >= 1
            assert "\n" not in str(finding)
        performance(tune)
        check_bars(tune.bars)
        form(tune)
        if all(finding.level != ERROR for finding in tune.findings):
            (again,) = read_tunes(canonical(tune))
            assert performance(again) == performance(tune)


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_no_text_stops_the_reader(text: str) -> None:
    assert_reads(text)


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec="latin-1"), max_size=200))
def test_no_music_line_stops_the_reader(text: str) -> None:
    assert_reads(f"X:1\nM:4/4\nL:1/8\nK:D\n{text}")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TOKEN_SOUP)
@example("X:1\nK:C\nA[1-2-4 B|")
@example("X:1\nM:" + "9" * 5000 + "/4\nK:C\nA|")
@example("X:1\nK:C\nA & c>d|A|")
def test_no_mixture_of_abc_stops_the_reader(text: str) -> None:
    assert_reads(text)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(playable_tunes(), st.randoms(use_true_random=False))
def test_no_damage_to_a_tune_stops_the_reader(text: str, chance: random.Random) -> None:
    for _ in range(5):
        place = chance.randrange(len(text))
        assert_reads(text[:place] + text[place + chance.randrange(1, 4) :])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_stop_decoding(data: bytes) -> None:
    assert_reads(decode(data))


@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "{",
        '"',
        "(",
        "[K:",
        "!",
        "|",
        "(3",
        "A>",
        "A-",
        "{A}",
        "[A",
        "w:",
        ":",
        "\\",
        "9",
        "/",
        "&",
        "[1",
        "Z ",
    ],
)
def test_endless_repetition_does_not_stop_the_reader(piece: str) -> None:
    read_tunes(f"X:1\nM:4/4\nK:C\nA{piece * 5000}|\n")


def test_a_picture_is_no_tune() -> None:
    assert_reads(decode(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06"))


def test_every_tune_of_the_collections_is_read() -> None:
    counts = dict.fromkeys(COLLECTIONS, 0)
    playable = 0
    for name in COLLECTIONS:
        for file in music21_collection(name):
            tunes = read_tunes(decode(file.read_bytes()), file.name)
            counts[name] += len(tunes)
            playable += sum(all(finding.level != ERROR for finding in tune.findings) for tune in tunes)
    assert counts == COLLECTIONS
    assert playable > 0.88 * sum(counts.values())
