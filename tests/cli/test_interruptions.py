"""Commands that are stopped at any moment, and places that cannot be written to."""

import errno
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from folkrnn import files
from folkrnn.analysis.originality import Index
from folkrnn.cli.interrupts import Interrupts, Stopped
from folkrnn.composition import index_cache
from folkrnn.corpus import find_corpus, load_corpus, save_corpus
from folkrnn.errors import CorpusError, ExportError, ModelError, ShelfError
from folkrnn.export import Delivery
from folkrnn.files import whole_file
from folkrnn.model.curve import Curve
from folkrnn.model.progress import TrainingProgress
from folkrnn.notation import canonical, read_tunes
from folkrnn.studio.shelf import Shelf

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes without a signal")
BOOK = "".join(f"X:{n}\nT:Tune {n}\nM:4/4\nL:1/8\nK:D\n|:DEFG ABcd|dcBA GFED:|\n\n" for n in range(1, 25))


def command(*arguments: str, **changes: str | None) -> "subprocess.Popen[str]":
    """Start a command in a session of its own, with changes to its environment."""
    environment = {name: value for name, value in {**os.environ, **changes}.items() if value is not None}
    return subprocess.Popen(
        [sys.executable, "-m", "folkrnn", *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        start_new_session=True,
    )  # fmt: skip


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "given" / "book.abc"
    path.parent.mkdir()
    path.write_text(BOOK, encoding="utf-8")
    return path


# ── signals ─────────────────────────────────────────────────────────────────────────────────────


@POSIX
@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129), ("SIGKILL", 137)])
def test_a_signal_at_any_moment_leaves_whole_files(name: str, status: int, book: Path, tmp_path: Path) -> None:
    rng = random.Random(name)
    to = tmp_path / "out"
    for after in (rng.uniform(0.05, 0.3), rng.uniform(0.3, 1.5)):
        process = command("export", str(book), "--format=abc,midi,musicxml", "-o", str(to), "--force")
        wait_until_it_listens(process)
        try:
            errors = process.communicate(timeout=after)[1]
        except subprocess.TimeoutExpired:
            (os.kill if name == "SIGTERM" else os.killpg)(process.pid, getattr(signal, name))
            errors = process.communicate()[1]
        ended = process.returncode if process.returncode >= 0 else 128 - process.returncode
        assert ended in (status, 0)
        assert "Traceback" not in errors
        for path in to.iterdir() if to.is_dir() else ():
            content = path.read_bytes()
            if path.suffix == ".abc":
                assert len(read_tunes(content.decode())) == 24
            elif path.suffix == ".musicxml":
                assert content.rstrip().endswith(b"</score-partwise>")
            else:
                assert path.suffix == ".mid" or name == "SIGKILL"


