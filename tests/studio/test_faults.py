"""What goes wrong outside of the studio: half a tune, far too much of one, a full disk, a folder without rights."""

import errno
from pathlib import Path
from typing import Any

import pytest
from browsing import Browser
from starlette.testclient import TestClient
from studio_browsing import AREA, JIG, driven, open_page, press, saved, text, write
from studio_pages import HOST, PORT, TOKEN, TUNE, MemoryShelf, Page

from folkrnn.errors import InputError
from folkrnn.studio import disk, server
from folkrnn.studio.app import create_app
from folkrnn.studio.guard import Door
from folkrnn.studio.shelf import Shelf
from folkrnn.studio.state import Studio

LONG = JIG.replace("|:dAF DFA|Bdg efg|fdf ece|d3 d3:|\n", "dAF DFA|Bdg efg|fdf ece|d3 d3|\n" * 500)
"""A tune of 2,000 bars."""


def page_over(folder: Path) -> Page:
    studio = Studio(Shelf(folder), Door(PORT, TOKEN))
    return Page(TestClient(create_app(studio), base_url=f"http://{HOST}", raise_server_exceptions=False), studio)


def books(folder: Path) -> dict[str, bytes]:
    return {str(each): each.read_bytes() for each in folder.rglob("*.abc")}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO])
def test_a_disk_that_takes_nothing_more_is_told_of_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    page = page_over(tmp_path)
    entry = page.ask("POST", "/api/shelf", {"abc": TUNE}).json()["entry"]
    before, shown = books(tmp_path), page.ask("GET", "/api/shelf").json()["tunes"]

    def full(*_: Any, **__: Any) -> Any:
        raise OSError(number, "No room", "somewhere")

    monkeypatch.setattr(disk, "whole_file", full)
    path, etag = f"/api/shelf/{entry['id']}", entry["etag"]
    for method, where, body in (
        ("POST", "/api/shelf", {"abc": TUNE}),
        ("PUT", path, {"abc": TUNE + "% new\n"}),
        ("PUT", path, {"tags": ["a"]}),
        ("DELETE", path, None),
        ("PUT", "/api/sets/first", {"tunes": [entry["id"]]}),
    ):
        answer = page.ask(method, where, body, If_Match="" if where.startswith("/api/sets") else etag)
        assert answer.status_code == 422, answer.text
        assert "No room" in answer.json()["error"]
        assert "as it was" in answer.json()["error"]
    assert books(tmp_path) == before
    monkeypatch.undo()
    assert page.ask("GET", "/api/shelf").json()["tunes"] == shown
    assert page.ask("PUT", path, {"abc": TUNE + "% new\n"}, If_Match=etag).status_code == 200


def test_a_folder_without_rights_is_refused_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        server.open_folder(tmp_path / "tunes")


def test_a_text_is_refused_that_is_too_long_or_too_long_to_draw(working: Page) -> None:
    answer = working.ask("POST", "/api/read", {"abc": "dAF DFA|" * 1_300_000})
    assert answer.status_code == 413
    assert "1 MB" in answer.json()["error"]
    drawing = working.ask("POST", "/api/draw", {"abc": LONG})
    assert drawing.status_code in (200, 422)
    if drawing.status_code == 422:
        assert "expected a shorter" in drawing.json()["error"]
    read = working.ask("POST", "/api/read", {"abc": LONG}).json()
    assert [each["title"] for each in read["tunes"]] == ["The Open Gate"]
    assert working.ask("POST", "/api/draw", {"abc": TUNE}).json()["bars"] == 4


def test_a_file_that_is_no_model_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    bad = tmp_path / "none.safetensors"
    bad.write_text("no model")
    studio = Studio(MemoryShelf(), Door(PORT, TOKEN), str(bad))
    with TestClient(create_app(studio), base_url=f"http://{HOST}") as client:
        page = Page(client, studio)
        answer = page.ask("POST", "/api/jobs", {"kind": "compose"})
        assert answer.status_code == 422
        assert "none.safetensors" in answer.json()["error"]
        assert page.ask("GET", "/api/about").json()["model"]["state"] == "failed"
        assert page.ask("POST", "/api/draw", {"abc": TUNE}).json()["bars"] == 4


HALVES = (
    "X",
    "X:1\nT:The Op",
    "X:1\nT:The Open Gate\nK:D\n|:dAF [",
    'X:1\nK:D\n"',
    "X:1\nM:6/\nK:D\nd",
    "K:",
    "|:|:|:",
    "%",
)


@driven
def test_a_tune_that_is_half_typed_leaves_the_last_score(browser: Browser, address: str) -> None:
    open_page(browser, address)
    write(browser, JIG)
    press(browser, "keep")
    saved(browser)
    browser.wait("document.querySelectorAll('#sheet .note').length === 20")
    for half in HALVES:
        write(browser, half)
        browser.wait("!document.getElementById('stale').hidden || document.getElementById('title').textContent")
        assert browser.ask("document.querySelectorAll('#sheet > svg').length") == 1, half
        assert browser.ask("document.getElementById('notice').hidden"), half
    write(browser, JIG)
    browser.wait("document.getElementById('stale').hidden && document.querySelectorAll('#sheet .note').length === 20")
    saved(browser)


@driven
def test_far_too_much_text_is_refused_in_a_sentence(browser: Browser, folder: Path) -> None:
    before = books(folder)
    browser.ask(f"{AREA}.focus()")
    pasted = (
        "{inputType: 'insertFromPaste', cancelable: true, data: 'dAF DFA|Bdg efg|fdf ece|d3 d3|\\n'.repeat(320_000)}"
    )
    assert not browser.ask(f"{AREA}.dispatchEvent(new InputEvent('beforeinput', {pasted}))"), "it is not put in"
    browser.wait("!document.getElementById('notice').hidden")
    assert "Import" in text(browser, "notice")
    assert browser.ask(f"{AREA}.value") == JIG
    assert books(folder) == before
    browser.ask("document.querySelector('#notice button').click()")
    assert browser.ask("document.querySelectorAll('#sheet .note').length") == 20
