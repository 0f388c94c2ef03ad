"""What is each means of training worth? Train variants for the same time on the same tunes, score the same test tunes.

Every variant leaves out or changes one thing; each trains for --minutes on --threads threads, one after the other. On
one thread the minutes are those that the processor works for it, so that other work on the machine favours none.

    folkrnn        as `folkrnn train` does it
    gru, rnn       the other cells, with as many units or, as gru-large and rnn-large, as many weights
    no-match       not told which earlier bar goes on from what was just heard
    no-lookback    told nothing of earlier bars nor of the time in the bar
    no-places      told nothing but the characters
    no-transpose   every tune in its own key
    one-order      the fields of a header in one order
    raw            the ABC of the collections as it stands there, told nothing and in its own keys
    small, large   fewer or more units
    plain          a float32 nn.LSTM in the style of char-rnn's ports (plain.py)

The test tunes' headers have their fields in an order drawn for each, but for one-order, raw and plain. Bits per note
are those of the body: of raw texts, all that stands behind the line of K:.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from plain import train_plain
from torch import Tensor

from folkrnn.corpus import Corpus, CorpusTune, build_corpus, load_corpus, load_recipe
from folkrnn.corpus.augmentation import SPELLINGS, KeyShuffle, header_shuffle
from folkrnn.corpus.sources import source_texts
from folkrnn.evaluation.bits import FIDDLE
from folkrnn.model.checkpoint import load_checkpoint
from folkrnn.model.network import NetworkSettings
from folkrnn.model.schedule import TrainingSettings
from folkrnn.model.scoring import bits
from folkrnn.model.training import MODEL_FILE, train_network
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation import read_tunes
from folkrnn.notation.learned import learned, split_header
from folkrnn.notation.lexer import split_lines
from folkrnn.notation.place import SHAPE

USUAL = NetworkSettings(context=len(SHAPE))


@dataclass(frozen=True)
class Variant:
    """What is otherwise than usual."""

    network: NetworkSettings = USUAL
    transposed: bool = True
    shuffled: bool = True
    raw: bool = False


VARIANTS = {
    "folkrnn": Variant(),
    "gru": Variant(replace(USUAL, cell="gru")),
    "gru-large": Variant(replace(USUAL, cell="gru", hidden=608)),
    "rnn": Variant(replace(USUAL, cell="rnn")),
    "rnn-large": Variant(replace(USUAL, cell="rnn", hidden=1120)),
    "no-match": Variant(replace(USUAL, context=22)),
    "no-lookback": Variant(replace(USUAL, context=7)),
    "no-places": Variant(replace(USUAL, context=0)),
    "no-transpose": Variant(transposed=False),
    "one-order": Variant(shuffled=False),
    "raw": Variant(replace(USUAL, context=0), transposed=False, shuffled=False, raw=True),
    "small": Variant(replace(USUAL, hidden=256)),
    "large": Variant(replace(USUAL, hidden=768)),
}
PLAIN = "plain"

Spent = Callable[[Sequence[str]], list[Tensor]]
"""Gives each text's bits per character."""


def train_variant(variant: Variant, corpus: Corpus, settings: TrainingSettings, folder: Path) -> tuple[Spent, int, str]:
    """Train; give what scores texts, the number of weights and how far the training came."""
    tunes, held_out = corpus.of("train"), corpus.texts("validation")
    texts = KeyShuffle(tunes, settings.seed) if variant.transposed else lambda *_: [tune.text for tune in tunes]
    result = train_network(
        header_shuffle(texts, settings.seed) if variant.shuffled else texts,
        [learned(text) for text in held_out] if variant.shuffled else held_out,
        network=variant.network,
        training=settings,
        run_dir=folder,
        vocabulary=Vocabulary.from_texts([*(tune.text for tune in corpus.tunes), SPELLINGS]),
    )
    checkpoint = load_checkpoint(folder / MODEL_FILE)
    weights = sum(p.numel() for p in checkpoint.network.parameters())
    scored = lambda texts: bits(checkpoint.network, checkpoint.vocabulary, texts)  # noqa: E731
    return scored, weights, f"{result.passes:.1f} passes"


def per_note(spent: Spent, tunes: Sequence[CorpusTune], shuffled: bool) -> float:
    """Bits of the bodies over their notes."""
    texts = [learned(tune.text) if shuffled else tune.text for tune in tunes]
    bodies = [len(split_header(text)[1]) if shuffled else len(_behind_key(text)) for text in texts]
    total = sum(float(costs[-body:].sum()) for costs, body in zip(spent(texts), bodies, strict=True))
    return total / sum(tune.notes for tune in tunes)


def _behind_key(text: str) -> str:
    """What stands behind the line of the header's K:."""
    return text[text.index("\n", text.index("\nK:") + 1) + 1 :]


def as_it_stands(corpus: Corpus) -> Corpus:
    """The same tunes, each with its text as its collection has it: from X: to the blank line behind it."""
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
    if options.threads == 1:
        time.monotonic = time.process_time
    torch.set_flush_denormal(True)
    for name in options.variants:
        if name not in (*VARIANTS, PLAIN):
            parser.error(f"{name}: no such variant; expected some of {', '.join((*VARIANTS, PLAIN))}")
    corpus = load_corpus(options.corpus) if options.corpus else build_corpus(load_recipe("default"))
    print(f"{options.minutes:g} minutes on {options.threads} threads")
    for name in options.variants:
        raw = name != PLAIN and VARIANTS[name].raw
        judged = as_it_stands(corpus) if raw else corpus
        with tempfile.TemporaryDirectory() as folder:
            if name == PLAIN:
                plain, passes = train_plain(corpus, options.minutes, options.seed)
                trained = plain.spent, sum(p.numel() for p in plain.model.parameters()), f"{passes:.1f} passes"
            else:
                settings = TrainingSettings(minutes=options.minutes, seed=options.seed)
                trained = train_variant(VARIANTS[name], judged, settings, Path(folder))
        spent, weights, extent = trained
        shuffled = name != PLAIN and VARIANTS[name].shuffled
        test = judged.of("test")
        fiddle = [tune for tune in test if tune.collection in FIDDLE]
        fiddled, every = per_note(spent, fiddle, shuffled), per_note(spent, test, shuffled)
        print(
            f"{name:14s} {weights / 1e6:5.2f} M weights, {extent:12s} bits/note: fiddle {fiddled:.3f}, all {every:.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
