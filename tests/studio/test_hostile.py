"""Requests that no page sends, to every route of the table: each is refused in a sentence, and nothing is written."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.routing import Mount
from starlette.testclient import TestClient
from studio_pages import HOST, PORT, TOKEN, TUNE, MemoryShelf, Page

from folkrnn.studio.app import create_app
from folkrnn.studio.guard import BODY_BYTES, FILE_BYTES, Door
from folkrnn.studio.shelf import Shelf
from folkrnn.studio.state import Studio

SECRET = "this stands outside of the folder"

ROUTES = [
    (method, f"{route.path}/{{path}}" if isinstance(route, Mount) else str(vars(route)["path"]))
    for route in create_app(Studio(MemoryShelf(), Door(PORT, TOKEN))).routes
    for method in sorted(getattr(route, "methods", None) or {"GET"})
    if method != "HEAD"
]
WITH_PATHS = [each for each in ROUTES if "{" in each[1]]
FILES = ("/api/import",)
"""Routes that take a file, not JSON."""
JSON = [each for each in ROUTES if each[0] in ("POST", "PUT") and each[1] not in FILES]

PARTS = (
    "..", "../outside.txt", "..%2foutside.txt", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%5coutside.txt", "%00",
    "out%2fsecret",
    "out", "link.abc", ".folkrnn%2ftags.json", "C:%5Cx", "%ff", "%0d%0aX-Evil:%201", "9" * 3000, "x" * 3000, "-1",
    "1e9",
)  # fmt: skip
"""Names in a path that lead elsewhere, or nowhere."""

BODIES = (
    b"", b"{", b"[1]", b'"abc"', b"1", b"null", b"\xff\xfe", b"\xef\xbb\xbf{}", b"{'abc': 1}", b"NaN",
    b"[" * 200_000, b'{"abc": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"abc": ' + b'{"a":' * 900 + b"1" + b"}" * 901,
    b'{"abc": NaN, "kind": NaN, "title": NaN, "tunes": NaN, "tags": NaN}',
    b'{"abc": Infinity, "kind": 1e999, "title": -Infinity, "tunes": 1e999, "binned": 1e999}',
    b'{"abc": "\\ud800", "title": "\\udfff", "tunes": ["\\ud800"], "kind": "\\ud800"}',
    b'{"abc": ' + b"9" * 6000 + b"}", b'{"abc": [], "title": {}, "kind": [], "tags": "x", "tunes": "x"}',
)  # fmt: skip
"""What is no JSON, or no object, or holds what is no text and no number."""

NUMBERS: tuple[Any, ...] = (-1, 0, 10**9, -(10**300), 10**300, 1.5, 1e308, "9" * 400, True, [], {}, "\u0000")
"""Values where a number from a range is expected, or something else."""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder of tunes with links that lead out of it; what is outside is as it was in the end."""
    (tmp_path / "outside.txt").write_text(SECRET)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret").write_text(SECRET)
    (elsewhere / "link.abc").write_text(f"X:1\nT:{SECRET}\nK:D\nA|\n")
    folder = tmp_path / "around" / "tunes"
    folder.mkdir(parents=True)
    try:
        (folder / "out").symlink_to(elsewhere)
        (folder / "link.abc").symlink_to(elsewhere / "link.abc")
    except OSError:
        pytest.skip("this system makes no links")

    def outside() -> dict[str, bytes]:
        files = [each for each in tmp_path.rglob("*") if each.is_file() and not each.is_relative_to(folder)]
        return {str(each): each.read_bytes() for each in files}

    before = outside()
    yield folder
    assert outside() == before
    assert os.listdir(folder.parent) == ["tunes"]


@pytest.fixture
def stored(place: Path) -> Page:
    """A page over a real folder, without processes."""
    studio = Studio(Shelf(place), Door(PORT, TOKEN))
    return Page(TestClient(create_app(studio), base_url=f"http://{HOST}", raise_server_exceptions=False), studio)


def refused(answer: Any) -> str:
    """Return the sentence of a refusal."""
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/json"
    sentence = answer.json()["error"]
    assert 0 < len(sentence) < 500
    assert not re.search(r"\n|Traceback|Error: ", sentence)
    return str(sentence)


def filled(path: str, part: str = "1") -> str:
    return re.sub(r"\{.*?\}", lambda _: part, path)


