"""Stop commands by signals at random moments and look at what they leave.

    python scripts/judge_interruptions.py                        every command, 20 times for each signal
    python scripts/judge_interruptions.py generate export --times 5 --seed 3

A terminal sends SIGINT and SIGHUP to all processes of a command; SIGTERM and SIGKILL are sent to its first one. After
each signal the status must be right, and no process may be left. Every file must be what an unharmed run writes, or a
beginning of it that ends with a tune. After all of them the command must run as if nothing had been, and leave no
other file. The moments are counted from when the command takes signals, some 50 ms after its start. Linux only: it
looks for processes in /proc.
"""

import argparse
import os
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

MARK = "FOLKRNN_JUDGED_RUN"
"""The variable by which the processes of a run are known, in whatever session they are."""

SIGNALS = {"INT": signal.SIGINT, "TERM": signal.SIGTERM, "HUP": signal.SIGHUP, "KILL": signal.SIGKILL}

ORPHAN_SECONDS = 30.0
"""How long processes may take to end after the one that started them."""

LIMIT_SECONDS = 600.0
"""How long a run may take."""

GROWING = (".abc", ".csv")
"""Files that an interrupted run may leave shorter than an unharmed one."""

BOOK = "".join(f"X:{n}\nT:Tune {n}\nM:4/4\nL:1/8\nK:D\n|:DEFG ABcd|dcBA GFED:|\n\n" for n in range(1, 25))


@dataclass(frozen=True)
class Case:
    """A command: its arguments, given the folder of its input and the one that it writes to."""

    arguments: Callable[[Path, Path], Sequence[str]]
    server: bool = False
    printing: bool = False
    same: bool = True
    """Whether two runs write the same bytes."""


def _books(given: Path, *options: str) -> list[str]:
    return [*options, str(given / "book.abc")]


CASES = {
    "generate": Case(lambda given, to: ["generate", "-n16", "--seed=1", "--format=abc,midi", f"-o{to}", "--force"]),
    "print": Case(lambda given, to: ["generate", "-n4", "--seed=1", "-o-"], printing=True),
    "export": Case(lambda given, to: ["export", *_books(given), "--format=abc,midi,svg", f"-o{to}", "--force"]),
    "import": Case(lambda given, to: ["import", str(given / "xml"), f"-o{to / 'all.abc'}", "--force"]),
    "validate": Case(lambda given, to: ["validate", *_books(given)], printing=True),
    "corpus": Case(lambda given, to: ["corpus", "build", *_books(given), f"-o{to}", "--force"]),
    "index": Case(lambda given, to: ["originality", *_books(given)], same=False),
    "train": Case(
        lambda given, to: [
            "train", *_books(given), f"-o{to}", "--max-steps=4", "--layers=1", "--hidden=32", "--batch=4", "--force",
        ],
        same=False,
    ),
    "studio": Case(
        lambda given, to: ["studio", str(to), "--port=0", "--no-browser"], server=True, same=False
    ),
}  # fmt: skip


@dataclass
class Run:
    """A run of a command: its status as a shell has it, what it printed, and what it left running."""

    status: int
    out: str
    errors: str
    orphans: list[str]
    seconds: float
    sent: bool


def start(arguments: Sequence[str], folder: Path, mark: str) -> "subprocess.Popen[bytes]":
    """Start the command in a session of its own; what makes an index makes it in the folder that it writes to."""
    environment = {**os.environ, MARK: mark}
    if arguments[0] == "originality":
        environment["FOLKRNN_CACHE"] = str(folder)
    return subprocess.Popen(
        [sys.executable, "-m", "folkrnn", *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
        start_new_session=True,
    )  # fmt: skip


def run(arguments: Sequence[str], folder: Path, number: int = 0, after: float | None = None) -> Run:
    """Run a command; send it a signal after some seconds, unless it has ended by itself."""
    mark = f"{os.getpid()}-{time.monotonic_ns()}"
    begun = time.monotonic()
    process = start(arguments, folder, mark)
    wait_until_it_listens(process)
    sent = False
    try:
        out, errors = process.communicate(timeout=LIMIT_SECONDS if after is None else after)
    except subprocess.TimeoutExpired:
        sent = True
        if number in (signal.SIGINT, signal.SIGHUP):
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        try:
            out, errors = process.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            out, errors = process.communicate()
            errors += b"\nit did not end"
    status = process.returncode if process.returncode >= 0 else 128 - process.returncode
    return Run(status, out.decode(), errors.decode(), orphans(mark), time.monotonic() - begun, sent)


def wait_until_it_listens(process: "subprocess.Popen[bytes]") -> None:
    """Wait until a process handles SIGTERM: before that Python itself is starting, in whose hands signals are."""
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        except OSError:
            return
        if int(re.findall(r"SigCgt:\s*(\w+)", status)[0], 16) >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.002)


def orphans(mark: str) -> list[str]:
    """Wait for the processes of a run to end; end those that do not, and return their command lines."""
    ends = time.monotonic() + ORPHAN_SECONDS
    while found := marked(mark):
        if time.monotonic() > ends:
            left = []
            for process in found:
                left.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:120])
                os.kill(int(process.name), signal.SIGKILL)
            return left
        time.sleep(0.05)
    return []


