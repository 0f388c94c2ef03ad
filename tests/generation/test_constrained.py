"""Under the grammar every tune comes to a playable end, and the model decides wherever it can."""

from collections import Counter
from collections.abc import Callable

import pytest
import torch

from folkrnn.analysis.features import on_tonic
from folkrnn.errors import GenerationError
from folkrnn.generation.drafts import DraftPolicy
from folkrnn.generation.generator import TextWriter, generate_texts
from folkrnn.generation.prompts import Prompt
from folkrnn.generation.sampling import SamplingParameters
from folkrnn.generation.texts import GeneratedText, Refusal
from folkrnn.model.checkpoint import load_checkpoint
from folkrnn.model.locations import bundled_model
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.stepper import Stepper
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation import read_tunes
from folkrnn.notation.grammar import Grammar
from folkrnn.notation.idiom import DEFAULT_IDIOM
from folkrnn.notation.repetition import MAX_SAME
from folkrnn.validation import validate_tune

VOCABULARY = Vocabulary("".join(sorted(map(chr, [10, *range(32, 127)]))))


def network() -> CharNetwork:
    """A network that has learned nothing."""
    return CharNetwork(NetworkSettings(hidden=16), len(VOCABULARY), torch.Generator().manual_seed(4))


def made(count: int, prompt: Prompt = Prompt(), **options: object) -> list[GeneratedText]:  # noqa: B008
    options = {"seed": 3, "max_characters": 500} | options
    return list(generate_texts(network(), VOCABULARY, [prompt] * count, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("temperature", [0, 0.3, 1.0, 3.0])
def test_even_an_untrained_model_writes_playable_tunes(temperature: float) -> None:
    for text in made(15, sampling=SamplingParameters(temperature)):
        assert text.finished
        (tune,) = read_tunes(text.text)
        assert validate_tune(tune).playable


@pytest.mark.parametrize("temperature", [0.3, 1.0, 1.5, 3.0])
def test_even_an_untrained_model_writes_tunes_for_hands(temperature: float) -> None:
    for text in made(15, sampling=SamplingParameters(temperature), idiom=DEFAULT_IDIOM):
        assert text.finished
        (tune,) = read_tunes(text.text)
        assert validate_tune(tune).playable
        assert DEFAULT_IDIOM.fits(tune)


def test_tunes_are_the_same_whatever_the_batch_and_their_number() -> None:
    expected = [text.text for text in made(80)]
    assert [text.text for text in made(80, batch=7)] == expected
    assert [text.text for text in made(10)] == expected[:10]


def test_going_back_to_the_bar_line_changes_what_is_written() -> None:
    steered, again = made(10, retries=0), made(10, retries=2)
    assert all(text.steered and not text.rewritten for text in steered)
    assert all(text.rewritten for text in again)
    assert [text.text for text in steered] != [text.text for text in again]


def test_parts_that_end_off_the_tonic_are_given_another_chance() -> None:
    model = load_checkpoint(bundled_model())

    def ends(retries: int) -> int:
        prompts = [Prompt({"R": "jig", "K": "D", "I": "form 4:4:"})] * 64
        texts = generate_texts(model.network, model.vocabulary, prompts, seed=1, retries=retries)
        return sum(on_tonic(read_tunes(text.text)[0]) for text in texts)

    assert ends(retries=3) > ends(retries=0) + 5


def test_the_grammar_leaves_a_model_alone_that_writes_well() -> None:
    text = "X:1\nT:A\nM:4/4\nL:1/8\nI:form 2|\nK:D\nABcdefga|d8|]\n"
    steps = VOCABULARY.encode(text).tolist()

    class Fake:
        """Gives all the chance to the next character of the text."""

        reads = 1

        def __init__(self, *_: object) -> None:
            pass

        def zero_state(self, rows: int) -> tuple[torch.Tensor, torch.Tensor]:
            return torch.zeros(1, rows, 1), torch.zeros(1, rows, 1)

        def __call__(self, ids: torch.Tensor, state: tuple[torch.Tensor, torch.Tensor]) -> tuple[torch.Tensor, object]:
            logits = torch.full((len(ids), len(VOCABULARY)), -50.0)
            place, cell = state
            for row, step in enumerate(place[0, :, 0].long().tolist()):
                logits[row, steps[step % len(steps)]] = 0
            return logits, (place + 1, cell)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("folkrnn.generation.generator.Stepper", Fake)
        (only,) = generate_texts(network(), VOCABULARY, [Prompt()], seed=1)
    assert (only.text, only.steered, only.rewritten) == (text, 0, 0)


@pytest.mark.parametrize(
    "fields",
    [{"M": "6/8"}, {"K": "Ador"}, {"T": "|: My own"}, {"R": "hornpipe", "M": "3/2"}, {"I": "form 4:4:", "M": "9/8"}],
)
def test_what_is_asked_for_is_obeyed(fields: dict[str, str]) -> None:
    for text in made(6, Prompt(fields), max_characters=1000):
        for letter, value in fields.items():
            assert f"\n{letter}:{value}" in text.text
        (tune,) = read_tunes(text.text)
        assert validate_tune(tune).playable


def test_the_beginning_of_the_music_can_be_given() -> None:
    for text in made(6, Prompt({"M": "4/4", "I": "form 8|"}, body="ABcdefga|f2"), max_characters=1000):
        assert text.text.splitlines()[-1].startswith("ABcdefga|f2")
        assert validate_tune(read_tunes(text.text)[0]).playable


def test_music_that_cannot_begin_a_tune_is_refused() -> None:
    with pytest.raises(GenerationError, match="cannot begin this tune: 'c' cannot come here"):
        made(1, Prompt({"M": "4/4", "I": "form 8|"}, body="A8c"), max_characters=1000)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"M": "7"}, "'7' is no meter"),
        ({"K": "Xdor"}, "'Xdor' is no key"),
        ({"I": "AABB"}, "form 8:8:"),
        ({"L": "1"}, "1/8"),
    ],
)
def test_impossible_wishes_are_named(fields: dict[str, str], named: str) -> None:
    with pytest.raises(GenerationError, match=named):
        made(1, Prompt(fields))


