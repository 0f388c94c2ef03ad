"""Stop commands by signals at random moments, and run two at once, and look at what they leave.

    python scripts/judge_interruptions.py                        every command, 20 times for each signal; every pair
    python scripts/judge_interruptions.py generate export --times 5 --seed 3

SIGINT and SIGHUP go to all processes of a command, as a terminal sends them, SIGKILL to its first one, SIGTERM to
either. After each signal the status must be right, and no process may be left. Every file must be what an unharmed run
writes, or a beginning of it that ends with a tune; of tunes that are composed side by side, those that are finished.
After all of them the command must run as if nothing had been, and leave no other file. The moments are counted from
when the command takes signals, some 50 ms after its start.

Of a pair, two runs of a command begin one shortly after the other, with one folder for both. Each must end well, or
with one line that says what is there. The files must be those of an unharmed run.

Linux only: it looks for processes in /proc. ``judge_studio.py`` stops the studio and its processes.
"""

import argparse
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from interrupting import SIGNALS, Signal, contents, new_mark, orphans, send, start, status_of, wait_until_it_listens

LIMIT_SECONDS = 600.0
"""How long a run may take."""

GROWING = (".abc", ".csv")
"""Files that an interrupted run may leave shorter than an unharmed one."""

BOOK = "".join(f"X:{n}\nT:Tune {n}\nM:4/4\nL:1/8\nK:D\n|:DEFG ABcd|dcBA GFED:|\n\n" for n in range(1, 25))

LARGE_TUNES, LARGE_BYTES = 300, 4000
"""The tunes of a tunebook that several processes read, and the size of each, most of which is a note (``N:``)."""


@dataclass(frozen=True)
class Case:
    """A command: its arguments, given the folder of its input and the one that it writes to."""

    arguments: Callable[[Path, Path], Sequence[str]]
    printing: bool = False
    same: bool = True
    """Whether two runs write the same bytes."""
    again: bool = False
    """Whether the files of the run before are removed: else they are replaced."""
    composing: bool = False
    """Whether tunes are composed side by side, so that later ones may be finished before earlier ones."""
    resumes: Callable[[Path, Path], Sequence[str]] | None = None
    """What goes on with a run that was stopped, if that has left a ``state.safetensors``."""


def _books(given: Path, *options: str) -> list[str]:
    return [*options, str(given / "book.abc")]


def _large(given: Path) -> str:
    return str(given / "large.abc")


CASES = {
    "generate": Case(
        lambda given, to: ["generate", "-n16", "--seed=1", "--format=abc,midi", f"-o{to}", "--force"],
        again=True, composing=True,
    ),
    "print": Case(lambda given, to: ["generate", "-n4", "--seed=1", "-o-"], printing=True, composing=True),
    "export": Case(lambda given, to: ["export", *_books(given), "--format=abc,midi,svg", f"-o{to}", "--force"]),
    "import": Case(lambda given, to: ["import", str(given / "xml"), f"-o{to / 'all.abc'}", "--force"]),
    "validate": Case(lambda given, to: ["validate", *_books(given)], printing=True),
    "corpus": Case(lambda given, to: ["corpus", "build", _large(given), f"-o{to}", "--force"]),
    "index": Case(lambda given, to: ["originality", *_books(given)], again=True),
    "train": Case(
        lambda given, to: [
            "train", *_books(given), f"-o{to}", "--max-steps=4", "--layers=1", "--hidden=32", "--batch=4",
            "--dtype=float32", "--force",
        ],
        same=False, resumes=lambda given, to: ["train", *_books(given), f"-o{to}", "--resume"],
    ),
}  # fmt: skip

PAIRS = {
    "two generate": Case(lambda given, to: ["generate", "-n3", "--seed=1", "--format=abc,midi", f"-o{to}"]),
    "two export": Case(lambda given, to: ["export", *_books(given), "--format=abc,midi", f"-o{to}"]),
    "two corpus": Case(lambda given, to: ["corpus", "build", _large(given), f"-o{to}"]),
    "two index": Case(lambda given, to: ["originality", *_books(given)]),
}
"""Commands that run twice at once, none of which may replace a file."""


@dataclass
class Run:
    """A run of a command: its status as a shell has it, what it printed, and what it left running."""

    status: int
    out: str
    errors: str
    orphans: list[str]
    seconds: float
    sent: bool


