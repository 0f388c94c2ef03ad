"""Give folkrnn damaged and hostile input, and count what no input may do.

    python scripts/fuzz.py reader --inputs 200000
    python scripts/fuzz.py model index --inputs 5000 --seed 7

Each area makes its inputs from a few texts of its own, by a seed and a number: the same two give the same input, so
``--from N --inputs 1 --show`` is the way back to a fault. A process of its own takes the inputs one by one. It is
ended where one takes too long or too much memory, and another one goes on. These are the faults:

    traceback   an error that is no FolkrnnError, or that export names instead of raising.
    hang        more than ``--seconds`` for one input.
    memory      more than 1 GB in all.
    outside     a file written or removed outside of the folder of the run.
    refused     a tune that our reader calls playable, which a format refuses.
"""

import argparse
import contextlib
import io
import json
import os
import random
import re
import struct
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from folkrnn.errors import ExportError, FolkrnnError

MEMORY = 1_000_000_000
"""The bytes that a process may take, with all that it has imported."""

LONGEST = 20_000
"""The characters of a text that repeats one fragment; one of PUMPED inputs is so."""

PUMPED = 100

EXPORTED = ("abc", "midi", "musicxml", "svg", "abc", "midi", "musicxml", "mxl", "html", "pdf", "png", "wav")
"""The formats in turn; the quick ones come twice."""

TUNES = (
    "X:1\nT:The Test of Time\nR:jig\nM:6/8\nL:1/8\nQ:3/8=110\nK:D\n"
    '|:"D"A|dfd "A7"cec|BdB AFA|~G3 FAF|1 E2F E2:|2 E2F D2||\n|:e|f2{g}f (3efg|[Af]2- [Af]2z:|\n',
    "X:2\nT:Two Hands\nM:4/4\nL:1/8\nK:Gm\n%%score (1 2)\nV:1 clef=treble\nV:2 clef=bass octave=-1\n"
    "V:1\nG>A B<c d2 !trill!^f2|[M:3/4]g4 z2&d4 z2|]\nw:one two- three * four_ five|six\nV:2\nG,4 D,4|G,6|]\n",
    "X:3\nT:Round\nP:A(AB)2\nM:C|\nL:1/4\nK:Ador\nP:A\nA2 e>d|!segno!c2 A2|Z2|\nP:B\n[K:D]d2 ^/f2|!D.S.!d4|\nW:words\n",
    "X:4\nT:Free\nM:none\nL:1/16\nQ:80\nU:T=!trill!\nm:~n2={o}n{m}n\n"
    "K:C exp ^f _b\nTC2~D2 E/F/G// A64|C4-|C4|]\ns:!p! * !f!\n",
    "X:5\nM:2/4\nL:1/8\nI:linebreak !\n%%MIDI program 41\n%%MIDI transpose -12\nK:HP\nA2c2!e2f2|e>d c>d|.|A4:|[2 A4|\n",
)

FRAGMENTS = (
    *'ABCDEFGabcdefgzxZXyTHLMOPSuv~.^_=\'",/|:[](){}<>-&!+$*\\`#@;?%0123456789 \n',
    "^^", "__", "^/", "^3/2", "[CEG]", "{/A}", "(3", "(5:4:7", "(3:2", ":|", "|:", "::", "|1", ":|2", "[1,3", "[|]",
    ".|",
    ">>>", "&&", "(&", "&)", "Z4", "X9", "/64", "//", "3/2", "999", "!D.C.!", "!fine!", "!coda!", "!segno!", "!<(!",
    "!<)!",
    '"Am7"', '"^text"', '"@1,2 x"', "[K:Bb]", "[M:5/8]", "[L:1/32]", "[Q:1/4=90]", "[P:B]", "[V:2]", "[I:a]", "[r:x]",
    "\nK:", "\nM:", "\nL:", "\nQ:", "\nV:", "\nP:", "\nT:", "\nw:", "\ns:", "\nU:", "\nm:", "\nX:", "\nI:", "\nR:",
    "\n+:",
    "\n%%score ", "\n%%MIDI ", "\n%%begintext\n", "\n%%endtext\n", "\n\n", "\nI:form ", "\r", "\t", "\0", "\ufeff",
    "\x1a", "é",
    "ß", "\u2028", "²", "\u0663", "\ud800", "\U0001d11e", "\\u0041", "&amp;", "\\'e", "none", "exp", "clef=", "octave=",
    "transpose=", "middle=", "name=", "shift=", "bass", "1/4=", "9" * 30, "0", "-1", "1e9", "inf", "nan",
)  # fmt: skip


