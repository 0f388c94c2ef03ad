"""Measure generation speed: many tunes at once and one tune at a time, in turns within one run.

    plain          nn.LSTM in float32, one tune, one character a call, torch's own sampling;
    folkrnn        this package's generator, 256 tunes together, prompts and line ends included;
    unconstrained  the bundled model at temperature 1, 256 tunes together, up to 2000 characters each;
    constrained    the same under the grammar, which ends every tune and writes some bars again;
    one tune       ``folkrnn generate -n 1`` in a new process, with its files, beside the import of the libraries
                   that it needs; five tunes; and one tune of a ``Composer`` that is warm.

The index of the corpus should be cached: make one tune before. The model of the first two is untrained: its tunes
never end, so every row works until its last character. The third and the fourth are compared by tunes, and by the
characters that are kept.
"""

import argparse
import statistics
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import torch
from benchmarking import add_json_option, write_figures
from torch import nn

from folkrnn.composition.composer import Composer
from folkrnn.generation.generator import generate_texts
from folkrnn.generation.prompts import Prompt
from folkrnn.model.checkpoint import Checkpoint, load_checkpoint
from folkrnn.model.locations import bundled_model
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.vocabulary import Vocabulary

Clock = Callable[[], float]

ASKED = {"rhythm": "jig", "key": "D"}
"""What is asked of the single tunes."""


@torch.no_grad()
def plain(vocabulary: Vocabulary, hidden: int, characters: int, clock: Clock) -> float:
    """Write one tune with nn.LSTM; return characters a second."""
    size = len(vocabulary)
    embedding, lstm, output = nn.Embedding(size, hidden), nn.LSTM(hidden, hidden, 2), nn.Linear(hidden, size)
    last, state = torch.tensor([0]), None
    begun = clock()
    for _ in range(characters):
        outputs, state = lstm(embedding(last)[None], state)
        last = torch.multinomial(output(outputs[0]).softmax(1), 1)[0]
        last.item()
    return characters / (clock() - begun)


def folkrnn(network: CharNetwork, vocabulary: Vocabulary, tunes: int, characters: int, clock: Clock) -> float:
    """Write many tunes; return characters a second."""
    begun = clock()
    made = list(
        generate_texts(
            network, vocabulary, [Prompt()] * tunes, max_characters=characters, batch=tunes, constrained=False
        )
    )
    return sum(len(text.text) for text in made) / (clock() - begun)


def bundled(checkpoint: Checkpoint, tunes: int, constrained: bool, clock: Clock) -> tuple[float, float]:
    """Write tunes with the bundled model; return tunes and characters a second."""
    begun = clock()
    made = list(
        generate_texts(
            checkpoint.network, checkpoint.vocabulary, [Prompt()] * tunes, max_characters=2000, constrained=constrained
        )
    )
    seconds = clock() - begun
    return tunes / seconds, sum(len(text.text) for text in made) / seconds


def seconds(*arguments: str) -> float:
    """Run Python in a new process; return the seconds that it takes."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def first_tunes(seeds: range) -> dict[str, list[float]]:
    """Return the seconds of the imports, of commands for one tune and five, and of a warm composer, for each seed."""
    composer = Composer()
    list(composer.generate(1, seed=0, **ASKED))  # type: ignore[arg-type]
    found: dict[str, list[float]] = {"imports": [], "one": [], "five": [], "warm": []}
    options = [text for name, value in ASKED.items() for text in (f"--{name}", value)]
    for seed in seeds:
        found["imports"].append(seconds("-c", "import torch, music21, verovio"))
        for name, count in (("one", 1), ("five", 5)):
            with tempfile.TemporaryDirectory() as folder:
                command = ("-m", "folkrnn", "generate", "-n", str(count), *options)
                found[name].append(seconds(*command, "--seed", str(seed), "-o", folder, "--quiet"))
        begun = time.perf_counter()
        list(composer.generate(1, seed=seed, **ASKED))  # type: ignore[arg-type]
        found["warm"].append(time.perf_counter() - begun)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tunes", type=int, default=256)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=9, help="of the single tunes")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument(
        "--cpu-time",
        action="store_true",
        help="count processor seconds: with --threads 1, fair on a busy machine",
    )
    add_json_option(parser)
    options = parser.parse_args()
    clock = time.process_time if options.cpu_time else time.perf_counter
    torch.set_num_threads(options.threads)

    torch.manual_seed(1)
    torch.set_flush_denormal(True)
    vocabulary = Vocabulary("".join(sorted("\n" + string.printable[:95])))
    rng = torch.Generator().manual_seed(1)
    network = CharNetwork(NetworkSettings(hidden=options.hidden), len(vocabulary), rng)
    with torch.no_grad():
        network.output.bias[vocabulary.start] = -20.0  # an untrained model that does not end its lines
    alone, together = [], []
    for _ in range(options.rounds):
        alone.append(plain(vocabulary, options.hidden, 300, clock))
        together.append(folkrnn(network, vocabulary, options.tunes, 200, clock))
    one, many = statistics.median(alone), statistics.median(together)
    print(f"plain, one tune            {one:10,.0f} characters/s")
    print(f"folkrnn, {options.tunes:4d} tunes        {many:10,.0f} characters/s")
    print(f"ratio                      {many / one:10.1f}")
    checkpoint = load_checkpoint(bundled_model())
    rates: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    for _ in range(options.rounds):
        for constrained, found in rates.items():
            found.append(bundled(checkpoint, options.tunes, constrained, clock))
    medians = {key: [statistics.median(column) for column in zip(*rows, strict=True)] for key, rows in rates.items()}
    for name, (a_tune, a_character) in zip(("unconstrained", "constrained"), medians.values(), strict=True):
        print(f"{name:26s} {a_tune:10.1f} tunes/s {a_character:10,.0f} characters/s")
    by_tune, by_character = (with_it / without for with_it, without in zip(medians[True], medians[False], strict=True))
    print(f"ratio                      {by_tune:10.2f}         {by_character:10.2f}")
    first = first_tunes(range(1, options.seeds + 1))
    times = {name: statistics.median(each) for name, each in first.items()}
    over = [one / imports for one, imports in zip(first["one"], first["imports"], strict=True)]
    five = statistics.median(five / one for five, one in zip(first["five"], first["one"], strict=True))
    print(
        f"imports {times['imports']:.2f} s, one tune {times['one']:.2f} s, five tunes {times['five']:.2f} s, ", end=""
    )
    print(f"a warm composer {times['warm']:.2f} s a tune; medians of {options.seeds} seeds")
    print(f"one tune over imports      {statistics.median(over):10.2f}, at most {max(over):.2f}")
    print(f"five tunes over one        {five:10.2f}")
    figures = {
        "characters_per_second": {
            "plain": one,
            "folkrnn": many,
            "unconstrained": medians[False][1],
            "constrained": medians[True][1],
        },
        "tunes_per_second": {"unconstrained": medians[False][0], "constrained": medians[True][0]},
        "folkrnn_over_plain": many / one,
        "constrained_over_unconstrained": {"tunes": by_tune, "characters": by_character},
        "first_tune_seconds": times,
        "one_tune_over_imports": statistics.median(over),
        "five_tunes_over_one": five,
    }
    write_figures(options, figures)


if __name__ == "__main__":
    main()
