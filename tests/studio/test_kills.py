"""A studio whose processes are killed at any moment keeps every tune that was kept, and lives on."""

import http.client
import json
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from studio_browsing import studio_process
from studio_pages import TUNE, Page

from folkrnn.notation import read_tunes
from folkrnn.studio.shelf import Shelf

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no such signal")

KILLS = 10


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """Yield a function that asks a studio as its page does, and returns its status and its answer."""
    start, _, token = address.partition("/?token=")
    host = start.removeprefix("http://")
    headers = {
        "Cookie": f"folkrnn-{host.rpartition(':')[2]}={token}",
        "Origin": f"http://{host}",
        "Content-Type": "application/json",
    }
    with closing(http.client.HTTPConnection(host, timeout=60)) as connection:

        def ask(method: str, path: str, body: Any = None, etag: str = "") -> tuple[int, Any]:
            more = {"If-Match": etag} if etag else {}
            connection.request(method, path, body and json.dumps(body), headers | more)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")

        yield ask


def test_the_server_is_killed_while_tunes_are_kept_and_changed(tmp_path: Path) -> None:
    rng = random.Random(7)
    folder, bad = tmp_path / "tunes", tmp_path / "none.safetensors"
    bad.write_text("no model")
    told: dict[str, str] = {}  # the least that each tune must have become
    for start in range(KILLS):
        with (
            studio_process(folder, "--port", "0", "--model", str(bad)) as (process, address),
            suppress(OSError, http.client.HTTPException),
            connected(address) as ask,
        ):
            last = rng.randrange(1, 6)
            for number in range(1000):
                if number == last:  # some are kept; the next ones may be
                    threading.Timer(rng.uniform(0, 0.1), process.kill).start()
                title = f"Tune {start}-{number}"
                text = TUNE.replace("The Wheelwright", title)
                status, answer = ask("POST", "/api/shelf", {"abc": text})
                assert status == 201, answer
                entry = answer["entry"]
                told[entry["id"]] = title
                status, answer = ask("PUT", f"/api/shelf/{entry['id']}", {"abc": f"{text}% new\n"}, entry["etag"])
                assert status == 200, answer
                told[entry["id"]] = f"{title}+"
        shelf = Shelf(folder)
        for id, title in told.items():
            stored = shelf.get(id)
            assert f"T:{title.removesuffix('+')}\n" in stored.text
            assert "cAGE D4:|" in stored.text
            assert not title.endswith("+") or "% new" in stored.text
        assert not list(folder.rglob("*.damaged*"))
    assert len(told) >= KILLS
    books = "".join(each.read_text(encoding="utf-8") for each in folder.glob("*.abc"))
    assert all(tune.bars and not tune.findings for tune in read_tunes(books))


def test_the_processes_are_killed_while_tunes_are_drawn_and_composed(working: Page) -> None:
    rng = random.Random(3)
    for number in range(KILLS):
        composing = number % 4 == 3
        worker = working.studio.jobs.worker if composing else working.studio.engraver.drawer
        if composing:
            id = working.compose(kind="compose", wishes={"form": "8:"}, count=2, seed=number)

        def kill(worker: Any = worker) -> None:
            if worker.pid:
                with suppress(ProcessLookupError):
                    os.kill(worker.pid, signal.SIGKILL)

        killer = threading.Timer(rng.uniform(0, 0.4), kill)
        killer.start()
        kept = working.ask("POST", "/api/shelf", {"abc": TUNE.replace("Wheelwright", f"Wright {number}")})
        assert kept.status_code == 201
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            drawing = working.ask("POST", "/api/draw", {"abc": TUNE.replace("DFAF", "DF" + "AF" * rng.randrange(1, 5))})
            assert drawing.status_code == 200, drawing.text
        killer.join()
        if composing:
            name, data = working.events(id)[-1]
            assert name == "done" or "again" in data["error"]
    assert working.ask("POST", "/api/draw", {"abc": TUNE}).json()["bars"] == 4
    events = working.events(working.compose(kind="compose", wishes={"form": "4|"}, seed=1))
    assert [name for name, _ in events if name == "tune"] == ["tune"]
    titles = {each.title for each in working.studio.shelf.entries()}
    assert {f"The Wright {number}" for number in range(KILLS)} <= titles