def test_too_few_characters_are_refused() -> None:
    with pytest.raises(GenerationError, match="at most 100 characters is too short; expected 400"):
        made(1, max_characters=100)
    with pytest.raises(GenerationError, match="expected a max_length of at least 3664"):
        made(1, Prompt({"I": "form 99:99:"}))


def test_a_vocabulary_without_bar_lines_says_what_is_missing() -> None:
    few = Vocabulary("".join(c for c in VOCABULARY.characters if c != "|"))
    net = CharNetwork(NetworkSettings(hidden=4), len(few), torch.Generator().manual_seed(4))
    with pytest.raises(GenerationError, match=r"needs the character '\|'.*unconstrained"):
        generate_texts(net, few, [Prompt()])


def test_all_choices_of_the_grammar_belong_to_the_vocabulary() -> None:
    walk = Grammar(VOCABULARY.characters).walk()
    while not walk.finished:
        assert walk.choices <= set(VOCABULARY.characters)
        walk.advance(max(walk.choices))


def test_when_told_to_stop_the_tunes_that_are_over_are_given() -> None:
    asked = iter(range(10**6))
    texts = made(200, batch=64, stop=lambda: next(asked) > 90)
    assert 0 < len(texts) < 200
    assert [text.index for text in texts] == sorted({text.index for text in texts})
    everything = made(200)
    assert all(text == everything[text.index] for text in texts)


def no_rest(text: GeneratedText) -> Refusal | None:
    return Refusal("a rest") if "z" in text.text else None


def test_a_refused_draft_is_replaced() -> None:
    short = Prompt({"I": "form 2|", "M": "2/4"})
    first = made(20, short)
    refused = {text.index for text in first if "z" in text.text}
    policy = DraftPolicy((no_rest,))
    again = made(20, short, policy=policy)
    assert 0 < len(refused) < 20
    for old, new in zip(first, again, strict=True):
        assert new.accepted
        assert "z" not in new.text
        assert (new.text != old.text) == (new.index in refused) == (new.drafts > 1)
    assert [text.text for text in made(20, short, policy=policy, batch=3)] == [text.text for text in again]
    assert [text.text for text in made(7, short, policy=policy)] == [text.text for text in again[:7]]


def test_where_no_draft_will_do_the_last_is_told_so() -> None:
    (text,) = made(1, policy=DraftPolicy((lambda text: Refusal(f"draft {text.draft}"),), max_factor=3))
    assert (text.accepted, text.drafts) == (False, 3)
    assert [refusal.reason for refusal in text.refusals] == ["draft 0", "draft 1", "draft 2"]
    assert text.violation == "draft 2"


def test_a_preference_that_no_draft_meets_is_no_violation() -> None:
    def dull(text: GeneratedText) -> Refusal:
        return Refusal("dull", required=False)

    (text,) = made(1, policy=DraftPolicy((dull,), max_factor=2))
    assert (text.accepted, text.drafts, text.violation) == (False, 2, "")
    assert text.refusals == (Refusal("dull", required=False),) * 2
    (text,) = made(1, policy=DraftPolicy((dull, lambda text: Refusal("wrong")), max_factor=2))
    assert ([refusal.reason for refusal in text.refusals], text.violation) == (["dull", "dull"], "wrong")


def test_a_text_is_read_once() -> None:
    (text,) = made(1, policy=DraftPolicy((lambda text: None if text.tune.bars else Refusal("empty"),)))
    assert text.tune is text.tune
    assert "tune" in text.__dict__, "the delivered text keeps the tune that was read to judge it"


def test_of_several_drafts_the_best_is_taken() -> None:
    short = Prompt({"I": "form 2|"})
    best = made(6, short, policy=DraftPolicy(best_of=4, score=lambda text: len(text.text)))
    drafts = [made(6, short, policy=DraftPolicy((_the(number),), max_factor=4)) for number in range(4)]
    for text, *written in zip(best, *drafts, strict=True):
        assert text.drafts == 4
        assert len(text.text) == max(len(each.text) for each in written)


