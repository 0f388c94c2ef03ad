"""Send many bad requests to the studio, and see that each is answered: no error of its own, no hang, no stray file.

The requests go to the application itself, some at a time, with its real processes and a real shelf in a folder that
is made for the run. Every route of the application gets its share, also one that is not known here. The seed and the
number of a request make the same request again. The exit status is 1 if anything was found.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from benchmarking import add_json_option, write_figures
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from folkrnn.studio.app import create_app
from folkrnn.studio.guard import HEADERS, Door
from folkrnn.studio.shelf import Shelf
from folkrnn.studio.state import Studio

PORT, TOKEN = 4321, "the-token"
HOST = f"127.0.0.1:{PORT}"
SECRET = "this stands outside of the folder"

AT_ONCE = 8
"""The requests that are under way at a time."""

LONGEST_SECONDS = 150.0
"""After this many seconds a request counts as one that hangs; a model has two minutes to load."""

STREAM_SECONDS = 0.2
"""How long a stream of events is listened to."""

TUNE = "X:1\nT:The Wheelwright\nR:reel\nM:4/4\nL:1/8\nK:D\n|:DFAF dFAF|EGBG eGBG|DFAF dFAd|cAGE D4:|\n"

TEXTS = (
    TUNE, "", "X:1", "X:1\nK:D\n", "|" * 3000, "X:1\nK:D\n" + "[" * 500 + "A" + "]" * 500, TUNE.replace("|", "||:1[2"),
    TUNE.replace("The Wheelwright", "<script>alert(1)</script><svg onload=alert(1)>"), "\0\x01\x7f\u2028", "K:" * 500,
    "X:1\nM:99999999999/7\nL:1/99999\nK:D\nA9999999999|\n", "X:1\nK:D\nw:" + "a-" * 300 + "\n", "%" * 5000,
    "X:1\nK:D\n" + "V:1\nA|\nV:2\nB|\n" * 60, TUNE * 3, "X:1\nQ:1/4=99999999\nK:D\nA|]\n", "\ud83c\udfbb", "(" * 2000,
    "X:1\nK:D\n(3" + "A" * 3000 + "|\n", "X:1\nK:D\n{" * 200, "X:1\nK:D\n|:" + "A|1B:|2c" * 200, "é" * 3000,
    "X:1\nM:4/4\nK:Hp\n!" + "x" * 1000 + "!A|\n", "X:1\nK:D\nA" + "/" * 500 + "|\n",
    "X:1\nK:D\n" + "," * 500 + "A" + "'" * 500,
)  # fmt: skip
"""Texts that are tunes, and such that are none."""

NAMES = (
    "1", "..", "../x", "../../outside.txt", "/etc/passwd", "a/../../x", "..\\x", "C:\\x", "", ".", " ", "\0", "x\ny",
    "out/x", "out.abc", "link.abc", ".folkrnn", ".folkrnn/tags", "con", "x" * 300, "é" * 130, "a/" * 3000, "a.abc",
    "<script>", "%2e%2e%2fx", "%00", "'\"", "tunes.abc/x", "nul\u202e", "9" * 5000, "-1", "book",
)  # fmt: skip
"""Names of books, tunes, sets and files, few of them good ones."""

VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**63, -(2**70), 10**300, 1.5, 1e308, float("nan"), float("inf"), float("-inf"),
    "", "x", "\ud800", "\0", [], [[]], [None], {}, {"a": {}}, "9" * 400, [1, 2], [2, 1], [True, 1], [1e9, 2],
    ["x"] * 5000,
)  # fmt: skip
"""Values of any kind, in the place of good ones."""

BODIES: dict[str, tuple[dict[str, Any], ...]] = {
    "/api/read": ({"abc": TUNE},),
    "/api/draw": (
        {"abc": TUNE, "width": 900, "scale": 1, "page": "p", "transpose": 2, "chords": "suggested"},
        {"abc": TUNE, "instrument": "mandolin", "tab": True},
        {"abc": TUNE, "instrument": "whistle", "fingering": True, "plain": True},
    ),
    "/api/validate": ({"abc": TUNE},),
    "/api/change": (
        {"abc": TUNE, "do": "transpose", "semitones": 2},
        {"abc": TUNE, "do": "transpose", "key": "G"},
        {"abc": TUNE, "do": "octave", "octaves": 1},
        {"abc": TUNE, "do": "chords"},
    ),
    "/api/jobs": (
        {"kind": "compose", "wishes": {"rhythm": "jig", "form": "4|", "key": "D"}, "count": 1, "seed": 1},
        {"kind": "compose", "wishes": {"plan": "abac", "start": "d2f", "title": "T", "origin": "x", "meter": "6/8"}},
        {"kind": "rewrite", "abc": TUNE, "bars": [1, 2], "drafts": 1, "temperature": 1.0},
        {"kind": "continue", "abc": TUNE, "bars": 1},
        {"kind": "vary", "abc": TUNE, "closeness": 5},
    ),
    "/api/shelf": ({"abc": TUNE, "book": "book", "tags": ["a"]},),
    "/api/shelf/{id}": ({"abc": TUNE}, {"tags": ["b"]}, {"binned": True}, {"binned": False}),
    "/api/sets/{name}": ({"title": "Set", "tunes": []},),
    "/api/export": (
        {"abc": TUNE, "format": "midi", "set": False, "title": "T", "options": {"transpose": 2}},
        {"abc": TUNE, "format": "abc"},
        {"abc": TUNE, "format": "svg", "options": {"instrument": "Bb"}},
        {"ids": ["1"], "format": "musicxml", "set": True},
    ),
}
"""Good bodies of the routes that take one; a route that is not here gets all of them."""


class Sent(NamedTuple):
    """A request as it goes over the line."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