def marked(mark: str) -> list[Path]:
    """Return the living processes that have a mark in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append(process)
        except OSError:
            continue  # it has ended, or is another user's
    return found


def faults(run: Run, number: int, case: Case, reference: Run) -> list[str]:
    """Return what is wrong with a run that was sent a signal."""
    found = []
    wanted = {128 + number} | ({reference.status} if not case.server else set())
    if run.sent and run.status not in wanted:
        found.append(f"status {run.status}")
    found += [f"printed {word!r}" for word in ("Traceback", "Exception ignored", "did not end") if word in run.errors]
    found += [f"left running: {line}" for line in run.orphans]
    if case.printing and not is_beginning(run.out, reference.out):
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
        elif content != whole[name] and not (name.endswith(GROWING) and is_tunes(content, whole[name])):
            found.append(f"{name}: not what an unharmed run writes")
    return found


def is_tunes(content: bytes, whole: bytes) -> bool:
    """Return whether a tunebook holds the first tunes of another, each whole."""
    rest = whole.removeprefix(content)
    return rest != whole and (not rest or rest.lstrip().startswith(b"X:"))


def readable_faults(path: Path) -> list[str]:
    """Return what is wrong with a file by what its own reader says."""
    from folkrnn.analysis.originality import Index
    from folkrnn.model.metadata import read_metadata

    try:
        if path.suffix == ".npz":
            Index.load(path)
        elif path.suffix == ".safetensors" and "model" in path.name:
            read_metadata(path)
        elif path.suffix == ".png" and not path.read_bytes().endswith(b"IEND\xaeB`\x82"):
            return [f"{path.name}: half a drawing"]
    except Exception as error:
        return [f"{path.name}: {error}"]
    return []


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files in a folder, by their names from there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def judge(name: str, times: int, rng: random.Random, folder: Path) -> Counter[str]:
    """Stop a command that many times by each signal; print what went wrong, and return counts."""
    case, counts = CASES[name], Counter[str]()
    given = folder / "given"
    unharmed, to = folder / f"{name}-whole", folder / name
    unharmed.mkdir()
    to.mkdir()
    reference = run(case.arguments(given, unharmed), unharmed, signal.SIGTERM, 20.0 if case.server else None)
    whole = contents(unharmed)
    if reference.status != (143 if case.server else reference.status & 1):
        sys.exit(f"{name}: an unharmed run ends with status {reference.status}: {reference.errors}")
    print(f"{name}: an unharmed run takes {reference.seconds:.1f} s and writes {len(whole)} files", flush=True)
    for word, number in SIGNALS.items():
        wrong = 0
        amid = 0
        for _ in range(times):
            after = rng.uniform(0.02, min(reference.seconds, 20.0))
            if name == "index":  # else only the first run would make one
                for path in to.glob("corpus-*"):
                    path.unlink()
            stopped = run(case.arguments(given, to), to, number, after)
            amid += stopped.sent
            found = faults(stopped, number, case, reference)
            found += file_faults(to, whole, case, hidden_allowed=number == signal.SIGKILL)
            wrong += bool(found)
            for fault in found:
                print(f"  {word} after {after:.2f} s: {fault}", flush=True)
                if "printed" in fault or "status" in fault:
                    print("    " + re.sub(r"\n", "\n    ", stopped.errors[-1500:]), flush=True)
        again = run(case.arguments(given, to), to, signal.SIGTERM, 20.0 if case.server else None)
        late = file_faults(to, whole, case, hidden_allowed=False)
        late += [f"{each}: missing" for each in set(whole) - set(contents(to))]
        late += [] if again.status == reference.status else [f"status {again.status}: {again.errors[-300:]}"]
        for fault in late:
            print(f"  the run after {word}: {fault}", flush=True)
        counts += Counter({"signals": times, "amid": amid, "wrong": wrong, "next runs": 1, "wrong next": bool(late)})
        told = f"{wrong} of {times} wrong; the next run {'fails' if late else 'works'}"
        print(f"  {word}: {amid} of {times} came before its end; {told}", flush=True)
    return counts


def make_input(given: Path) -> None:
    """Make a tunebook and a folder of MusicXML."""
    from folkrnn.export.musicxml import to_musicxml
    from folkrnn.notation import read_tunes

    (given / "xml").mkdir(parents=True)
    (given / "book.abc").write_text(BOOK, encoding="utf-8")
    for tune in read_tunes(BOOK)[:4]:
        (given / "xml" / f"{tune.title}.musicxml").write_bytes(to_musicxml(tune))


def main() -> None:
    """Judge the commands that are named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="COMMAND", help=f"some of {', '.join(CASES)} [default: all]")
    parser.add_argument("--times", type=int, default=20, help="signals of each kind for each command")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if unknown := set(options.cases) - set(CASES):
        parser.error(f"{', '.join(sorted(unknown))}: no such command; expected some of {', '.join(CASES)}")
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_input(folder / "given")
        for case in options.cases or CASES:
            total += judge(case, options.times, random.Random(f"{options.seed} {case}"), folder)
    print(", ".join(f"{word}: {total[word]}" for word in ("signals", "amid", "wrong", "next runs", "wrong next")))
    sys.exit(1 if total["wrong"] or total["wrong next"] else 0)


if __name__ == "__main__":
    main()
