"""Working on a tune: what is given stays as it is, what is new is playable and in its place."""

from dataclasses import replace
from fractions import Fraction

import pytest
import torch

from folkrnn.composition.acceptors import KeepsRequest
from folkrnn.composition.requests import read_request
from folkrnn.composition.reworking import Reworking, extension, replacement
from folkrnn.composition.selection import start_fit
from folkrnn.composition.starts import read_start
from folkrnn.errors import GenerationError
from folkrnn.generation.drafts import DraftPolicy
from folkrnn.generation.generator import generate_texts
from folkrnn.generation.prompts import Prompt
from folkrnn.generation.texts import GeneratedText, Refusal
from folkrnn.model.checkpoint import Checkpoint
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation import Tune, canonical, form, read_tunes, write_tune
from folkrnn.notation.context import CONTEXT_SIZES
from folkrnn.validation import validate_tune

VOCABULARY = Vocabulary("".join(sorted(map(chr, [10, *range(32, 127)]))))
NETWORK = CharNetwork(NetworkSettings(hidden=16), len(VOCABULARY), torch.Generator().manual_seed(4))
MODEL = Checkpoint(NETWORK, VOCABULARY)

REEL = """X:1
T:The Given One
C:Somebody
R:reel
Q:1/4=180
M:4/4
L:1/8
K:G
B2|:"G"G2BG (dG)BG|"C"c2ec .g~cec|G2BG dGBd|"D"edcA G2B2:|
|:g2bg dgbg|f2af d^faf|1g2bg e2ge|dcBA G2B2:|2g2bg e2ge|dcBA G2|]
"""
HUMMED = "X:1\nT:Hummed\nM:6/8\nL:1/8\nK:D\nA|:A2F DFA|Bdc A"


def one(text: str) -> Tune:
    return read_tunes(text)[0]


def made(prompt: Prompt, count: int = 3, **options: object) -> list[GeneratedText]:
    options = {"max_characters": 900} | options
    return list(generate_texts(NETWORK, VOCABULARY, [prompt] * count, seed=5, **options))  # type: ignore[arg-type]


def reworked(reworking: Reworking, count: int = 2) -> list[Tune]:
    texts = made(reworking.prompt, count, cautious=reworking.cautious)
    return [reworking.finish(one(text.text)) for text in texts]


@pytest.mark.parametrize(("first", "last"), [(1, 1), (2, 3), (4, 5), (6, 7), (7, 10), (1, 4)])
def test_all_other_bars_stay_as_they_were(first: int, last: int) -> None:
    tune = one(REEL)
    news = reworked(replacement(tune, first, last, MODEL))
    for new in news:
        assert validate_tune(new).playable
        assert form(new) == form(tune)
        assert [name for name, _ in new.fields][: len(tune.fields)] == [name for name, _ in tune.fields]
        assert len(new.bars) == len(tune.bars)
        for before, after in zip(tune.bars, new.bars, strict=True):
            assert (after.duration, after.opens, after.plays, after.ending) == (
                before.duration, before.opens, before.plays, before.ending,
            )  # fmt: skip
            if not first <= before.number <= last:
                assert after.notes == before.notes
    changed = {
        tuple(note.pitches for bar in new.bars if first <= bar.number <= last for note in bar.notes) for new in news
    }
    assert len(changed) > 1


def test_of_the_drafts_the_one_is_taken_that_leads_best_into_what_follows() -> None:
    reworking = replacement(one(REEL), 2, 3, MODEL)
    assert reworking.score
    drafts = made(reworking.prompt, 1, cautious=reworking.cautious)
    best = made(reworking.prompt, 1, cautious=reworking.cautious, policy=DraftPolicy(best_of=12, score=reworking.score))
    assert reworking.score(best[0]) >= reworking.score(drafts[0])
    follows = len("|edcAG2B2:||:g2bgdgbg|f2afdfaf|1g2bge2ge")
    after = len(best[0].written) - best[0].written.rindex("|edcAG2B2:|")
    start = len(best[0].written) - after
    assert reworking.score(best[0]) == pytest.approx(-best[0].bits[start : start + follows].sum(), rel=1e-4)


def test_nothing_follows_the_last_bars() -> None:
    assert replacement(one(REEL), 7, 10, MODEL).score is None


def test_after_a_closed_part_a_new_one_comes() -> None:
    tune = one(REEL)
    for new in reworked(extension(tune, 4, MODEL)):
        assert validate_tune(new).playable
        assert form(new) == "4:4:4:"
        kept = len(tune.bars)
        assert [bar.notes for bar in new.bars[:kept]] == [bar.notes for bar in tune.bars]


def test_a_part_under_way_becomes_longer_and_a_begun_bar_is_filled() -> None:
    for new in reworked(extension(one(HUMMED), 6, MODEL)):
        assert validate_tune(new).playable
        assert form(new) == "8:"
        assert write_tune(new).split("K:D\n")[1].replace(" ", "").startswith("A|:A2FDFA|BdcA")