class Fault(NamedTuple):
    """A fault: its kind, where or why, and the input."""

    kind: str
    where: str
    shown: str


class Area(NamedTuple):
    """What is tested: how an input comes of random numbers, and what is done with it in an empty folder.

    ``run`` may return what is wrong without being an error.
    """

    case: Callable[[random.Random, int], Any]
    run: Callable[[Any, Path], str | None]


# Inputs -----------------------------------------------------------------------------------------------


def mutated(text: str, rng: random.Random) -> str:
    """Return a text with a few changes: pieces left out, moved, doubled, and fragments put in."""
    for _ in range(rng.choice((1, 1, 2, 3, 5, 9, 20))):
        start = rng.randrange(len(text) + 1)
        stop = min(len(text), start + rng.choice((0, 0, 1, 1, 2, 5, 20)))
        action = rng.randrange(8)
        if action < 4:
            piece = rng.choice(FRAGMENTS)
        elif action == 4:
            piece = ""
        elif action == 5:
            piece = text[start:stop] * rng.choice((2, 3, 20))
        else:
            piece = text[(other := rng.randrange(len(text) + 1)) : other + rng.choice((1, 4, 30))]
        text = text[:start] + piece + text[stop:]
    return text


def abc_text(rng: random.Random, number: int = 1) -> str:
    """Return a tunebook that is nearly one."""
    if number % PUMPED == 0:
        fragment = "".join(rng.choices(FRAGMENTS, k=rng.choice((1, 1, 2, 3, 4))))
        tune = rng.choice(TUNES)
        place = rng.randrange(len(tune))
        return tune[:place] + fragment * (LONGEST // len(fragment)) + tune[place:]
    if number % 7 == 0:
        header = "".join(f"{letter}:{''.join(rng.choices(FRAGMENTS, k=rng.randrange(6)))}\n" for letter in "XTMLQPVK")
        return header + "".join(rng.choices(FRAGMENTS, k=rng.randrange(80))) + "\n"
    return mutated(rng.choice(TUNES), rng)


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Return bytes with a few others in their places, or cut short."""
    result = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5, 30))):
        start = rng.randrange(len(result) + 1)
        piece = rng.choice(
            (bytes([rng.randrange(256)]), b"\xff" * 4, b"\0" * 4, struct.pack("<Q", rng.getrandbits(40)))
        )
        width = rng.choice((0, len(piece), len(piece), rng.randrange(9)))
        result[start : start + width] = piece
    return bytes(result[: rng.randrange(len(result) + 1)] if rng.random() < 0.1 else result)


def odd_value(rng: random.Random) -> Any:
    """Return a value of JSON or TOML that may be none that belongs there."""
    return rng.choice((
        0, 1, -1, 5, 10**6, 10**30, 0.5, -2.5, 1e308, True, False, "", "x", "/../x", "²", "\u2028", [], [1], ["a"],
        {}, {"a": 1},
        None, [[["a"]]], "9" * 5000, list(range(50)), {"R": ["jig"]}, "6/8", "K:C", "\ud800", float("nan"),
        float("inf"),
    ))  # fmt: skip


def altered(data: Any, rng: random.Random) -> Any:
    """Return plain data with one value somewhere inside it replaced or left out."""
    if isinstance(data, dict) and data and rng.random() < 0.85:
        name = rng.choice(sorted(data))
        if rng.random() < 0.1:
            return {key: value for key, value in data.items() if key != name}
        return {**data, name: altered(data[name], rng)}
    if isinstance(data, list) and data and rng.random() < 0.7:
        place = rng.randrange(len(data))
        return [*data[:place], altered(data[place], rng), *data[place + 1 :]]
    return odd_value(rng)


# Areas ------------------------------------------------------------------------------------------------


def reader() -> Area:
    """Read a tunebook and write it again."""
    from folkrnn.notation import decode, read_tunes
    from folkrnn.notation.writer import write_tunebook

    def case(rng: random.Random, number: int) -> bytes:
        content = abc_text(rng, number).encode("utf-8", "surrogatepass")
        return damaged(content, rng) if number % 5 == 0 else content

    def run(content: bytes, folder: Path) -> None:
        read_tunes(write_tunebook(read_tunes(decode(content))))

    return Area(case, run)


def validate() -> Area:
    """Validate a tune by both readers."""
    from folkrnn.notation import read_tunes
    from folkrnn.validation import validate_tune

    def run(text: str, folder: Path) -> str | None:
        for tune in read_tunes(text)[:3]:
            report = validate_tune(tune)
            for finding in report.findings:
                if re.search(r"\b\w+(?:Error|Exception)\b", finding.message):
                    return finding.message
        return None

    return Area(abc_text, run)


def export() -> Area:
    """Export tunes in each of the formats."""
    from folkrnn.export import export_tunes
    from folkrnn.notation import is_playable, read_tunes

    def case(rng: random.Random, number: int) -> tuple[str, str]:
        return EXPORTED[number % len(EXPORTED)], abc_text(rng, number)

    def run(given: tuple[str, str], folder: Path) -> str | None:
        format, text = given
        for tune in read_tunes(text)[:2]:
            try:
                export_tunes([tune], [format], folder, overwrite=True)
            except ExportError as error:
                if re.search(r"\b\w+(?:Error|Exception): ", str(error)):
                    return f"{format}: {error}"
                if is_playable(tune.findings):
                    return f"refused: {format}: {error}"
        return None

    return Area(case, run)


def importing() -> Area:
    """Import damaged MusicXML and MIDI."""
    from folkrnn.export import format_for
    from folkrnn.export.settings import DEFAULT_SETTINGS
    from folkrnn.importing import read_music
    from folkrnn.notation import read_tunes

    def made(format: str) -> list[bytes]:
        render = format_for(format, DEFAULT_SETTINGS).render
        return [render(read_tunes(text)[0], 1, DEFAULT_SETTINGS) for text in TUNES]

    sound = {"mid": made("midi"), "musicxml": made("musicxml"), "mxl": made("mxl")}

    def case(rng: random.Random, number: int) -> tuple[str, bytes]:
        ending = ("mid", "musicxml", "mid", "musicxml", "mxl")[number % 5]
        content = rng.choice(sound[ending])
        if ending == "musicxml" and number % 3:
            text = content.decode()
            for _ in range(rng.choice((1, 2, 5))):
                found = rng.choice(list(re.finditer(r">([^<>]+)<|<(/?[\w-]+)[^<>]*>", text)))
                group = 1 if found[1] else 2 if rng.random() < 0.3 else 0
                piece = rng.choice((rng.choice(FRAGMENTS), "", found[group] * 2, "999999999", "-1", "0"))
                text = text[: found.start(group)] + piece + text[found.end(group) :]
            content = text.encode("utf-8", "replace")
        else:
            content = damaged(content, rng)
        return ending, content

    def run(given: tuple[str, bytes], folder: Path) -> None:
        path = folder / f"tune.{given[0]}"
        path.write_bytes(given[1])
        str(read_music(str(path)))

    return Area(case, run)


def requests() -> Area:
    """Ask for tunes with odd wishes, and give commands odd options."""
    from folkrnn.cli import main
    from folkrnn.composition.checks import check_generation

    values = (
        *FRAGMENTS,
        "jig",
        "D",
        "6/8",
        "AABB",
        "8:8:",
        "abac abad",
        "Ireland",
        "reel=3",
        "A2 *",
        "1-4",
        "1,2",
        "0.5",
        "-5",
    )
    wishes = ("title", "rhythm", "origin", "meter", "key", "form", "plan", "start", "mix", "set", "fit",
              "similarity", "seed",
              "temperature", "title_temperature", "top_p", "top_k", "best_of", "max_length", "max_copied",
              "sampler", "beam_width")  # fmt: skip
    commands = {
        "export": ("--tune", "--transpose", "--instrument", "--times", "--tempo", "--swing", "--parts",
                   "--count-in", "--size",
                   "--columns", "--format", "--title", "--set", "--octave", "--midi-type", "--program", "--volume"),
        "validate": ("--json", "--summary"),
        "rewrite": ("--bars", "-n", "--seed", "-t", "--top-p", "--top-k", "--best-of", "--model", "--beam-width"),
        "continue": ("--bars", "-n", "--seed", "-t", "--top-p", "--best-of"),
        "generate": ("-n", "--seed", "-t", "--title", "--key", "--meter", "--form", "--top-p", "--max-copied",
                     "--mix", "--model"),
        "train": ("--minutes", "--max-steps", "--batch", "--learning-rate", "--seed", "--layers", "--dropout",
                  "--critic"),
        "model": (), "originality": ("--model",), "import": ("--voices",), "corpus": (), "evaluate": ("--count",),
    }  # fmt: skip

    def text(rng: random.Random) -> str:
        return "".join(rng.choices(values, k=rng.choice((1, 1, 1, 2, 3))))

    def case(rng: random.Random, number: int) -> tuple[str, Any]:
        if number % 2:
            chosen = rng.sample(wishes, rng.choice((1, 1, 2, 4)))
            return "", {name: text(rng) if rng.random() < 0.8 else odd_value(rng) for name in chosen}
        command = rng.choice(sorted(commands))
        options = rng.sample(commands[command], min(len(commands[command]), rng.choice((0, 1, 1, 2))))
        given = [part for option in options for part in (option, text(rng)) if not set(part) & {"\0", "/"}]
        return command, given

    def run(given: tuple[str, Any], folder: Path) -> str | None:
        command, options = given
        if not command:
            check_generation(None, options)
            return None
        (folder / "tune.abc").write_text(TUNES[0])
        # With --model none and an output that is no folder nothing is computed: only what is read is tested.
        extra = {
            "export": ["tune.abc", "--format", "abc,midi", "-o", "out"], "validate": ["tune.abc", "--no-second"],
            "rewrite": ["tune.abc", "-o", "tune.abc/out"], "continue": ["tune.abc", "-o", "tune.abc/out"],
            "generate": ["-o", "tune.abc/out"], "train": ["none.abc"], "evaluate": ["--corpus", "none"],
            "originality": ["none.abc"],
        }.get(command, ["tune.abc"])  # fmt: skip
        out = io.TextIOWrapper(io.BytesIO())
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), contextlib.suppress(SystemExit):
            main([command, *extra, *options])
        return None

    return Area(case, run)


def model() -> Area:
    """Load damaged model files."""
    import torch
    from safetensors.torch import save

    from folkrnn.composition.critic import Critic
    from folkrnn.composition.programme import Programme
    from folkrnn.generation.ngram_critics import NgramCritics
    from folkrnn.model.checkpoint import Checkpoint, load_checkpoint, read_tensors, save_checkpoint
    from folkrnn.model.locations import bundled_model
    from folkrnn.model.metadata import MODEL_FORMAT, read_metadata
    from folkrnn.model.network import CharNetwork, NetworkSettings
    from folkrnn.model.vocabulary import Vocabulary

    torch.set_num_threads(1)
    whole = read_metadata(bundled_model())
    vocabulary = Vocabulary(whole["vocabulary"])
    network = CharNetwork(NetworkSettings(layers=1, hidden=4), len(vocabulary), torch.Generator().manual_seed(1))
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "m.safetensors"
        save_checkpoint(path, Checkpoint(network, vocabulary))
        small, (weights, about) = path.read_bytes(), read_tensors(path, MODEL_FORMAT)
    about["corpus"], about["training"] = whole["corpus"], whole["training"]
    about["corpus"]["repertoire"]["titles"] = []

    def case(rng: random.Random, number: int) -> bytes:
        if number % 2:
            return damaged(small, rng)
        given = dict(weights)
        if number % 10 == 0:
            name = rng.choice(sorted(given))
            given[name] = rng.choice(
                (given[name] * float("nan"), given[name][:1], given[name].int(), given[name].double())
            )
        if number % 6 == 0:
            given["critic.mean"] = torch.zeros(rng.choice((0, 1, 5, 900)))
        return save(given, {"format": MODEL_FORMAT, "about": json.dumps(altered(about, rng))})

    def run(content: bytes, folder: Path) -> None:
        path = folder / "m.safetensors"
        path.write_bytes(content)
        loaded = load_checkpoint(path)
        if loaded.critic:
            Critic.of(loaded)
            NgramCritics.of(loaded.critic)
        request_checks(loaded.corpus.learned)
        from folkrnn.composition.index_cache import index_at_hand
        from folkrnn.composition.requests import Request

        index_at_hand(path, loaded.corpus)
        programme = Programme(Request(), loaded.corpus.learned, seed=1, alphabet=loaded.vocabulary.characters)
        programme.prompt(0)

    def request_checks(repertoire: Any) -> None:
        for letter in "ROMK":
            repertoire.values(letter)

    return Area(case, run)


def index() -> Area:
    """Load damaged indexes of a corpus, and judge a tune by those that load."""
    import numpy as np

    from folkrnn.analysis.originality import Index
    from folkrnn.notation import read_tunes

    tunes = [read_tunes(text)[0] for text in TUNES]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "corpus.npz"
        Index.of((tune, tune.title) for tune in tunes).save(path)
        small = path.read_bytes()
        with np.load(path) as file:
            arrays = dict(file)

    def case(rng: random.Random, number: int) -> bytes:
        if number % 2:
            return damaged(small, rng)
        held = dict(arrays)
        name = rng.choice(sorted(held))
        old = held[name]
        changes = (
            lambda: old[:-1] if old.ndim else old, lambda: old[..., None], lambda: old[None], lambda: np.zeros(0,
            old.dtype),
            lambda: old.astype(str), lambda: old[::-1] if old.ndim else old, lambda: np.array(7),
            lambda: old.view(np.uint8),
            lambda: old.astype("f2"), lambda: old.astype("i8") + rng.choice((-1, 1, 9, 2**40)),
        )  # fmt: skip
        with contextlib.suppress(Exception):  # not every change suits every array
            held[name] = rng.choice(changes)()
        if rng.random() < 0.1:
            del held[name]
        file = io.BytesIO()
        np.savez_compressed(file, **held)
        return file.getvalue()

    def run(content: bytes, folder: Path) -> None:
        path = folder / "corpus.npz"
        path.write_bytes(content)
        loaded = Index.load(path)
        for tune in tunes:
            loaded.judge(tune)
        loaded.has_title_with("x")

    return Area(case, run)


def recipe() -> Area:
    """Read damaged recipes."""
    from folkrnn.corpus.recipe import load_recipe, recipe_folder

    texts = [entry.read_text() for entry in recipe_folder().iterdir() if entry.name.endswith(".toml")]
    pieces = ("[[source]]\n", "[clean]\n", "[split]\n", "[mix]\n", "[rhythms]\n", '"(a+)+"', "= [1]", "= 5",
              '= "x"', "= {}", "= true",
              "= nan", "= -1", "= 1e400", "1979-05-27", "= [[]]", '"../../x"', "name", "path", "drop = 5\n",
              "\0")  # fmt: skip

    def case(rng: random.Random, number: int) -> str:
        text = rng.choice(texts)
        for _ in range(rng.choice((1, 2, 4))):
            start = rng.randrange(len(text) + 1)
            piece = rng.choice((*pieces, *FRAGMENTS, text[start : start + 40]))
            text = text[:start] + piece + text[start + rng.choice((0, 1, len(piece))) :]
        return text

    def run(text: str, folder: Path) -> None:
        path = folder / "r.toml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        found = load_recipe(str(path))
        json.dumps(found.settings())
        str(found.digest)

    return Area(case, run)


AREAS: dict[str, Callable[[], Area]] = {
    "reader": reader, "validate": validate, "export": export, "import": importing, "requests": requests,
    "model": model, "index": index, "recipe": recipe,
}  # fmt: skip


# Running ----------------------------------------------------------------------------------------------


def random_for(seed: int, area: str, number: int) -> random.Random:
    """Return the random numbers of an input."""
    return random.Random(f"{seed} {area} {number}")


def work(area: str, seed: int, numbers: range, folder: str, pipe: Connection) -> None:
    """Take inputs one after the other, and report each: its number before, and its fault or None behind."""
    import resource

    os.chdir(folder)
    os.environ["FOLKRNN_CACHE"] = str(Path(folder) / "cache")
    case, run = AREAS[area]()
    outside: list[str] = []
    watch(Path(folder), outside)
    if sys.platform != "darwin":
        resource.setrlimit(resource.RLIMIT_AS, (12 * MEMORY, 12 * MEMORY))
    for number in numbers:
        given = case(random_for(seed, area, number), number)
        pipe.send(number)
        outside.clear()
        fault: Fault | None = None
        try:
            if problem := run(given, Path(folder)):
                kind = "refused" if problem.startswith("refused: ") else "traceback"
                fault = Fault(kind, re.sub(r"\d+|'[^']*'", "#", problem)[:160], problem)
        except FolkrnnError:
            pass
        except MemoryError:
            fault = Fault("memory", "MemoryError", "")
        except Exception as error:  # whatever comes is what is looked for
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "folkrnn" in frame.filename]
            last = next((frame for frame in reversed(frames) if "fuzz.py" not in frame.filename), frames[-1])
            fault = Fault("traceback", f"{type(error).__name__} {Path(last.filename).name}:{last.lineno}", str(error))
        if fault is None and outside:
            fault = Fault("outside", outside[0], "")
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        if fault is None and used > MEMORY:
            fault = Fault("memory", f"{used / 1e6:.0f} MB", "")
        pipe.send(fault and (*fault, repr(given)))
        if used > MEMORY:
            break
    pipe.close()


def watch(folder: Path, outside: list[str]) -> None:
    """Note each file that is written, made or removed outside of a folder."""
    allowed = (str(folder.resolve()), str(folder), "/dev/", tempfile.gettempdir())
    writing = {
        "os.remove",
        "os.rename",
        "os.link",
        "os.symlink",
        "os.mkdir",
        "os.rmdir",
        "shutil.rmtree",
        "os.truncate",
    }

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            name, _, flags = arguments
            if not isinstance(name, str) or not (flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
                return
        elif event in writing:
            name = arguments[1] if event in ("os.rename", "os.link", "os.symlink") else arguments[0]
        else:
            return
        path = os.path.abspath(os.fsdecode(name)) if isinstance(name, str | bytes | os.PathLike) else ""
        if path and not path.startswith(allowed) and not path.endswith(".pyc") and "__pycache__" not in path:
            outside.append(f"{event} {path}")

    sys.addaudithook(hook)


def tried(area: str, seed: int, numbers: range, seconds: float) -> Iterator[tuple[int, Fault | None]]:
    """Yield the number of each input and its fault, in as many processes as it takes."""
    start = numbers.start
    while start < numbers.stop:
        with tempfile.TemporaryDirectory() as folder:
            ours, theirs = get_context("spawn").Pipe(duplex=False)
            inside = Path(folder) / "run"
            inside.mkdir()
            arguments = area, seed, range(start, numbers.stop), str(inside), theirs
            process = get_context("spawn").Process(target=work, args=arguments)
            process.start()
            theirs.close()
            begun: int | None = None
            try:
                while ours.poll(seconds if begun is not None else 120):
                    message = ours.recv()
                    if isinstance(message, int):
                        begun = message
                    else:
                        assert begun is not None
                        start = begun + 1
                        yield begun, message and Fault(message[0], message[1], f"{message[2]} {message[3]}")
                        begun = None
                else:
                    number = start if begun is None else begun
                    start = number + 1
                    yield number, Fault("hang", f"over {seconds:.0f} s", "")
            except EOFError:
                if begun is not None:
                    start = begun + 1
                    yield begun, Fault("traceback", "the process died", "")
            finally:
                process.kill()
                process.join()


def main() -> None:
    """Try inputs in some areas, and print inputs, faults and seconds for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("areas", nargs="*", metavar="AREA", help=f"some of {', '.join(AREAS)} [default: all]")
    parser.add_argument("--inputs", type=int, default=1000, help="of each area")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the number of the first input")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10, help="the most that one input may take")
    parser.add_argument("--within", type=float, default=float("inf"), help="seconds for each area; then it ends early")
    parser.add_argument("--show", action="store_true", help="print the inputs of faults too")
    options = parser.parse_args()
    if unknown := set(options.areas) - set(AREAS):
        parser.error(f"{', '.join(sorted(unknown))}: no area; expected some of {', '.join(AREAS)}")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    failed = False
    for area in options.areas or AREAS:
        begun, count = time.monotonic(), 0
        faults: dict[tuple[str, str], list[int]] = {}
        for number, fault in tried(
            area, options.seed, range(options.first, options.first + options.inputs), options.seconds
        ):
            count += 1
            if fault:
                faults.setdefault(fault[:2], []).append(number)
                if options.show:
                    print(f"{area} {number}: {fault.kind} {fault.where}\n    {fault.shown[:2000]}")
            if time.monotonic() - begun > options.within:
                break
        kinds = Counter(dict.fromkeys(("traceback", "hang", "memory", "outside", "refused"), 0))
        for (kind, _), numbers in faults.items():
            kinds[kind] += len(numbers)
        told = ", ".join(f"{kind} {number}" for kind, number in kinds.items())
        print(f"{area}: {count:,} inputs, {told}; {time.monotonic() - begun:.0f} s", flush=True)
        for (kind, where), numbers in sorted(faults.items(), key=lambda each: -len(each[1])):
            print(f"    {kind} {where}: {len(numbers)}, such as {', '.join(map(str, numbers[:3]))}", flush=True)
        failed = failed or bool(faults)
    sys.exit(failed)


if __name__ == "__main__":
    main()
