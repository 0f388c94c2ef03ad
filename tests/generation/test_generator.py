import random
import string
from functools import cache

import pytest
import torch

from folkrnn.errors import GenerationError
from folkrnn.generation.generator import generate_texts
from folkrnn.generation.prompts import HeaderWriter, Prompt
from folkrnn.generation.sampling import SamplingParameters
from folkrnn.generation.texts import GeneratedText
from folkrnn.model.batches import TuneStream, network_inputs
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.schedule import TrainingSettings
from folkrnn.model.scoring import bits
from folkrnn.model.trainer import Trainer
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation.headers import split_header, training_text

VOCABULARY = Vocabulary("".join(sorted("\n" + string.ascii_letters + string.digits + ":/|[]^_=,' ")))


@cache
def network(steps: int = 150) -> CharNetwork:
    """Train a small network until it writes headers, yet surprises in its bodies."""
    tunes = [
        f"X:1\nT:{title}\n{r}M:{m}\nL:1/8\nI:form {len(body) // 8}:\nK:{k}\n|:{body}:|\n"
        for title in ("One", "Two", "Six")
        for r in ("R:jig\n", "R:reel\n", "")
        for m, body in (("6/8", "ABcd'ef|"), ("4/4", "dcBAdcBA|gfed"))
        for k in ("D", "G")
    ]
    settings = TrainingSettings(minutes=None, max_steps=steps, batch=8, window=32, warmup=5, learning_rate=0.02)
    net = CharNetwork(NetworkSettings(hidden=32, dropout=0.0), len(VOCABULARY), torch.Generator().manual_seed(1))
    trainer = Trainer(net, settings, torch.float32)
    while trainer.step_number < steps:
        texts = [training_text(tune, random.Random(trainer.step_number)) for tune in tunes]
        read = network_inputs(texts, VOCABULARY, net.settings)
        stream = TuneStream(read, VOCABULARY.start, 8, 32, 1, trainer.step_number)
        for i in range(len(stream)):
            trainer.step(stream[i], trainer.step_number / steps)
    return net


def made(count: int, prompt: Prompt = Prompt(), **options: object) -> list[GeneratedText]:  # noqa: B008
    options = {"temperature": 1.2, "seed": 3, "max_characters": 200, "constrained": False} | options
    options["sampling"] = SamplingParameters(options.pop("temperature"))  # type: ignore[arg-type]
    made = list(generate_texts(network(), VOCABULARY, [prompt] * count, **options))  # type: ignore[arg-type]
    assert [text.index for text in made] == list(range(count))
    return made


def texts(count: int, prompt: Prompt = Prompt(), **options: object) -> list[str]:  # noqa: B008
    return [text.text for text in made(count, prompt, **options)]


def test_tunes_are_the_same_whatever_the_batch() -> None:
    expected = texts(150, batch=256)
    assert len(set(expected)) > 100
    for batch in (1, 7, 64, 100):
        count = 20 if batch == 1 else 150
        assert texts(count, batch=batch) == expected[:count]


def test_the_first_ten_of_many_are_the_ten() -> None:
    assert texts(300)[:10] == texts(10)


def test_another_seed_writes_other_tunes() -> None:
    assert texts(10, seed=3) != texts(10, seed=4)


def test_company_with_other_prompts_changes_nothing() -> None:
    mixed = [Prompt(), Prompt({"R": "jig"}), Prompt({"K": "G", "T": "Two"})] * 5
    options = {"sampling": SamplingParameters(1.2), "seed": 3, "max_characters": 200, "constrained": False}
    made = [text.text for text in generate_texts(network(), VOCABULARY, mixed, **options)]  # type: ignore[arg-type]
    assert made[::3] == texts(15)[::3]


def test_a_tune_is_over_with_the_line_after_its_header() -> None:
    finished = [text.text for text in made(50, temperature=0.8, max_characters=300) if text.finished]
    assert len(finished) > 40
    for text in finished:
        header, _, rest = text.partition("\nK:")
        assert header.startswith("X:1\nT:")
        assert rest.count("\n") == 2
        assert text.endswith("\n")


def test_a_tune_without_end_is_cut_and_says_so() -> None:
    assert all(len(text.written) == 12 and not text.finished for text in made(3, max_characters=12))