@pytest.mark.parametrize(
    ("text", "bars", "named"),
    [
        (REEL, (7, 20), "expected some of 1-10"),
        (REEL, (11, 12), "expected some of 1-10"),
        (REEL, (5, 4), "bars 5-4 run backwards; expected 4-5"),
        ("X:1\nM:2/4\nL:1/8\nK:D\nA4|[K:G]B4|c4|d4|\n", (2, 3), "change the key"),
        ("X:1\nM:none\nL:1/8\nK:D\nA4|B4|c4|d4|\n", (2, 3), "no meter"),
        ("X:1\nM:2/4\nL:1/8\nK:D\nA4|B4|[M:3/4]c6|d6|\n", (1, 1), "near bar 3"),
        ("X:1\nM:2/4\nL:1/8\nK:D\nA4|B5|c4|d4|\n", (1, 1), "bar-too-long"),
        ("X:1\nM:2/4\nL:1/8\nK:D\n", (1, 1), "no-notes"),
    ],
)
def test_bars_that_cannot_be_written_anew_are_refused(text: str, bars: tuple[int, int], named: str) -> None:
    with pytest.raises(GenerationError, match=named):
        replacement(one(text), *bars, MODEL)


# ── the beginning ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_beginning_is_read_in_any_spelling() -> None:
    assert read_start("|: D1 F A/2A/2 | ^f2 || ") == ("|:DFA/A/|^f2||", ())
    assert read_start("GA B::c") == ("GAB:||:c", ())
    body, (first, second) = read_start("A2 *| * d2|c *")
    assert body == "A2"
    assert (first.then, first.left) == ("|", 0)
    assert (second.then, second.left) == ("d2|c", Fraction(1, 4))


@pytest.mark.parametrize(
    ("text", "named"), [("", "no music"), ("*", "no music"), ("[AB", "start"), ("A\nB", "one line")]
)
def test_what_is_no_beginning_is_refused(text: str, named: str) -> None:
    with pytest.raises(GenerationError, match=named):
        read_start(text)


SHORT = {"meter": "6/8", "key": "none", "form": "4:4:"}


@pytest.mark.parametrize(
    ("start", "wished"),
    [
        ("A2F DFA|B*|", SHORT),
        ("*|A2F DFA", SHORT),
        ("A*F DFA|*|d3 *", SHORT),
        ("d|A2F DFA|", SHORT),
        ("A2F DFA|B*|", {"meter": "6/8", "form": "4|"}),
    ],
)
def test_the_music_begins_as_given_and_bars_with_a_star_are_full(start: str, wished: dict[str, str]) -> None:
    request = read_request({**wished, "start": start})
    for text in made(request.prompt, 2, policy=DraftPolicy((KeepsRequest(request),))):
        assert text.accepted
        tune = one(text.text)
        assert validate_tune(tune).playable
        pattern = start.replace(" ", "").removesuffix("*").split("*")
        music = text.written.split("\n")[-2].removeprefix("|:")
        assert music.startswith(pattern[0])
        place = 0
        for piece in pattern:
            place = music.index(piece, place) + len(piece)
        if "form" in wished:
            assert form(tune) == wished["form"]


def test_a_beginning_that_fits_no_meter_is_refused() -> None:
    with pytest.raises(GenerationError, match="bar 1, 'A8', holds 8 eighths, but a bar of 2/4 has 4 eighths"):
        read_request({"meter": "2/4", "start": "A8"})
    with pytest.raises(GenerationError, match="cannot begin this tune: '8' cannot come here"):
        made(Prompt({"M": "2/4"}, "A8"), 1)


def test_where_meter_and_key_are_the_models_they_are_chosen_for_the_beginning() -> None:
    request = read_request({"form": "2|", "start": "A2F DFA|d3"})
    score = start_fit(request)
    (text,) = made(request.prompt, 1, policy=DraftPolicy(best_of=8, score=score))
    (other,) = made(request.prompt, 1)
    assert score(text) >= score(other)
    assert text.drafts >= 8


def test_a_draft_that_changes_nothing_is_refused() -> None:
    reworking = replacement(one(REEL), 2, 3, MODEL)
    (refuses,) = reworking.acceptors
    same, new = made(reworking.prompt, 2, cautious=reworking.cautious)
    old = replace(same, written=canonical(reworking.given), draft=1)
    assert (refuses(old) or Refusal("")).reason == "the bars are as they were"
    assert refuses(new) is None


def test_a_model_that_knows_plans_is_told_that_the_bars_are_new() -> None:
    settings = NetworkSettings(hidden=16, context=len(CONTEXT_SIZES))
    model = Checkpoint(CharNetwork(settings, len(VOCABULARY), torch.Generator().manual_seed(4)), VOCABULARY)
    tune = one("X:1\nT:A\nM:2/4\nL:1/8\nK:D\n|:DFAd|efge|DFAd|A4:||:gfed|DFAd|efge|A4:|\n")
    assert replacement(tune, 3, 3, model).prompt.fields["I"].endswith(" abcd|eabd")
    assert replacement(tune, 1, 3, model).prompt.fields["I"].endswith(" abac|deFc".replace("F", "f"))
    assert replacement(tune, 5, 6, MODEL).prompt.fields["I"].count(" ") == 2