def wait_until_it_listens(process: "subprocess.Popen[str]") -> None:
    """Wait until a process handles signals: before that Python itself is starting."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():  # not on Linux: wait rather long
        time.sleep(1)
    while process.poll() is None and status.exists():
        caught = re.findall(r"SigCgt:\s*(\w+)", status.read_text(encoding="ascii"))
        if int(caught[0], 16) >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.002)


@POSIX
def test_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import os, time\n"
        "from folkrnn.processes import ProcessQueue\n"
        "def work(_):\n"
        "    time.sleep(0.01)\n"
        "    return os.getpid()\n"
        "if __name__ == '__main__':\n"
        "    with ProcessQueue(work, 2) as queue:\n"
        "        [queue.put(each) for each in range(16)]\n"
        "        print(*set(queue.rest()), flush=True)\n"
        "        time.sleep(600)\n",
        encoding="utf-8",
    )
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pids = [int(each) for each in process.stdout.readline().split()]
        process.kill()
    assert pids
    ends = time.monotonic() + 60
    while any(map(alive, pids)):
        assert time.monotonic() < ends, "they wait for work that nobody gives them"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    with suppress(OSError):
        os.kill(pid, 0)
        return True
    return False


def test_half_a_corpus_is_never_left(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = find_corpus((str(book),), lambda _: None)
    count = 0

    def failing(path: Path, **options: bool):
        nonlocal count
        count += 1
        if count == 4:
            raise KeyboardInterrupt
        return whole_file(path, **options)

    monkeypatch.setattr("folkrnn.files.whole_file", failing)
    with pytest.raises(KeyboardInterrupt):
        save_corpus(made, tmp_path / "corpus")
    assert list((tmp_path / "corpus").iterdir()) == []


@POSIX
def test_a_signal_while_a_corpus_takes_its_place_waits(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Any]
) -> None:
    move = files._move_to_new

    def signalled(temporary: Path, path: Path) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        move(temporary, path)

    monkeypatch.setattr(files, "_move_to_new", signalled)
    found = run("corpus", "build", book, "-o", tmp_path / "corpus")
    assert (found.status, found.err.splitlines()[-1]) == (143, "folkrnn: stopped")
    assert load_corpus(tmp_path / "corpus").tunes


def test_a_corpus_that_comes_meanwhile_is_named(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Any]
) -> None:
    taken, move = tmp_path / "corpus" / "validation.abc", files._move_to_new

    def late(temporary: Path, path: Path) -> None:
        taken.write_text("theirs", encoding="utf-8")
        move(temporary, path)

    monkeypatch.setattr(files, "_move_to_new", late)
    found = run("corpus", "build", book, "-o", tmp_path / "corpus", "-q")
    assert (found.status, found.err) == (2, f"folkrnn: {taken}: exists already; --force overwrites it\n")
    assert taken.read_text(encoding="utf-8") == "theirs"
    assert not list(taken.parent.glob(".*"))


@POSIX
def test_a_signal_that_ends_the_processes_too_is_the_reason() -> None:
    def stopped() -> None:
        with Interrupts():
            os.kill(os.getpid(), signal.SIGTERM)
            raise BrokenProcessPool

    with pytest.raises(Stopped) as stop:
        stopped()
    assert stop.value.number == signal.SIGTERM
    with pytest.raises(BrokenProcessPool), Interrupts():
        raise BrokenProcessPool


def test_half_a_row_of_a_curve_is_left_out(tmp_path: Path) -> None:
    curve = Curve(tmp_path)
    curve.begin(None)
    curve.add(TrainingProgress(**dict.fromkeys(TrainingProgress.__dataclass_fields__, 1)))  # type: ignore[arg-type]
    with (tmp_path / "curve.csv").open("a", encoding="utf-8") as file:
        file.write("2,1,3")
    assert [row["step"] for row in curve.rows()] == ["1"]
    curve.begin(after=1)
    assert len((tmp_path / "curve.csv").read_text(encoding="utf-8").splitlines()) == 2


# ── places that cannot be written to ────────────────────────────────────────────────────────────


class FullDisk:
    """A file on a disk with room for some bytes only."""

    def __init__(self, file, room: int) -> None:
        self._file, self._room = file, room

    def __enter__(self) -> "FullDisk":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str):
        return getattr(self._file, name)

    def write(self, data: bytes) -> int:
        self._room -= len(data)
        if self._room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._file.write(data)


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let whole files be written on a disk with room for some bytes only."""
    opened = os.fdopen

    def fill(room: int) -> None:
        monkeypatch.setattr("folkrnn.files.os.fdopen", lambda handle, mode: FullDisk(opened(handle, mode), room))

    return fill


@pytest.mark.parametrize("room", [0, 200])
def test_a_full_disk_leaves_what_was_there(
    room: int, book: Path, tmp_path: Path, full_disk: Callable[[int], None], run: Callable[..., Any]
) -> None:
    to = tmp_path / "out"
    to.mkdir()
    (to / "book.abc").write_text("before", encoding="utf-8")
    full_disk(room)
    found = run("export", str(book), "--format", "abc", "-o", str(to), "--force")
    assert (found.status, found.out) == (2, "")
    assert found.err.count("\n") == 1
    assert os.strerror(errno.ENOSPC) in found.err
    assert [(path.name, path.read_text(encoding="utf-8")) for path in to.iterdir()] == [("book.abc", "before")]