def environment(arguments: Sequence[str], to: Path) -> dict[str, str]:
    """Return the variables of a run: what makes an index makes it in the folder that the others write to."""
    return {"FOLKRNN_CACHE": str(to)} if arguments[0] == "originality" else {}


def run(arguments: Sequence[str], to: Path, one: Signal | None = None, after: float | None = None) -> Run:
    """Run a command; send it a signal after some seconds, unless it has ended by itself."""
    mark, begun = new_mark(), time.monotonic()
    process = start(arguments, mark, environment(arguments, to))
    wait_until_it_listens(process)
    sent = False
    try:
        out, errors = process.communicate(timeout=LIMIT_SECONDS if after is None else after)
    except subprocess.TimeoutExpired:
        sent = True
        if one:
            send(process, one)
        try:
            out, errors = process.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            out, errors = process.communicate()
            errors += b"\nit did not end"
    seconds = time.monotonic() - begun
    return Run(status_of(process), out.decode(), errors.decode(), orphans(mark), seconds, sent)


def faults(run: Run, number: int, case: Case, reference: Run) -> list[str]:
    """Return what is wrong with a run that was sent a signal."""
    found = []
    if run.sent and run.status not in (128 + number, reference.status):
        found.append(f"status {run.status}")
    found += [f"printed {word!r}" for word in ("Traceback", "Exception ignored", "did not end") if word in run.errors]
    found += [f"left running: {line}" for line in run.orphans]
    some = case.composing and are_some_tunes(run.out.encode(), reference.out.encode())
    if case.printing and not some and not is_beginning(run.out, reference.out):
        found.append("printed half a tune, or another")
    return found


def is_beginning(text: str, whole: str) -> bool:
    """Return whether a text is the beginning of another, and ends with a line of it."""
    return whole.startswith(text) and (not text or text.endswith("\n") or text == whole)


def file_faults(folder: Path, whole: dict[str, bytes], case: Case, hidden_allowed: bool) -> list[str]:
    """Return what is wrong with the files in a folder, given those of an unharmed run."""
    found = []
    for name, content in contents(folder).items():
        if Path(name).name.startswith(".") and name not in whole:
            found += [] if hidden_allowed else [f"{name}: a hidden file is left"]
        elif name not in whole:
            found.append(f"{name}: a file too many")
        elif not case.same:
            found += readable_faults(folder / name)
        elif case.composing and name.endswith(".abc"):
            found += [] if are_some_tunes(content, whole[name]) else [f"{name}: other tunes, or half of one"]
        elif content != whole[name] and not (name.endswith(GROWING) and is_tunes(content, whole[name])):
            found.append(f"{name}: not what an unharmed run writes")
    return found


def is_tunes(content: bytes, whole: bytes) -> bool:
    """Return whether a tunebook holds the first tunes of another, each whole."""
    rest = whole.removeprefix(content)
    return rest != whole and (not rest or rest.lstrip().startswith(b"X:"))


def are_some_tunes(content: bytes, whole: bytes) -> bool:
    """Return whether a tunebook holds some tunes of another, at least one, each whole, in their order."""
    start, *tunes = re.split(rb"^(?=X:)", content, flags=re.MULTILINE)
    beginning, *others = re.split(rb"^(?=X:)", whole, flags=re.MULTILINE)
    rest = iter(others)
    in_order = all(any(tune.strip() == other.strip() for other in rest) for tune in tunes)
    return start == beginning and bool(tunes) and in_order


def lost(folder: Path, earlier: set[str], run: Run, whole: dict[str, bytes]) -> list[str]:
    """Return what of the finished tunes of ``generate`` is not there: each has a MIDI file and stands in the book.

    A book that was growing when its process was killed is a hidden file; ``earlier`` ones are of runs before.
    """
    found = {name: content for name, content in contents(folder).items() if name not in earlier}
    tunes = sum(content.count(b"X:") for name, content in found.items() if "tunes-1.abc" in name)
    files = sum(name.endswith(".mid") for name in found)
    told = re.search(r"stopped; (\d+) of", run.errors)
    wrong = []
    for name, content in found.items():
        if name.startswith(".tunes-1.abc") and content and not are_some_tunes(content, whole["tunes-1.abc"]):
            wrong.append(f"{name}: other tunes, or half of one")
    if not tunes <= files <= tunes + (run.status == 128 + signal.SIGKILL):
        wrong.append(f"{files} MIDI files, and {tunes} tunes in the book")
    if told and int(told[1]) != tunes:
        wrong.append(f"says {told[1]} tunes, and {tunes} are there")
    return wrong