@pytest.mark.parametrize(("method", "path"), WITH_PATHS)
def test_no_name_in_a_path_leads_out(stored: Page, method: str, path: str) -> None:
    for part in PARTS:
        answer = stored.ask(method, filled(path, part), {"title": "x"} if method == "PUT" else None, If_Match="x")
        assert answer.status_code < 500, (part, answer.text)
        assert SECRET not in answer.text
        assert "x-evil" not in answer.headers
        if answer.status_code >= 400 and path.startswith("/api/"):
            refused(answer)


@pytest.mark.parametrize(("method", "path"), JSON)
def test_a_body_that_is_no_request_is_refused(stored: Page, method: str, path: str) -> None:
    for body in BODIES:
        answer = stored.ask(method, filled(path), content=body, Content_Type="application/json", If_Match="x")
        # A set needs nothing but its name.
        assert path == "/api/sets/{name}" or refused(answer), body[:50]
        assert answer.status_code < 500, body[:50]
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = stored.ask(method, filled(path), content=b'{"abc": "X:1"}', Content_Type=kind, If_Match="x")
        assert answer.status_code == 415
        refused(answer)


@pytest.mark.parametrize(("method", "path"), [each for each in ROUTES if each[0] not in ("GET", "HEAD")])
def test_a_body_that_is_too_long_is_refused(stored: Page, method: str, path: str) -> None:
    limit = FILE_BYTES if path in FILES else BODY_BYTES
    for length in (str(limit + 1), "9" * 5000, "-1", "1e3"):
        answer = stored.ask(method, filled(path), content=b"{}", Content_Length=length, Content_Type="application/json")
        assert answer.status_code == 413
        assert "MB" in refused(answer)


@pytest.mark.parametrize(
    ("path", "body", "names"),
    [
        ("/api/draw", {}, ("width", "scale")),
        ("/api/draw", {}, ("instrument", "chords", "tab", "fingering", "page")),
        ("/api/change", {"do": "transpose"}, ("semitones",)),
        ("/api/change", {"do": "octave"}, ("octaves",)),
        ("/api/change", {}, ("do",)),
        ("/api/jobs", {"kind": "compose"}, ("count", "wishes")),
        ("/api/jobs", {"kind": "rewrite", "bars": [1, 2]}, ("bars", "drafts")),
        ("/api/jobs", {"kind": "continue", "bars": 1}, ("bars", "drafts")),
        ("/api/jobs", {"kind": "vary"}, ("closeness", "drafts")),
        ("/api/jobs", {}, ("kind",)),
        ("/api/shelf", {}, ("tags",)),
        ("/api/export", {}, ("ids", "set", "options")),
    ],
)
def test_a_number_out_of_its_range_is_refused(
    stored: Page, monkeypatch: pytest.MonkeyPatch, path: str, body: dict[str, Any], names: tuple[str, ...]
) -> None:
    async def none(*_: Any, **__: Any) -> Any:
        return {"remarks": []}, b""

    # What is not refused here goes on to the processes, which this is not about.
    monkeypatch.setattr("folkrnn.studio.workers.Worker.ask", none)
    for name in names:
        for value in NUMBERS:
            answer = stored.ask("POST", path, {"abc": TUNE, **body, name: value})
            assert answer.status_code < 300 or refused(answer)


def test_a_name_of_a_book_does_not_lead_out(stored: Page, place: Path) -> None:
    for book in (
        "../x", "..", "/etc/x", "a/../../x", "..\\x", "C:\\x", "out/x", "out", "link", "link.abc", ".folkrnn/tags",
        "\0", "x\ny", "é" * 119, "a/" * 3000, "con:", ".hidden", "x" * 300,
    ):  # fmt: skip
        for answer in (
            stored.ask("POST", "/api/shelf", {"abc": TUNE, "book": book}),
            stored.ask("POST", f"/api/import?name={quote(book)}.abc", content=TUNE.encode()),
        ):
            assert answer.status_code in (201, 400, 413, 415, 422), (book[:40], answer.text)
    for each in place.rglob("*.abc"):
        assert each.resolve().is_relative_to(place) or each.is_symlink()
    assert SECRET not in str(stored.ask("GET", "/api/shelf").json()["tunes"])
