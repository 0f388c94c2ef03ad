"""A studio for the tests: a page that asks it, and a shelf in memory."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from folkrnn.notation import read_tunes, write_tune
from folkrnn.studio.shelf import Conflict, Entry, NotOnShelf, Stored, TuneSet
from folkrnn.studio.state import Studio

PORT, TOKEN = 4321, "the-token"
HOST = f"127.0.0.1:{PORT}"

TUNE = "X:1\nT:The Wheelwright\nR:reel\nM:4/4\nL:1/8\nK:D\n|:DFAF dFAF|EGBG eGBG|DFAF dFAd|cAGE D4:|\n"


class MemoryShelf:
    """A shelf without a disk, as far as the routes need one."""

    folder = Path("/tunes")

    def __init__(self) -> None:
        self.tunes: dict[str, Stored] = {}
        self.named: dict[str, TuneSet] = {}
        self.changes = 0
        self.broken: OSError | None = None

    def version(self) -> str:
        return str(self.changes)

    def entries(self) -> list[Entry]:
        return [each.entry for each in self.tunes.values()]

    def books(self) -> list[str]:
        return sorted({each.book for each in self.entries()})

    def remarks(self) -> list[str]:
        return []

    def get(self, id: str) -> Stored:
        if id not in self.tunes:
            raise NotOnShelf(f"there is no tune {id!r}")
        return self.tunes[id]

    def add(self, text: str, book: str = "", tags: Sequence[str] = ()) -> list[Entry]:
        if self.broken:
            raise self.broken
        entries = []
        for tune in read_tunes(text):
            self.changes += 1
            entry = Entry(
                f"t{self.changes}", book, tune.number, tune.title, (tune.title,), tune.rhythm, str(tune.key),
                str(tune.meter), tuple(tags), False, "2026-01-01T00:00:00Z", f"e{self.changes}",
            )  # fmt: skip
            self.tunes[entry.id] = Stored(entry, write_tune(tune))
            entries.append(entry)
        return entries

    def change(self, id: str, etag: str, *, text=None, tags=None, binned=None, why="") -> Entry:
        stored = self.get(id)
        if stored.entry.etag != etag:
            raise Conflict(stored)
        self.changes += 1
        values: dict[str, Any] = {"etag": f"e{self.changes}"}
        values |= {} if tags is None else {"tags": tuple(tags)}
        values |= {} if binned is None else {"binned": binned}
        self.tunes[id] = Stored(replace(stored.entry, **values), stored.text if text is None else text)
        return self.tunes[id].entry

    def versions(self, id: str) -> list[Any]:
        self.get(id)
        return []

    def old_text(self, id: str, version: int) -> str:
        raise NotOnShelf(f"the tune {id} has no version {version}")

    def sets(self) -> list[TuneSet]:
        return list(self.named.values())

    def put_set(self, name: str, title: str, ids: Sequence[str], etag: str = "") -> TuneSet:
        there = self.named.get(name)
        if there and there.etag != etag:
            raise Conflict(there)
        self.changes += 1
        self.named[name] = TuneSet(name, title, tuple(ids), f"e{self.changes}")
        return self.named[name]

    def remove_set(self, name: str, etag: str) -> None:
        del self.named[name]


class Page:
    """What a page does: it asks as a browser with the cookie would."""

    def __init__(self, client: TestClient, studio: Studio) -> None:
        self.client = client
        self.studio = studio
        self.cookie = f"{studio.door.cookie}={TOKEN}"

    def ask(self, method: str, path: str, body: Any = None, *, content: bytes | None = None, **headers: str) -> Any:
        """Return the answer to a request; a body is sent as JSON."""
        given = {"Host": HOST, "Cookie": self.cookie, "Origin": f"http://{HOST}"}
        if body is not None:
            content, given["Content-Type"] = json.dumps(body).encode(), "application/json"
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        given = {name: value for name, value in given.items() if value}
        return self.client.request(method, path, content=content, headers=given, follow_redirects=False)

    def events(self, job: str, last: str = "") -> list[tuple[str, Any]]:
        """Return the names and the data of the events of a job after one, to its end."""
        text = self.ask("GET", f"/api/jobs/{job}/events", Last_Event_ID=last).text
        found = []
        for block in filter(None, text.strip().split("\n\n")):
            lines = dict(line.split(": ", 1) for line in block.split("\n"))
            found.append((lines["event"], json.loads(lines["data"])))
        return found

    def compose(self, **request: Any) -> str:
        """Begin a job, and return its id."""
        answer = self.ask("POST", "/api/jobs", request)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])