def test_greedy_tunes_are_all_alike_and_likeliest() -> None:
    greedy = [text.written for text in made(3, temperature=0)]
    assert len(set(greedy)) == 1
    ids = VOCABULARY.encode("\n" + greedy[0])
    logits, _ = network()(ids[None, :-1, None])
    assert torch.equal(logits[0].argmax(1), ids[1:])


def test_sampled_characters_cost_what_the_model_says() -> None:
    sampled = [text.written for text in made(300, temperature=1.0, max_characters=300)]
    starts = [len(text) - len(split_header(text)[1]) for text in sampled]  # in headers not every field may come
    rows = bits(network(), VOCABULARY, sampled)
    spent = torch.cat([row[start:] for row, start in zip(rows, starts, strict=True)]).mean().item()
    entropies = []
    for text, start in zip(sampled, starts, strict=True):
        log_p = network()(VOCABULARY.encode("\n" + text)[None, :-1, None])[0].log_softmax(2)
        entropies.append(-(log_p.exp() * log_p).sum(2)[0, start:])
    expected = torch.cat(entropies).mean().item() / 0.6931
    assert spent == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize(
    "fields",
    [
        {"T": "My own 1"},
        {"R": "polka"},
        {"K": "Am"},
        {"M": "3/4", "K": "Edor"},
        {"O": "Cork"},
        {"I": "two parts"},
        {"T": "Two", "R": "jig", "O": "Kerry", "M": "9/8", "L": "1/8", "I": "x", "K": "Gmix"},
    ],
)
def test_a_prompt_is_obeyed_once_and_in_order(fields: dict[str, str]) -> None:
    for text in texts(12, Prompt(fields), temperature=0.7):
        top, _, key = text.partition("\nK:")
        header = [*top.splitlines(), "K:" + key.splitlines()[0]]
        letters = [line[0] for line in header]
        for letter, value in fields.items():
            assert [line for line in header if line[0] == letter] == [f"{letter}:{value}"]
        assert letters == sorted(letters, key="XTROMLIK".index)


def test_a_body_can_be_begun() -> None:
    for text in texts(6, Prompt({"K": "D"}, body="|:dAdA"), temperature=0.7):
        assert "\nK:D\n|:dAdA" in text
    for text in texts(6, Prompt(body="|:dAdA"), temperature=0.7):
        assert text.splitlines()[-1].startswith("|:dAdA")


def test_given_fields_come_first() -> None:
    writer = HeaderWriter(Prompt({"R": "jig", "K": "D"}, body="A"))
    assert [writer.line(letter) for letter in "XTTITML"] == ["X:1\n", "R:jig\n", "K:D\n", "I:", "T:", "M:", "L:"]
    assert writer.in_body
    assert writer.line("c") == "A"


def test_a_form_of_several_parts_leaves_open_how_alike_they_are() -> None:
    for given, line in [("8:8:", "8:8: "), ("8:8: 4", "8:8: 4\n"), ("8:", "8:\n")]:
        writer = HeaderWriter(Prompt({"I": f"form {given}"}))
        assert [writer.line("X"), writer.line("T")] == ["X:1\n", f"I:form {line}"]


def test_no_field_comes_twice_and_no_required_one_is_left_out() -> None:
    writer, seen = HeaderWriter(Prompt()), []
    while not writer.in_body:
        seen.append(writer.choices)
        writer.line(writer.choices[-1])
    assert seen == ["X", "TROMLIK", "TROMLI", "TROML", "TROM", "TRO", "TR", "T"]
    assert writer.choices == ""


@pytest.mark.parametrize(("fields", "named"), [({"Q": "120"}, "'Q'"), ({"R": ""}, "R:''"), ({"T": "a\nb"}, "one line")])
def test_an_impossible_prompt_is_refused(fields: dict[str, str], named: str) -> None:
    with pytest.raises(GenerationError, match=named):
        Prompt(fields)


def test_a_prompt_the_model_cannot_spell_names_the_character() -> None:
    with pytest.raises(GenerationError, match="'ø'"):
        generate_texts(network(), VOCABULARY, [Prompt({"T": "Brønd"})])


@pytest.mark.parametrize("option", [{"batch": 0}, {"max_characters": 0}, {"seed": -1}])
def test_bad_options_name_themselves(option: dict[str, float]) -> None:
    with pytest.raises(GenerationError, match=next(iter(option))):
        generate_texts(network(), VOCABULARY, [Prompt()], **option)  # type: ignore[arg-type]