class Answer(NamedTuple):
    """What came back; ``status`` 0 if nothing did."""

    status: int
    headers: dict[str, str]
    body: bytes


class Requests:
    """Requests by their number, each from its own random numbers; ``known`` are ids and etags that are there."""

    def __init__(self, app: Starlette, seed: int, known: list[tuple[str, str]]) -> None:
        self._seed = seed
        self._known = known
        self._routes: list[tuple[str, str]] = []
        for route in app.routes:
            if isinstance(route, Mount):
                self._routes.append(("GET", f"{route.path}/{{path}}"))
            elif isinstance(route, Route):
                self._routes += [(method, route.path) for method in sorted(route.methods or ())]

    def make(self, number: int) -> Sent:
        """Return a request."""
        rng = random.Random(f"{self._seed}:{number}")
        method, template = self._routes[number % len(self._routes)]
        id, etag = rng.choice(self._known) if self._known and rng.random() < 0.6 else (rng.choice(NAMES), "x")
        path = self._path(rng, template, id)
        query = rng.choice(("", "", f"token={quote(rng.choice(NAMES))}"))
        headers = {
            "host": HOST,
            "origin": f"http://{HOST}",
            "cookie": f"folkrnn-{PORT}={TOKEN}",
            "content-type": "application/json",
            "if-match": f'"{etag}"',
        }
        body = b""
        if template == "/api/import":
            ending = rng.choice(("", ".abc", ".txt", ".mid", ".musicxml", ".mxl", ".xml", ".exe"))
            query, body = f"name={quote(rng.choice(NAMES) + ending)}", self._file(rng)
        elif method not in ("GET", "HEAD"):
            body = self._body(rng, template)
        if rng.random() < 0.25:
            self._spoil(rng, headers)
        if rng.random() < 0.05:
            method = rng.choice(("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "X"))
        return Sent(method, path, query, headers, body)

    def _path(self, rng: random.Random, template: str, id: str) -> str:
        parts = []
        for part in template.split("/"):
            if part.startswith("{"):
                name = id if part == "{id}" else rng.choice((*NAMES, "index.html", "player.js", "1"))
                # A browser encodes what it sends; others need not.
                part = quote(name, safe="") if rng.random() < 0.7 else quote(name, safe="/%.\\")
            parts.append(part)
        return "/".join(parts) + rng.choice(("",) * 12 + ("/", "/..", "/%2e%2e/", "//"))

    def _body(self, rng: random.Random, template: str) -> bytes:
        good = BODIES.get(template) or tuple(each for bodies in BODIES.values() for each in bodies)
        body: Any = json.loads(json.dumps(rng.choice(good)))
        for _ in range(rng.choice((0, 1, 1, 2))):
            name = rng.choice([*body, "more"])
            if name == "abc" and rng.random() < 0.7:
                body[name] = self._text(rng)
            elif isinstance(body.get(name), dict) and rng.random() < 0.8:
                inner = rng.choice([*body[name], "rhythm", "key", "form", "plan", "start", "transpose", "chords"])
                body[name][inner] = rng.choice((*VALUES, *NAMES))
            elif name in ("book", "title", "tags", "page", "tunes", "ids") and rng.random() < 0.7:
                one = rng.choice(NAMES)
                body[name] = [one] if name in ("tags", "tunes", "ids") else one
            else:
                body[name] = rng.choice(VALUES)
        if rng.random() < 0.05:
            body = rng.choice(VALUES)
        content = json.dumps(body).encode()
        match rng.randrange(25):
            case 0:
                content = content[: rng.randrange(len(content))]
            case 1:
                depth = rng.choice((900, 5000, 200_000))
                content = b'{"abc": ' + b"[" * depth + b"]" * depth + b"}"
            case 2:
                content = bytes(rng.randrange(256) for _ in range(50))
            case 3:
                content = b" " * 2**20 + content
            case 4:
                content = b'{"abc": ' + b"9" * 6000 + b"}"
        return content

    def _text(self, rng: random.Random) -> str:
        text = rng.choice(TEXTS)
        for _ in range(rng.randrange(4)):
            at = rng.randrange(len(text) + 1)
            text = (
                text[:at]
                + rng.choice(("", "|", ":|", "[", "\n", "\0", "K:", "(3", "\ud800", "é", '"'))
                + text[at + 1 :]
            )
        return text

    def _file(self, rng: random.Random) -> bytes:
        content = rng.choice(
            (TUNE.encode(), self._text(rng).encode("utf-8", "surrogatepass"), b"", b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk",
             b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><score-partwise>&b;',
             b"<score-partwise/>", b"PK\3\4" + b"\0" * 30, b"\xff\xfe" * 100)
        )  # fmt: skip
        return content + bytes(rng.randrange(256) for _ in range(rng.randrange(20)))

    def _spoil(self, rng: random.Random, headers: dict[str, str]) -> None:
        """Take a header away, or give it another value."""
        name = rng.choice(
            (
                *headers,
                "content-length",
                "last-event-id",
                "sec-fetch-site",
                "range",
                "if-none-match",
                "if-modified-since",
            )
        )
        if rng.random() < 0.3:
            headers.pop(name, None)
            return
        headers[name] = rng.choice(
            ("", "x", "\xff\xfe", "9" * 5000, "-1", "²", "1e9", "null", "cross-site", "same-origin", "bytes=0-,5-1,-",
             "http://evil.example", "evil.example", f"folkrnn-{PORT}=wrong", '=;;"', "text/plain", "W/", "1, 2")
        )  # fmt: skip


async def ask(app: Starlette, sent: Sent) -> Answer:
    """Return what the application answers to a request; a stream of events is left after a short while."""
    received = asyncio.Event()
    left = asyncio.Event()
    status, headers, chunks = 0, {}, []

    async def receive() -> dict[str, Any]:
        if not received.is_set():
            received.set()
            return {"type": "http.request", "body": sent.body, "more_body": False}
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in message["headers"]}
            if headers.get("content-type", "").startswith("text/event-stream"):
                asyncio.get_running_loop().call_later(STREAM_SECONDS, left.set)
        else:
            chunks.append(message.get("body", b""))

    raw = sent.path.encode("ascii")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": sent.method, "scheme": "http",
        "path": unquote(sent.path), "raw_path": raw, "query_string": sent.query.encode("ascii"), "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in sent.headers.items()],
        "client": ("127.0.0.1", 5000), "server": ("127.0.0.1", PORT),
    }  # fmt: skip
    async with asyncio.timeout(LONGEST_SECONDS):
        await app(scope, receive, send)
    return Answer(status, headers, b"".join(chunks))