def test_tunes_before_the_disk_was_full_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tunes, write, room = read_tunes(BOOK), os.write, 300

    def small(handle: int, data: bytes) -> int:
        nonlocal room
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = write(handle, data[:room])
        room -= written
        return written

    monkeypatch.setattr("folkrnn.files.os.write", small)

    def deliver() -> None:
        with Delivery(["abc"], tmp_path / "out.abc", count=24) as delivery:
            for tune in tunes:
                delivery.add(tune)

    with pytest.raises(ExportError, match=os.strerror(errno.ENOSPC)):
        deliver()
    monkeypatch.undo()
    kept = read_tunes((tmp_path / "out.abc").read_text(encoding="utf-8"))
    assert 1 <= len(kept) < 24
    assert [canonical(tune) for tune in kept] == [canonical(tune) for tune in tunes[: len(kept)]]
    assert [path.name for path in tmp_path.iterdir()] == ["out.abc"]


@pytest.mark.parametrize("there", [True, False])
def test_where_not_even_the_first_tune_can_be_written_there_is_no_book(
    there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = tmp_path / "out.abc"
    if there:
        book.write_text("before", encoding="utf-8")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("folkrnn.files.os.write", full)
    with pytest.raises(ExportError), Delivery(["abc"], book, count=1, overwrite=True) as delivery:
        delivery.add(read_tunes(BOOK)[0])
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["before"] * there


def test_the_curve_of_a_run_stays_until_there_is_a_new_model(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Any]
) -> None:
    to = tmp_path / "run"
    to.mkdir()
    (to / "curve.csv").write_text("before", encoding="utf-8")
    (to / "model.safetensors").write_text("before", encoding="utf-8")

    def full(path: Path, _: object) -> None:
        raise ModelError(f"{path}: cannot be written: {os.strerror(errno.ENOSPC)}")

    monkeypatch.setattr("folkrnn.model.training.save_checkpoint", full)
    options = ("--layers=1", "--hidden=16", "--max-steps=0", "--dtype=float32", "--force", "-q")
    found = run("train", book, "-o", to, *options)
    assert (found.status, found.err.count("\n")) == (2, 1)
    assert {path.name: path.read_text(encoding="utf-8") for path in to.iterdir()} == {
        "curve.csv": "before",
        "model.safetensors": "before",
    }