def readable_faults(path: Path) -> list[str]:
    """Return what is wrong with a file by what its own reader says."""
    from folkrnn.analysis.originality import Index
    from folkrnn.model.checkpoint import read_tensors
    from folkrnn.model.metadata import read_metadata
    from folkrnn.model.training import STATE_FORMAT

    try:
        if path.suffix == ".index":
            Index.load(path)
        elif path.name == "state.safetensors":
            read_tensors(path, STATE_FORMAT)
        elif path.suffix == ".safetensors":
            read_metadata(path)
        elif path.suffix == ".png" and not path.read_bytes().endswith(b"IEND\xaeB`\x82"):
            return [f"{path.name}: half a drawing"]
        elif path.suffix == ".csv" and not path.read_bytes().endswith(b"\n"):
            return [f"{path.name}: half a row"]
    except Exception as error:
        return [f"{path.name}: {error}"]
    return []


def empty(folder: Path) -> None:
    """Remove the files of a folder but for the hidden ones, which the next run is to clear away."""
    for path in folder.iterdir():
        if path.is_file() and path.name[0] != ".":
            path.unlink()


def unharmed_run(name: str, case: Case, given: Path, to: Path) -> tuple[Run, dict[str, bytes]]:
    """Run a command as it is meant to be; return the run and its files."""
    to.mkdir()
    reference = run(case.arguments(given, to), to)
    if reference.status not in (0, 1):
        sys.exit(f"{name}: an unharmed run ends with status {reference.status}: {reference.errors}")
    whole = contents(to)
    print(f"{name}: an unharmed run takes {reference.seconds:.1f} s and writes {len(whole)} files", flush=True)
    return reference, whole


def judge(name: str, times: int, rng: random.Random, folder: Path, words: Sequence[str]) -> Counter[str]:
    """Stop a command that many times by each of some signals; print what went wrong, and return counts."""
    case, counts = CASES[name], Counter[str]()
    given, to = folder / "given", folder / name
    reference, whole = unharmed_run(name, case, given, folder / f"{name}-whole")
    to.mkdir()
    seconds = reference.seconds  # which other programs may have made longer
    for word in words:
        one = SIGNALS[word]
        wrong = 0
        amid = 0
        for _ in range(times):
            after = rng.uniform(0.02, seconds)
            if case.again:
                empty(to)
            earlier = set(contents(to))
            stopped = run(case.arguments(given, to), to, one, after)
            amid += stopped.sent
            seconds = seconds if stopped.sent else min(seconds, stopped.seconds)
            found = faults(stopped, one.number, case, reference)
            found += file_faults(to, whole, case, hidden_allowed=one.number == signal.SIGKILL)
            found += lost(to, earlier, stopped, whole) if case.composing and not case.printing else []
            wrong += bool(found)
            tell(f"{word} after {after:.2f} s", found, stopped)
        late = []
        if case.resumes and (to / "state.safetensors").exists():
            late += next_run_faults(case.resumes(given, to), to, whole, case, reference)
        late += next_run_faults(case.arguments(given, to), to, whole, case, reference)
        for fault in late:
            print(f"  the run after {word}: {fault}", flush=True)
        counts += Counter({"signals": times, "amid": amid, "wrong": wrong, "next runs": 1, "wrong next": bool(late)})
        told = f"{wrong} of {times} wrong; the next run {'fails' if late else 'works'}"
        print(f"  {word}: {amid} of {times} came before its end; {told}", flush=True)
    return counts


def next_run_faults(
    arguments: Sequence[str], to: Path, whole: dict[str, bytes], case: Case, reference: Run
) -> list[str]:
    """Run a command after others were stopped, and return what is wrong with it."""
    again = run(arguments, to)
    late = file_faults(to, whole, case, hidden_allowed=False)
    late += [f"{each}: missing" for each in set(whole) - set(contents(to))]
    return late + ([] if again.status == reference.status else [f"status {again.status}: {again.errors[-300:]}"])


