"""Stop the studio, and its processes, by signals at random moments while a page saves, and look at what is there.

    python scripts/judge_studio.py                           all of them, 20 times for each signal
    python scripts/judge_studio.py drawer desk --times 5 --seed 3

*server*: a studio is stopped while a page keeps, changes, bins and restores tunes, makes sets, imports, exports, draws
and composes. The status must be right, and no process may be left. Whatever was answered must be on the shelf, and of
what was not answered the state before or after. Every book must be sound, and no table damaged.

*composer*, *drawer*, *desk*: the process that composes, the one that draws, and the one for books are stopped while
they work and tunes are kept. The server must answer on: every tune is kept, every drawing and export comes, and a job
ends well or says that its process has ended. Linux only: it looks for processes in /proc.
"""

import argparse
import http.client
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from interrupting import (
    SIGNALS,
    Signal,
    command_line,
    marked,
    new_mark,
    orphans,
    send,
    start,
    status_of,
    wait_until_it_listens,
)

LONGEST_SECONDS = 4.0
"""A server is stopped after at most this many seconds."""

LIMIT_SECONDS = 600.0
"""How long a request, the start of a process or the end of the server may take."""

WORKERS = ("composer", "drawer", "desk")

SERVER_SIGNALS = ("INT", "TERM", "HUP", "KILL")

WORKER_SIGNALS = ("TERM", "KILL")
"""Each process has a session of its own: what is sent to all others does not reach it."""

TUNE = "X:1\nT:{}\nR:reel\nM:4/4\nL:1/8\nN:{}\nK:D\n|:DFAF dFAF|EGBG eGBG|DFAF dFAd|cAGE D4:|\n"
"""A tune by its title and the number of its change."""

Ask = Callable[..., tuple[int, Any]]
"""What asks a studio as its page does: it takes method, path, body and etag, and returns status and answer."""


