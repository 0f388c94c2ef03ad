"""What the judges of interruptions have in common: processes that are known by a mark, and signals."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

MARK = "FOLKRNN_JUDGED_RUN"
"""The variable by which the processes of a run are known, in whatever session they are."""


class Signal(NamedTuple):
    """A signal, and whether it goes to all processes of a command, or to its first one."""

    number: int
    to_all: bool = False


SIGNALS = {
    "INT": Signal(signal.SIGINT, to_all=True),
    "TERM": Signal(signal.SIGTERM),
    "TERM to all": Signal(signal.SIGTERM, to_all=True),
    "HUP": Signal(signal.SIGHUP, to_all=True),
    "KILL": Signal(signal.SIGKILL),
}
"""A terminal sends SIGINT and SIGHUP to all, ``timeout`` and systemd SIGTERM."""

ORPHAN_SECONDS = 30.0
"""How long processes may take to end after the one that started them."""


def new_mark() -> str:
    """Return a mark that no other run has."""
    return f"{os.getpid()}-{time.monotonic_ns()}"


def start(arguments: Sequence[str], mark: str, more: Mapping[str, str] | None = None) -> "subprocess.Popen[bytes]":
    """Start a command of folkrnn in a session of its own, with the variable MARK and ``more`` of them."""
    return subprocess.Popen(
        [sys.executable, "-m", "folkrnn", *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, **(more or {}), MARK: mark}, start_new_session=True,
    )  # fmt: skip


def send(process: "subprocess.Popen[bytes]", one: Signal) -> None:
    """Send a command a signal, unless it has ended."""
    if process.poll() is not None:
        return
    if one.to_all:
        os.killpg(process.pid, one.number)
    else:
        process.send_signal(one.number)


def status_of(process: "subprocess.Popen[bytes]") -> int:
    """Return the status of a process that has ended, as a shell has it."""
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


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
            left = [command_line(process)[:120] for process in found]
            for process in found:
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


def command_line(process: Path) -> str:
    """Return the command line of a process, given its folder in /proc; nothing if it has ended."""
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files in a folder, by their names from there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