def test_the_first_accepted_drafts_by_number_decide_whatever_is_written_beside_them() -> None:
    short = Prompt({"I": "form 2|", "M": "2/4"})
    policy = DraftPolicy((no_rest,), best_of=3, score=lambda text: -len(text.text), max_factor=2)
    every = [made(40, short, policy=DraftPolicy((_the(number),), max_factor=6)) for number in range(6)]
    best = made(40, short, policy=policy)
    for text, *drafts in zip(best, *every, strict=True):
        refused = ["z" in draft.text for draft in drafts]
        taken = [draft for draft, no in zip(drafts, refused, strict=True) if not no][:3]
        assert text.text == (min(taken, key=lambda draft: len(draft.text)).text if taken else drafts[-1].text)
        assert text.drafts == (taken[2].draft + 1 if len(taken) == 3 else 6)
        assert len(text.refusals) == sum(refused[: text.drafts])
    for count, batch in ((40, 3), (1, 256), (5, 7)):
        again = made(count, short, policy=policy, batch=batch)
        assert [(text.text, text.drafts, text.refusals) for text in again] == [
            (text.text, text.drafts, text.refusals) for text in best[:count]
        ]


def test_no_draft_is_judged_that_cannot_matter() -> None:
    judged = []

    def second(text: GeneratedText) -> Refusal | None:
        judged.append((text.index, text.draft))
        return None if text.draft else Refusal("the first")

    made(3, policy=DraftPolicy((second,)))
    assert sorted(judged) == [(index, draft) for index in range(3) for draft in range(2)]


def test_where_nothing_is_left_to_chance_no_third_draft_is_written() -> None:
    fields = {"T": "Test", "R": "jig", "O": "Ireland", "M": "6/8", "I": "form 2|", "K": "D"}
    policy = DraftPolicy((lambda text: Refusal("never"),), best_of=2, max_factor=8)
    (greedy,) = made(1, Prompt(fields, body="ABcdef|"), policy=policy, sampling=SamplingParameters(0.0), retries=0)
    assert (greedy.drafts, greedy.accepted, greedy.refusals) == (2, False, (Refusal("never"),) * 2)
    (drawn,) = made(1, Prompt(fields, body="ABc"), policy=policy)
    assert drawn.drafts == 16


def test_each_draft_may_have_a_prompt_of_its_own() -> None:
    keys = ["D", "G", "A"]
    writer = TextWriter(
        Stepper(network()), VOCABULARY, lambda tune, draft: Prompt({"K": keys[draft], "T": f"No {tune}"}), 2, seed=3
    )
    policy = DraftPolicy((_the(2),), max_factor=3)
    for index, text in enumerate(writer.write(policy)):
        assert (text.tune.title, str(text.tune.key), text.drafts) == (f"No {index}", "A", 3)


@pytest.mark.parametrize("options", [{"sampling": SamplingParameters(0.0)}, {"beam": 3}])
def test_what_is_likeliest_differs_from_tune_to_tune_and_does_not_stand_still(options: dict[str, object]) -> None:
    model = load_checkpoint(bundled_model())
    asked = Prompt({"T": "Test", "R": "jig", "O": "Ireland", "M": "6/8", "I": "form 8:8: 4", "K": "D"})
    texts = list(generate_texts(model.network, model.vocabulary, [asked] * 5, seed=1, **options))  # type: ignore[arg-type]
    assert len({text.text for text in texts}) == 5
    for text in texts:
        bars = [bar for bar in text.text.splitlines()[-1].replace(":", "|").split("|") if bar]
        assert max(Counter(bars).values()) <= MAX_SAME
        assert not any(one == two == three for one, two, three in zip(bars, bars[1:], bars[2:], strict=False))


def test_only_the_bar_that_is_begun_is_drawn_at_random() -> None:
    fields = {"T": "Test", "R": "jig", "O": "Ireland", "M": "6/8", "I": "form 4|", "K": "D"}
    greedy = SamplingParameters(0.0)
    whole = made(4, Prompt(fields, body="ABcdef|"), music_sampling=greedy, retries=0, max_characters=900)
    begun = made(4, Prompt(fields, body="ABc"), music_sampling=greedy, max_characters=900)
    assert len({text.text.split("ABcdef|")[1].split("|")[0] for text in whole}) == 1
    assert len({text.text.split("\nABc")[1].split("|")[0] for text in begun}) == 4


def _the(number: int) -> Callable[[GeneratedText], Refusal | None]:
    return lambda text: None if text.draft == number else Refusal("another number")


def test_the_cost_of_each_character_is_told(step_bits: Callable[[CharNetwork, Vocabulary, str], list[float]]) -> None:
    for text in made(5):
        assert text.bits == pytest.approx(step_bits(network(), VOCABULARY, text.written), abs=1e-5)