def test_a_corpus_on_a_full_disk_is_no_corpus(book: Path, tmp_path: Path, full_disk: Callable[[int], None]) -> None:
    made = find_corpus((str(book),), lambda _: None)
    full_disk(200)
    with pytest.raises(CorpusError, match=os.strerror(errno.ENOSPC)):
        save_corpus(made, tmp_path / "corpus")
    assert list((tmp_path / "corpus").iterdir()) == []


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 128 kB, where this user may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(place)]
    try:
        if sys.platform != "linux" or subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("no disk can be mounted here; the tests above have a stand-in for a full one")
    except OSError:
        pytest.skip("there is no mount; the tests above have a stand-in for a full disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def leave(disk: Path, room: int) -> None:
    """Fill a disk but for some pages of 4 kB."""
    filler = disk / "filler"
    filler.unlink(missing_ok=True)
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    with filler.open("rb+") as file:
        file.truncate(filler.stat().st_size - 4096 * room)


def hidden(folder: Path) -> list[Path]:
    return list(folder.rglob("*.folkrnn.part"))


def test_exports_to_a_small_disk(book: Path, disk: Path, run: Callable[..., Any]) -> None:
    leave(disk, 4)
    found = run("export", book, "--format=abc,musicxml", "-o", disk / "out")
    assert (found.status, found.out, found.err.count("\n")) == (2, "", 1)
    assert os.strerror(errno.ENOSPC) in found.err
    assert not hidden(disk)
    for path in disk.rglob("*.musicxml"):
        assert path.read_text(encoding="utf-8").rstrip().endswith("</score-partwise>")


def test_a_corpus_on_a_small_disk_is_whole_or_as_it_was(book: Path, disk: Path, tmp_path: Path) -> None:
    save_corpus(find_corpus((str(book),), lambda _: None), disk / "corpus")
    before = {path.name: path.read_bytes() for path in (disk / "corpus").iterdir()}
    rng = random.Random(1)
    tunes = (f"X:{n}\nT:Tune {n}\nL:1/8\nM:4/4\nK:D\n{''.join(rng.choices('DEFGABcd', k=8))}|]\n" for n in range(24))
    book.write_text("\n".join(tunes), encoding="utf-8")
    other = find_corpus((str(book),), lambda _: None)
    save_corpus(other, tmp_path / "elsewhere")
    pages = sum(-(-path.stat().st_size // 4096) for path in (tmp_path / "elsewhere").iterdir())
    for room in range(pages):
        leave(disk, room)
        with pytest.raises(CorpusError, match=os.strerror(errno.ENOSPC)):
            save_corpus(other, disk / "corpus", overwrite=True)
        assert {path.name: path.read_bytes() for path in (disk / "corpus").iterdir()} == before
    leave(disk, pages)
    save_corpus(other, disk / "corpus", overwrite=True)
    assert load_corpus(disk / "corpus") == other


def test_an_index_that_does_not_fit_is_not_kept(disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    index = Index.of((tune, tune.title) for tune in read_tunes(BOOK))
    leave(disk, 1)
    index_cache._keep(index, disk / "cache" / "corpus.index")
    (message,) = caplog.messages
    assert os.strerror(errno.ENOSPC) in message
    assert [path.name for path in disk.rglob("*") if path.is_file()] == ["filler"]


def test_a_shelf_on_a_small_disk_keeps_what_it_took(disk: Path) -> None:
    shelf, kept = Shelf(disk / "tunes"), {}

    def fill() -> None:
        for tune in BOOK.strip().split("\n\n"):
            (entry,) = shelf.add(f"{tune}\n")
            kept[entry.id] = entry.title

    for room in (8, 4, 2, 1, 0):
        leave(disk, room)
        with pytest.raises(ShelfError, match=os.strerror(errno.ENOSPC)):
            fill()
    assert kept
    assert {entry.id: entry.title for entry in Shelf(disk / "tunes").entries()} == kept
    assert not hidden(disk)


@pytest.mark.parametrize("cache", ["file", "none"])
def test_a_cache_that_cannot_be_written_is_done_without(
    cache: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("FOLKRNN_CACHE", str(tmp_path / cache / "inside"))
    if cache == "none":
        monkeypatch.setattr("folkrnn.analysis.mapped.whole_file", denied)
    index = Index.of((tune, tune.title) for tune in read_tunes(BOOK))
    index_cache._keep(index, tmp_path / cache / "inside" / "corpus.npz")
    (message,) = caplog.messages
    assert "cannot be written" in message
    assert "is read again each time" in message


def denied(*_: object, **__: object):
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@pytest.mark.parametrize("home", [None, os.devnull])
def test_nobody_needs_a_home(home: str | None, book: Path, tmp_path: Path) -> None:
    arguments = ("export", str(book), "--tune", "1", "-o", str(tmp_path / "out.musicxml"))
    process = command(*arguments, HOME=home, XDG_CACHE_HOME=None)
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert "Traceback" not in errors


def test_two_runs_at_once_write_one_folder(book: Path, tmp_path: Path) -> None:
    to = tmp_path / "out"
    both = [command("export", str(book), "--format=abc,midi", "-o", str(to)) for _ in range(2)]
    errors = [each.communicate()[1] for each in both]
    assert sorted(each.returncode for each in both) in ([0, 0], [0, 2], [2, 2])
    for each, said in zip(both, errors, strict=True):
        assert each.returncode == 0 or "exists already; --force overwrites it" in said
    assert len(read_tunes((to / "book.abc").read_text(encoding="utf-8"))) == 24
    assert not [path for path in to.iterdir() if path.name.startswith(".")]
