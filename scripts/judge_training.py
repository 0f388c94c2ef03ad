"""Measure what each part of the training is worth: train variants for the same time, and score the same test tunes.

Each variant leaves out or changes one thing. They train for --minutes on --threads threads, one after the other. With
one thread the minutes count processor time, so that other work on the machine does not matter.

    folkrnn        as `folkrnn train` does it;
    gru, rnn       the other cells with the same number of units;
    gru-large, rnn-large   the same with the same number of weights;
    no-plan        without plans and what they say of each bar;
    no-match       without the context features of the best match for what was just heard;
    no-lookback    without those of earlier bars and of the time in the bar;
    no-context     without any context features;
    no-transpose   every tune in its own key;
    one-order      the fields of a header in one order;
    raw            the ABC of the collections as it is there, without context features, in its own keys;
    small, large   fewer or more units;
    no-average     the last weights instead of their moving average;
    average-0.05, average-0.1, average-0.2   the mean of other shares of the steps;
    connect-0.2, connect-0.4   recurrent dropout of that rate;
    dropout-0.5, dropout-0.6   more dropout;
    decay          ten times the weight decay;
    high-rate      a last learning rate of a tenth of the first;
    once           every dance once in the last passes;
    plain          a float32 nn.LSTM in the style of char-rnn's ports (plain.py).

The header fields of the test tunes are in an order drawn for each tune, except for one-order, raw and plain. Bits per
note are those of the body; in raw texts that is all after the line of K:.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from plain import train_plain
from torch import Tensor

from folkrnn.corpus import Corpus, CorpusTune, build_corpus, load_corpus, load_recipe
from folkrnn.corpus.augmentation import SPELLINGS, KeyShuffle, header_shuffle, repeat_dances
from folkrnn.corpus.sources import source_texts
from folkrnn.evaluation.bits import FIDDLE
from folkrnn.model.checkpoint import load_checkpoint
from folkrnn.model.locations import MODEL_FILE
from folkrnn.model.network import NetworkSettings
from folkrnn.model.schedule import TrainingSettings
from folkrnn.model.scoring import bits
from folkrnn.model.training import train_network
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation import read_tunes
from folkrnn.notation.context import CONTEXT_FEATURES, PLANNED, PLANNED_CONTEXT, planned_text
from folkrnn.notation.headers import split_header, training_text
from folkrnn.notation.lexer import split_lines
from folkrnn.notation.plan import CHARACTERS

DEFAULT_NETWORK = NetworkSettings(context=len(CONTEXT_FEATURES))

CONTEXT_NAMES = [feature.name for feature in CONTEXT_FEATURES]
"""The context features in their order; a network reads the first ones."""


@dataclass(frozen=True)
class Variant:
    """A way to train; the defaults are those of `folkrnn train`."""

    network: NetworkSettings = DEFAULT_NETWORK
    transposed: bool = True
    shuffled: bool = True
    raw: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Fields of ``TrainingSettings``."""


VARIANTS = {
    "folkrnn": Variant(),
    "gru": Variant(replace(DEFAULT_NETWORK, cell="gru")),
    "gru-large": Variant(replace(DEFAULT_NETWORK, cell="gru", hidden=608)),
    "rnn": Variant(replace(DEFAULT_NETWORK, cell="rnn")),
    "rnn-large": Variant(replace(DEFAULT_NETWORK, cell="rnn", hidden=1120)),
    "no-plan": Variant(replace(DEFAULT_NETWORK, context=PLANNED_CONTEXT - len(PLANNED))),
    "no-match": Variant(replace(DEFAULT_NETWORK, context=CONTEXT_NAMES.index("matched event"))),
    "no-lookback": Variant(replace(DEFAULT_NETWORK, context=CONTEXT_NAMES.index("time in the bar"))),
    "no-context": Variant(replace(DEFAULT_NETWORK, context=0)),
    "no-transpose": Variant(transposed=False),
    "one-order": Variant(shuffled=False),
    "raw": Variant(replace(DEFAULT_NETWORK, context=0), transposed=False, shuffled=False, raw=True),
    "small": Variant(replace(DEFAULT_NETWORK, hidden=256)),
    "large": Variant(replace(DEFAULT_NETWORK, hidden=768)),
    "no-average": Variant(settings={"average": 0.0}),
    **{f"average-{share}": Variant(settings={"average": share}) for share in (0.05, 0.1, 0.2)},
    **{f"connect-{rate}": Variant(replace(DEFAULT_NETWORK, recurrent_dropout=rate)) for rate in (0.2, 0.4)},
    **{f"dropout-{rate}": Variant(replace(DEFAULT_NETWORK, dropout=rate)) for rate in (0.5, 0.6)},
    "decay": Variant(settings={"weight_decay": 0.1}),
    "high-rate": Variant(settings={"final_rate": 0.1}),
    "once": Variant(settings={"dances": 1}),
}
PLAIN = "plain"