class Studio:
    """A studio that runs over a folder, until the block ends."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.mark = new_mark()
        self.process = start(["studio", str(folder), "--no-browser", "--port=0", *options], self.mark)
        self.errors = b""
        wait_until_it_listens(self.process)

    def __enter__(self) -> "Studio":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.end(SIGNALS["KILL"])

    def open(self) -> bool:
        """Wait for the address; return whether there is one."""
        assert self.process.stdout
        address, _, self._token = self.process.stdout.readline().decode().strip().partition("/?token=")
        self._host = address.removeprefix("http://")
        return bool(address)

    def page(self) -> Ask:
        """Return what asks as a page does."""
        host = self._host
        headers = {"Cookie": f"folkrnn-{host.rpartition(':')[2]}={self._token}", "Origin": f"http://{host}"}
        headers["Connection"] = "close"

        def ask(method: str, path: str, body: Any = None, etag: str = "") -> tuple[int, Any]:
            more = {"If-Match": etag} if etag else {}
            if body is not None and not isinstance(body, bytes):
                body, more["Content-Type"] = json.dumps(body), "application/json"
            with closing(http.client.HTTPConnection(host, timeout=LIMIT_SECONDS)) as connection:
                connection.request(method, path, body, headers | more)
                answer = connection.getresponse()
                content = answer.read()
            kind = answer.getheader("Content-Type", "")
            return answer.status, json.loads(content) if kind.startswith("application/json") else content

        return ask

    def workers(self) -> dict[str, int]:
        """Return the ids of the worker processes by their names; of two that draw the desk is the later one."""
        found: dict[str, int] = {}
        for process in sorted(marked(self.mark), key=lambda process: int(process.name)):
            line = command_line(process)
            if "folkrnn.studio.composer" in line:
                found["composer"] = int(process.name)
            elif "folkrnn.studio.engraver" in line:
                found["desk" if "drawer" in found else "drawer"] = int(process.name)
        return found

    def end(self, one: Signal = SIGNALS["TERM"]) -> int:
        """Send the server a signal unless it has ended; return its status, and keep what it printed."""
        send(self.process, one)
        try:
            _, self.errors = self.process.communicate(timeout=LIMIT_SECONDS)
        except BaseException:
            self.process.kill()
            _, self.errors = self.process.communicate()
            self.errors += b"it did not end"
        return status_of(self.process)


# ── the server ──────────────────────────────────────────────────────────────────────────────────


class Page:
    """A page that changes tunes, and what each may be: its text as it was answered, or as it was asked for last."""

    def __init__(self, rng: random.Random, start: int) -> None:
        self._rng = rng
        self._number = start
        self.tunes: dict[str, set[tuple[str, int, bool]]] = {}  # title, change, binned
        self.sets: dict[str, set[tuple[str, ...]]] = {}
        self.answered = 0

    def act(self, ask: Ask, composing: bool = False, exporting: bool = True) -> None:
        """Do one thing that a page does. Raises OSError or HTTPException where the studio is gone."""
        sure = [id for id, states in self.tunes.items() if len(states) == 1]
        weights: dict[Callable[[Ask, Sequence[str]], None], int] = {
            self._add: 4,
            self._import: 2,
            self._draw: 1,
            self._compose: int(composing),
        }
        if sure:
            weights |= {self._change: 4, self._bin: 4, self._set: 2, self._export: int(exporting)}
        [act] = self._rng.choices([*weights], [*weights.values()])
        act(ask, sure)
        self.answered += 1

    def _title(self) -> str:
        self._number += 1
        return f"Tune {self._number}"

    def _expect(self, found: tuple[int, Any], *statuses: int) -> Any:
        if found[0] not in statuses:
            raise AssertionError(f"answered {found[0]}: {str(found[1])[:200]}")
        return found[1]

    def _add(self, ask: Ask, _: Sequence[str]) -> None:
        title = self._title()
        answer = self._expect(ask("POST", "/api/shelf", {"abc": TUNE.format(title, 0)}), 201)
        self.tunes[answer["entry"]["id"]] = {(title, 0, False)}

    def _import(self, ask: Ask, _: Sequence[str]) -> None:
        title = self._title()
        path = f"/api/import?name={quote(f'book {self._number % 5}.abc')}"
        answer = self._expect(ask("POST", path, TUNE.format(title, 0).encode()), 201)
        self.tunes[answer["entries"][0]["id"]] = {(title, 0, False)}

    def _turn(self, ask: Ask, id: str, change: int, binned: bool, title: str) -> None:
        """Change a tune; until that is answered it may be as before too."""
        before = self.tunes[id]
        etag = self._expect(ask("GET", f"/api/shelf/{id}"), 200)["entry"]["etag"]
        self.tunes[id] = before | {(title, change, binned)}
        body = {"abc": TUNE.format(title, change), "binned": binned}
        self._expect(ask("PUT", f"/api/shelf/{id}", body, etag), 200)
        self.tunes[id] = {(title, change, binned)}

    def _change(self, ask: Ask, sure: Sequence[str]) -> None:
        id = self._rng.choice(sure)
        [(title, change, binned)] = self.tunes[id]
        self._turn(ask, id, change + 1, binned, title)

    def _bin(self, ask: Ask, sure: Sequence[str]) -> None:
        id = self._rng.choice(sure)
        [(title, change, binned)] = self.tunes[id]
        self._turn(ask, id, change, not binned, title)

    def _set(self, ask: Ask, sure: Sequence[str]) -> None:
        name = f"set {self._number}-{len(self.sets)}"
        ids = tuple(self._rng.sample(sure, min(len(sure), 3)))
        self.sets[name] = {(), ids}
        self._expect(ask("PUT", f"/api/sets/{quote(name)}", {"title": name, "tunes": ids}), 200, 201)
        self.sets[name] = {ids}

    def _draw(self, ask: Ask, _: Sequence[str]) -> None:
        self._expect(ask("POST", "/api/draw", {"abc": TUNE.format(self._number, 0), "page": "p"}), 200)

    def _export(self, ask: Ask, sure: Sequence[str]) -> None:
        self._expect(ask("POST", "/api/export", {"ids": self._rng.sample(sure, 1), "format": "midi"}), 200)

    def _compose(self, ask: Ask, _: Sequence[str]) -> None:
        self._expect(ask("POST", "/api/jobs", {"kind": "compose", "count": 2}), 202, 422, 429)


def shelf_faults(folder: Path, page: Page) -> list[str]:
    """Return what is wrong with a shelf, as a studio that starts finds it, given what its pages know."""
    from folkrnn.errors import ShelfError
    from folkrnn.notation import read_tunes
    from folkrnn.studio.shelf import Shelf

    shelf, found = Shelf(folder), []
    entries = {entry.id: entry for entry in shelf.entries()}
    for id, states in page.tunes.items():
        try:
            stored = shelf.get(id)
        except ShelfError as error:
            found.append(f"{id}: {error}")
            continue
        if not any(
            TUNE.format(title, change).split("\n", 1)[1] == stored.text.split("\n", 1)[1]
            and binned == stored.entry.binned
            for title, change, binned in states
        ):
            found.append(f"{id}: {stored.text!r}, binned: {stored.entry.binned}; expected one of {states}")
    sets = {each.name: each.tunes for each in shelf.sets()}
    for name, lists in page.sets.items():
        if sets.get(name, ()) not in lists:
            found.append(f"{name}: {sets.get(name)}; expected one of {lists}")
    found += [f"remark: {remark}" for remark in shelf.remarks()]
    found += [f"{path.name}: a damaged table" for path in folder.rglob("*.damaged*")]
    found += [f"{path.name}: a hidden file is left" for path in folder.rglob("*.folkrnn.part")]
    tunes = [tune for path in folder.glob("*.abc") for tune in read_tunes(path.read_text(encoding="utf-8"))]
    if any(not tune.bars or tune.findings for tune in tunes):
        found.append("a book holds half a tune")
    if len(tunes) != sum(not entry.binned for entry in entries.values()) or len({t.title for t in tunes}) < len(tunes):
        found.append(f"{len(tunes)} tunes in books, {len(entries)} on the shelf")
    return found


def judge_server(times: int, rng: random.Random, folder: Path) -> Counter[str]:
    """Stop a studio that many times by each signal; print what went wrong, and return counts."""
    counts = Counter[str]()
    no_model = folder / "none.safetensors"
    no_model.write_text("no model")
    to, page = folder / "tunes", Page(rng, 0)
    for word in SERVER_SIGNALS:
        one = SIGNALS[word]
        number, wrong, answered = one.number, 0, page.answered
        for turn in range(times):
            after, composing = rng.uniform(0.02, LONGEST_SECONDS if turn % 5 else 1), turn % 4 == 3
            studio = Studio(to, *([] if composing else [f"--model={no_model}"]))
            stopper = threading.Timer(after, send, (studio.process, one))
            found = []
            try:
                if turn % 5 == 0:  # while it starts
                    stopper.start()
                if studio.open():
                    ask = studio.page()
                    if turn % 5:
                        stopper.start()
                    while True:
                        page.act(ask, composing)
            except AssertionError as error:  # a server that is closing may say so
                found += [] if "is closing" in str(error) else [str(error)]
            except (OSError, http.client.HTTPException):
                pass
            stopper.join()
            status = studio.end(one)
            said = studio.errors.decode()
            found += [] if status == 128 + number else [f"status {status}"]
            found += [f"printed {said[-500:]!r}" for each in ("Traceback", "ignored", "did not end") if each in said]
            found += [f"left running: {line}" for line in orphans(studio.mark)]
            if number != signal.SIGKILL:
                found += [f"{path.name}: a hidden file is left" for path in to.rglob("*.folkrnn.part")]
            found += shelf_faults(to, page)
            wrong += bool(found)
            for fault in found:
                print(f"  {word} after {after:.2f} s: {fault}", flush=True)
        answered = page.answered - answered
        late = restart_faults(to, page)
        for fault in late:
            print(f"  the studio after {word}: {fault}", flush=True)
        counts += Counter({"signals": times, "amid": times, "wrong": wrong})
        counts += Counter({"next runs": 1, "wrong next": bool(late)})
        told = f"{answered} requests were answered; {wrong} of {times} wrong"
        print(f"server, {word}: {told}; the next studio {'fails' if late else 'works'}", flush=True)
    return counts


def restart_faults(folder: Path, page: Page) -> list[str]:
    """Start a studio over a folder, and return what is wrong with it."""
    studio = Studio(folder)
    found = []
    if studio.open():
        ask = studio.page()
        status, shelf = ask("GET", "/api/shelf")
        there = {each["id"] for each in shelf["tunes"]} if status == 200 else set()
        found += [f"{id}: is not on the shelf" for id in page.tunes.keys() - there]
        for _ in range(10):
            page.act(ask)
    found += [] if studio.end() == 128 + signal.SIGTERM else ["it does not end as it should"]
    return found + shelf_faults(folder, page)


# ── its processes ───────────────────────────────────────────────────────────────────────────────


def judge_worker(name: str, times: int, rng: random.Random, folder: Path) -> Counter[str]:
    """Stop a process of a studio that many times by each signal; print what went wrong, and return counts."""
    counts = Counter[str]()
    to, page = folder / f"tunes-{name}", Page(rng, 0)
    with Studio(to) as studio:
        if not studio.open():
            sys.exit("the studio does not start")
        ask = studio.page()
        late = wait_for_model(ask) if name == "composer" else []
        for word in WORKER_SIGNALS:
            wrong, amid = 0, 0
            for _ in range(times):
                found, met = stop_worker(studio, name, SIGNALS[word].number, rng, page, ask)
                amid += met
                wrong += bool(found)
                for fault in found:
                    print(f"  {name}, {word}: {fault}", flush=True)
            counts += Counter({"signals": times, "amid": amid, "wrong": wrong})
            print(f"{name}, {word}: {amid} of {times} met work under way; {wrong} of {times} wrong", flush=True)
        late += [] if studio.process.poll() is None else ["the server has ended"]
        late += [] if studio.end() == 128 + signal.SIGTERM else ["it does not end as it should"]
    late += [f"left running: {line}" for line in orphans(studio.mark)] + shelf_faults(to, page)
    for fault in late:
        print(f"  at the end: {fault}", flush=True)
    return counts + Counter({"next runs": 1, "wrong next": bool(late)})


def stop_worker(
    studio: Studio, name: str, number: int, rng: random.Random, page: Page, ask: Ask
) -> tuple[list[str], bool]:
    """Send a signal to a process while tunes are kept; return what is wrong, and whether it was at work."""
    found: list[str] = []
    work = {"composer": compose, "drawer": draw, "desk": export}[name]
    if name not in studio.workers():
        found += work(studio)  # it starts when it is needed
    pid = studio.workers().get(name)
    if pid is None:
        return [*found, "there is no such process"], False
    worker = threading.Thread(target=lambda: found.extend(work(studio)))
    worker.start()
    time.sleep(rng.uniform(0, 1.5 if name == "composer" else 0.15))
    met = worker.is_alive()
    with suppress(ProcessLookupError):
        os.kill(pid, number)
    try:
        for _ in range(3):
            page.act(ask, exporting=name != "drawer")
    except (AssertionError, OSError, http.client.HTTPException) as error:
        found.append(f"{type(error).__name__}: {error}")
    worker.join()
    if name == "composer":
        found += wait_for_model(ask)
    if command_line(Path(f"/proc/{pid}")):  # one that has ended and was not waited for has none
        found.append("the process goes on")
    return found, met


def compose(studio: Studio) -> list[str]:
    """Have two tunes composed; return what is wrong with the events of the job."""
    from folkrnn.notation import is_playable, read_tunes

    ask = studio.page()
    status, answer = ask("POST", "/api/jobs", {"kind": "compose", "wishes": {"form": "8:8:"}, "count": 2})
    if status != 202:
        return [] if "again" in str(answer) else [f"a job is answered {status}: {answer}"]
    _, content = ask("GET", f"/api/jobs/{answer['id']}/events")
    events = [dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
              for block in content.decode().strip().split("\n\n")]  # fmt: skip
    wrong = []
    tunes = [json.loads(each["data"])["abc"] for each in events if each.get("event") == "tune"]
    wrong += [f"half a tune: {abc!r}" for abc in tunes if not all(is_playable(t.findings) for t in read_tunes(abc))]
    last = events[-1]
    if last.get("event") == "failed" and "it starts again" not in last["data"]:
        wrong.append(f"the job says {last['data']}")
    if last.get("event") not in ("failed", "done") or (last["event"] == "done" and len(tunes) < 2):
        wrong.append(f"the job ends with {last}, after {len(tunes)} tunes")
    return wrong


def draw(studio: Studio) -> list[str]:
    """Have some tunes drawn; return what is wrong."""
    return answered(studio.page(), "/api/draw", [{"abc": TUNE.format(f"Drawn {n}", n), "page": "d"} for n in range(4)])


def export(studio: Studio) -> list[str]:
    """Have a book exported; return what is wrong."""
    text = "\n".join(TUNE.format(f"Exported {n}", n).replace("X:1", f"X:{n}") for n in range(1, 13))
    return answered(studio.page(), "/api/export", [{"abc": text, "format": "pdf"}])


def answered(ask: Ask, path: str, bodies: Sequence[Any]) -> list[str]:
    """Return what is wrong with the answers to some requests."""
    answers = [ask("POST", path, body) for body in bodies]
    return [f"{path} is answered {status}: {str(answer)[:200]}" for status, answer in answers if status != 200]


def wait_for_model(ask: Ask) -> list[str]:
    """Wait until the process that composes is ready; return what is wrong if it is not."""
    ends = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < ends:
        status, about = ask("GET", "/api/about")
        if status == 200 and about["model"]["state"] == "ready":
            return []
        time.sleep(0.1)
    return [f"the model is not ready: {about}"]


def main() -> None:
    """Judge the parts that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = ("server", *WORKERS)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of {', '.join(parts)} [default: all]")
    parser.add_argument("--times", type=int, default=20, help="signals of each kind, for the server and each process")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if unknown := set(options.parts) - set(parts):
        parser.error(f"{', '.join(sorted(unknown))}: no such part; expected some of {', '.join(parts)}")
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        for part in options.parts or parts:
            rng = random.Random(f"{options.seed} {part}")
            if part == "server":
                total += judge_server(options.times, rng, Path(name))
            else:
                total += judge_worker(part, options.times, rng, Path(name))
    print(", ".join(f"{word}: {total[word]}" for word in ("signals", "amid", "wrong", "next runs", "wrong next")))
    sys.exit(1 if total["wrong"] or total["wrong next"] else 0)


if __name__ == "__main__":
    main()