def tell(when: str, found: Sequence[str], run: Run) -> None:
    """Print what was found of a run."""
    for fault in found:
        print(f"  {when}: {fault}", flush=True)
        if "printed" in fault or "status" in fault or "says" in fault:
            print("    " + re.sub(r"\n", "\n    ", run.errors[-1500:]), flush=True)


def judge_pair(name: str, times: int, rng: random.Random, folder: Path) -> Counter[str]:
    """Run a command twice at once that many times; print what went wrong, and return counts."""
    case = PAIRS[name]
    given, to = folder / "given", folder / name.replace(" ", "-")
    arguments = case.arguments(given, to)
    reference, whole = unharmed_run(name, case, given, folder / f"{to.name}-whole")
    to.mkdir()
    wrong, refused = 0, 0
    for _ in range(times):
        for path in to.iterdir():
            path.unlink()
        later = rng.choice([0.0, rng.uniform(0, 0.3 * reference.seconds)])
        marks, processes = [new_mark(), new_mark()], []
        for mark in marks:
            processes.append(start(arguments, mark, environment(arguments, to)))
            time.sleep(later if len(processes) == 1 else 0)
        runs = []
        for process, mark in zip(processes, marks, strict=True):
            out, errors = process.communicate()
            runs.append(Run(status_of(process), out.decode(), errors.decode(), orphans(mark), 0.0, sent=False))
        found = file_faults(to, whole, Case(case.arguments), hidden_allowed=False)
        found += [f"{each}: missing" for each in set(whole) - set(contents(to))]
        for each in runs:
            found += faults(each, 0, case, reference)
            said = [line for line in each.errors.splitlines() if line.startswith("folkrnn:")]
            if each.status == reference.status:
                continue
            refused += 1
            if each.status != 2 or len(said) != 1 or not said[0].endswith("exists already; --force overwrites it"):
                found.append(f"status {each.status}, printed {said}")
        wrong += bool(found)
        tell(f"{later:.2f} s apart", found, runs[1])
    print(f"  {wrong} of {times} wrong; {refused} of {2 * times} runs were told that files exist", flush=True)
    return Counter({"pairs": times, "wrong": wrong})


def make_input(given: Path) -> None:
    """Make a small tunebook, a large one, and a folder of MusicXML."""
    from folkrnn.export.musicxml import to_musicxml
    from folkrnn.notation import read_tunes

    (given / "xml").mkdir(parents=True)
    (given / "book.abc").write_text(BOOK, encoding="utf-8")
    for tune in read_tunes(BOOK)[:4]:
        (given / "xml" / f"{tune.title}.musicxml").write_bytes(to_musicxml(tune))
    rng = random.Random(1)
    with (given / "large.abc").open("w", encoding="utf-8") as file:
        for number in range(1, LARGE_TUNES + 1):
            bars = ("".join(rng.choices("DEFGABcd", k=8)) for _ in range(16))
            music = f"M:4/4\nL:1/8\nK:D\n{'|'.join(bars)}|]\n\n"
            file.write(f"X:{number}\nT:Tune {number}\nN:{'-' * (LARGE_BYTES - len(music))}\n{music}")


def main() -> None:
    """Judge the commands that are named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [*CASES, *PAIRS]
    parser.add_argument("cases", nargs="*", metavar="COMMAND", help=f"some of {', '.join(names)} [default: all]")
    parser.add_argument("--times", type=int, default=20, help="signals of each kind for each command, and pairs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--signals", nargs="*", choices=SIGNALS, default=list(SIGNALS))
    options = parser.parse_args()
    if unknown := set(options.cases) - set(names):
        parser.error(f"{', '.join(sorted(unknown))}: no such command; expected some of {', '.join(names)}")
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_input(folder / "given")
        for case in options.cases or names:
            rng = random.Random(f"{options.seed} {case}")
            if case in CASES:
                total += judge(case, options.times, rng, folder, options.signals)
            else:
                total += judge_pair(case, options.times, rng, folder)
    words = ("signals", "amid", "pairs", "wrong", "next runs", "wrong next")
    print(", ".join(f"{word}: {total[word]}" for word in words))
    sys.exit(1 if total["wrong"] or total["wrong next"] else 0)


if __name__ == "__main__":
    main()