Scorer = Callable[[Sequence[str]], list[Tensor]]
"""A function that returns the bits of each character of each text."""


def train_variant(
    variant: Variant, corpus: Corpus, settings: TrainingSettings, folder: Path, clock: Callable[[], float]
) -> tuple[Scorer, int, float]:
    """Train; return a scorer of texts, the number of weights and the passes."""
    tunes, held_out = corpus.of("train"), corpus.texts("validation")
    own = [planned_text(tune.text) if variant.network.plans else tune.text for tune in tunes]
    keys = KeyShuffle(tunes, settings.seed, own) if variant.transposed else lambda *_: own
    texts = repeat_dances(keys, settings.dances)
    result = train_network(
        header_shuffle(texts, settings.seed) if variant.shuffled else texts,
        [judged_text(text, variant) for text in held_out],
        network=variant.network,
        training=settings,
        run_dir=folder,
        vocabulary=Vocabulary.from_texts([*(tune.text for tune in corpus.tunes), SPELLINGS, CHARACTERS]),
        clock=clock,
    )
    checkpoint = load_checkpoint(folder / MODEL_FILE)
    weights = sum(p.numel() for p in checkpoint.network.parameters())

    def score(texts: Sequence[str]) -> list[Tensor]:
        return bits(checkpoint.network, checkpoint.vocabulary, texts)

    return score, weights, result.passes


def judged_text(text: str, variant: Variant) -> str:
    """Return a text as a variant is judged by it."""
    if variant.network.plans:
        text = planned_text(text)
    return training_text(text) if variant.shuffled else text


def per_note(score: Scorer, tunes: Sequence[CorpusTune], variant: Variant) -> tuple[float, float]:
    """Return the bits of the bodies over their notes, and the same with those of the form lines."""
    texts = [judged_text(tune.text, variant) for tune in tunes]
    body_bits = form_bits = 0.0
    for text, costs in zip(texts, score(texts), strict=True):
        body_bits += float(costs[-len(split_header(text)[1] if variant.shuffled else _after_key(text)) :].sum())
        form = text.find("\nI:form") + 1
        form_bits += float(costs[form : text.index("\n", form) + 1].sum()) if form else 0.0
    notes = sum(tune.notes for tune in tunes)
    return body_bits / notes, (body_bits + form_bits) / notes


def _after_key(text: str) -> str:
    """Return what follows the line of the header's K:."""
    return text[text.index("\n", text.index("\nK:") + 1) + 1 :]


def raw_corpus(corpus: Corpus) -> Corpus:
    """Return the same tunes with their texts in the collections, from X: to the next blank line."""
    texts: dict[tuple[str, str], str] = {}
    for source in load_recipe(corpus.name).sources:
        for name, text in source_texts(source):
            lines = split_lines(text)
            for tune in read_tunes(text, name):
                begin = tune.line - 1
                end = next((at for at in range(begin, len(lines)) if not lines[at].strip()), len(lines))
                texts[source.name, f"{name}:{tune.line}"] = "\n".join(lines[begin:end]) + "\n"
    tunes = tuple(replace(tune, text=texts[tune.collection, tune.source]) for tune in corpus.tunes)
    return replace(corpus, tunes=tunes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("variants", nargs="*", default=[*VARIANTS, PLAIN], help="which, in this order")
    parser.add_argument("--corpus", type=Path, help="a built corpus instead of the default recipe")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    clock = time.process_time if options.threads == 1 else time.monotonic
    torch.set_flush_denormal(True)
    for name in options.variants:
        if name not in (*VARIANTS, PLAIN):
            parser.error(f"{name}: no such variant; expected some of {', '.join((*VARIANTS, PLAIN))}")
    corpus = load_corpus(options.corpus) if options.corpus else build_corpus(load_recipe("default"))
    print(f"{options.minutes:g} minutes on {options.threads} threads")
    for name in options.variants:
        variant = VARIANTS.get(name, Variant(replace(DEFAULT_NETWORK, context=0), shuffled=False))
        raw = variant.raw
        judged = raw_corpus(corpus) if raw else corpus
        score: Scorer
        with tempfile.TemporaryDirectory() as folder:
            if name == PLAIN:
                plain, passes = train_plain(corpus, options.minutes, options.seed, clock)
                score, weights = plain.spent, sum(p.numel() for p in plain.model.parameters())
            else:
                settings = TrainingSettings(minutes=options.minutes, seed=options.seed, **variant.settings)
                score, weights, passes = train_variant(variant, judged, settings, Path(folder), clock)
        extent = f"{passes:.1f} passes"
        test = judged.of("test")
        fiddle = [tune for tune in test if tune.collection in FIDDLE]
        (fiddled, with_form), (every, all_with_form) = per_note(score, fiddle, variant), per_note(score, test, variant)
        print(
            f"{name:14s} {weights / 1e6:5.2f} M weights, {extent:12s} bits/note: fiddle {fiddled:.3f}, "
            f"all {every:.3f}; with form and plan {with_form:.3f}, {all_with_form:.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