def fault(sent: Sent, answer: Answer) -> str:
    """Return what is wrong with an answer, or nothing."""
    if answer.status >= 500 or not answer.status:
        return f"status {answer.status}: {answer.body[:300]!r}"
    if [name for name, value in HEADERS.items() if answer.headers.get(name.lower()) != value]:
        return "the headers of the guard are missing"
    if SECRET.encode() in answer.body or b"root:x:" in answer.body:
        return "it tells what stands outside of the folder"
    if answer.status >= 400 and sent.path.startswith("/api/") and sent.method != "HEAD":
        try:
            sentence = json.loads(answer.body)["error"]
        except (ValueError, KeyError, TypeError):
            return f"status {answer.status} without a sentence: {answer.body[:100]!r}"
        if not sentence or "\n" in sentence or "Traceback" in sentence or "Error:" in sentence or len(sentence) > 1000:
            return f"status {answer.status} with no good sentence: {sentence[:300]!r}"
    return ""


async def run(folder: Path, seed: int, numbers: range, tell: Callable[[str], None]) -> dict[str, Any]:
    """Send requests, and return what was counted and found."""
    studio = Studio(Shelf(folder), Door(PORT, TOKEN))
    known: list[tuple[str, str]] = []
    app = create_app(studio)
    requests = Requests(app, seed, known)
    statuses: Counter[int] = Counter()
    found: list[str] = []
    slowest = (0.0, "")
    waiting = iter(numbers)

    async def send_some() -> None:
        nonlocal slowest
        for number in waiting:
            if number % 50 == 0:
                known[:] = [(each.id, each.etag) for each in studio.shelf.entries()[-20:]]
                known.extend((each, "") for each in studio.jobs.ids[-10:])
            if number % 500 == 0:
                tell(f"{number} requests, {len(found)} findings")
            sent = requests.make(number)
            name = f"{number}: {sent.method} {sent.path[:80]}"
            begun = time.perf_counter()
            try:
                answer = await ask(app, sent)
            except TimeoutError:
                found.append(f"{name}: no answer within {LONGEST_SECONDS:g} seconds")
            except Exception as error:  # what the application raises is what is looked for
                found.append(f"{name}: {type(error).__name__}: {str(error)[:200]}")
            else:
                statuses[answer.status] += 1
                if wrong := fault(sent, answer):
                    found.append(f"{name}: {wrong}")
            slowest = max(slowest, (time.perf_counter() - begun, name))

    await studio.start()
    try:
        await asyncio.gather(*(send_some() for _ in range(AT_ONCE)))
    finally:
        await studio.close()
    return {"statuses": dict(sorted(statuses.items())), "slowest": slowest, "found": found}


