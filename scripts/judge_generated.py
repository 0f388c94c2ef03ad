"""Check tunebooks with independent judges: music21, abc2midi and abcm2ps.

A tune passes if folkrnn's validation finds it playable, abc2midi (Debian's package abcmidi) reads it without a warning,
and abcm2ps prints it without an error. The two programs get each tune alone, after the
file's header and at its own line. So their messages are about that tune and name the line of the tunebook, and a crash
affects no other tune.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from folkrnn.notation import Tune, decode, read_tunes
from folkrnn.notation.lexer import split_lines
from folkrnn.processes import processors
from folkrnn.validation import Report, validate_all

MIDI, PRINT = "abc2midi", "abcm2ps"
MAX_SHOWN = 20


class Opinion(NamedTuple):
    """The messages of the two programs about a tune, and how many others are only about layout."""

    midi: list[str]
    printing: list[str]
    layout: int


def opinion(text: str, folder: Path) -> Opinion:
    """Return what abc2midi and abcm2ps say about a tune."""
    source = folder / "tune.abc"
    source.write_text(text, encoding="utf-8")
    midi = messages(MIDI, str(source), "-c")
    printed = messages(PRINT, str(source), "-O", str(folder / "tune.ps"))
    return Opinion(
        [line for line in midi if re.search("warning|error", line, re.IGNORECASE)],
        [line.removeprefix(f"{source}:") for line in printed if "error: " in line],
        sum("warning: " in line for line in printed),
    )


def messages(*command: str) -> list[str]:
    """Return the lines that a program writes, and one more if it crashes or takes too long."""
    try:
        run = subprocess.run(command, capture_output=True, check=False, timeout=20)
    except subprocess.TimeoutExpired:
        return [f"{command[0]} ended with an error: no answer within 20 seconds"]
    lines = decode(run.stdout + run.stderr).splitlines()
    return lines + ([f"{command[0]} ended with an error: signal {-run.returncode}"] if run.returncode < 0 else [])


def alone(lines: Sequence[str], tunes: Sequence[Tune]) -> Iterator[str]:
    """Yield each tune's text at its own line of the tunebook, after the header of the file alone."""
    starts = [tune.line - 1 for tune in tunes]
    for start, stop in zip(starts, [*starts[1:], len(lines)], strict=False):
        yield "\n".join([*lines[: starts[0]], *[""] * (start - starts[0]), *lines[start:stop]]) + "\n"


def judged(path: Path) -> bool:
    """Print what the judges say about a tunebook; return whether all its tunes pass."""
    text = decode(path.read_bytes())
    tunes = read_tunes(text, path.name)
    reports = list(validate_all(tunes, processors()))
    with tempfile.TemporaryDirectory() as folder:
        opinions = [opinion(each, Path(folder)) for each in alone(split_lines(text), tunes)]
    print(
        f"{path}: {len(tunes)} tunes; {sum(report.playable for report in reports)} playable, "
        f"{sum(report.agrees is True for report in reports)} read in the same way by music21; "
        f"{MIDI} complains about {sum(bool(each.midi) for each in opinions)}, "
        f"{PRINT} about {sum(bool(each.printing) for each in opinions)} "
        f"(remarks on layout: {sum(each.layout for each in opinions)})"
    )
    complaints = [
        f"    X:{tune.number} {tune.title}: {complaint}"
        for tune, report, said in zip(tunes, reports, opinions, strict=True)
        for complaint in all_complaints(report, said)
    ]
    print(*complaints[:MAX_SHOWN], sep="\n", end="\n" if complaints else "")
    if len(complaints) > MAX_SHOWN:
        print(f"    and {len(complaints) - MAX_SHOWN} more")
    return bool(tunes) and not complaints


def all_complaints(report: Report, said: Opinion) -> Iterator[str]:
    """Yield what keeps a tune from passing: the first message of each judge."""
    fault = [str(report.fault)] if report.fault else []
    for judge, against in (("folkrnn", fault), (MIDI, said.midi), (PRINT, said.printing)):
        if against:
            yield f"{judge}: {against[0].strip()}"


def main() -> int:
    """Judge the tunebooks: 0 if every tune passes, 1 if one does not, 2 if a judge or a file is missing."""
    parser = argparse.ArgumentParser(description="Check tunebooks with music21, abc2midi and abcm2ps.")
    parser.add_argument("tunebooks", nargs="+", type=Path, metavar="TUNEBOOK.abc")
    tunebooks: list[Path] = parser.parse_args().tunebooks
    for program in (MIDI, PRINT):
        if not shutil.which(program):
            parser.error(f"{program} is not installed")
    for path in tunebooks:
        if not path.is_file():
            parser.error(f"there is no file {path}")
    verdicts = [judged(path) for path in tunebooks]
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