def outside(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder, by name."""
    return {str(each.relative_to(folder)): each.read_bytes() for each in sorted(folder.rglob("*")) if each.is_file()}


def main() -> None:
    """Print what was answered, how often, and what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, metavar="NUMBER", help="send only the request of this number")
    add_json_option(parser)
    arguments = parser.parse_args()
    numbers = range(arguments.requests) if arguments.only is None else range(arguments.only, arguments.only + 1)
    begun = time.perf_counter()
    with TemporaryDirectory() as place:
        around = Path(place, "around")
        folder = around / "tunes"
        folder.mkdir(parents=True)
        secrets = Path(place, "secrets")
        secrets.mkdir()
        for name in ("outside.txt", "link.abc"):
            (secrets / name).write_text(f"X:1\nT:{SECRET}\nK:D\nA|\n")
        (folder / "out").symlink_to(secrets)
        (folder / "link.abc").symlink_to(secrets / "link.abc")
        before = outside(secrets)
        figures = asyncio.run(run(folder, arguments.seed, numbers, lambda line: print(line, file=sys.stderr)))
        if outside(secrets) != before or [each.name for each in around.iterdir()] != ["tunes"]:
            figures["found"].append("a file outside of the folder was written")
        reread = Shelf(folder)
        figures["tunes"] = len(reread.entries())
        if damaged := list((folder / ".folkrnn").glob("*.damaged*")):
            figures["found"].append(f"{damaged[0].name} was damaged")
    figures["seconds"] = time.perf_counter() - begun
    for line in figures["found"]:
        print(line)
    seconds, name = figures["slowest"]
    print(
        f"{sum(figures['statuses'].values())} answers in {figures['seconds']:.0f} s, by status: {figures['statuses']}"
    )
    print(f"the slowest took {seconds:.1f} s: {name}; {figures['tunes']} tunes on the shelf")
    print(f"{len(figures['found'])} findings")
    write_figures(arguments, figures)
    sys.exit(bool(figures["found"]))


if __name__ == "__main__":
    main()
