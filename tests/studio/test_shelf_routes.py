"""Tunes on the shelf, over HTTP."""

import errno

import pytest
from studio_pages import TUNE, MemoryShelf, Page


def test_a_tune_is_added_read_changed_and_binned(page: Page) -> None:
    entry = page.ask("POST", "/api/shelf", {"abc": TUNE, "book": "mine.abc", "tags": ["new"]}).json()["entry"]
    assert (entry["title"], entry["book"], entry["tags"]) == ("The Wheelwright", "mine.abc", ["new"])
    answer = page.ask("GET", f"/api/shelf/{entry['id']}")
    assert answer.headers["etag"] == f'"{entry["etag"]}"'
    assert "T:The Wheelwright" in answer.json()["abc"]
    path = f"/api/shelf/{entry['id']}"
    changed = page.ask("PUT", path, {"abc": TUNE + "% new\n"}, If_Match=answer.headers["etag"])
    assert changed.status_code == 200
    assert page.ask("GET", path).json()["abc"].endswith("% new\n")
    late = page.ask("PUT", path, {"tags": []}, If_Match=answer.headers["etag"])
    assert late.status_code == 412
    assert late.json()["entry"]["etag"] == changed.json()["entry"]["etag"]
    assert late.json()["abc"].endswith("% new\n")
    assert page.ask("DELETE", path, If_Match=changed.headers["etag"]).json()["entry"]["binned"] is True


def test_a_change_without_what_was_seen_is_refused(page: Page, shelf: MemoryShelf) -> None:
    (entry,) = shelf.add(TUNE)
    for method, body in (("PUT", {"abc": TUNE}), ("DELETE", None)):
        answer = page.ask(method, f"/api/shelf/{entry.id}", body)
        assert answer.status_code == 400
        assert "If-Match" in answer.json()["error"]
    assert shelf.get(entry.id).entry == entry


def test_several_tunes_of_a_text_are_several_entries(page: Page) -> None:
    answer = page.ask("POST", "/api/shelf", {"abc": f"{TUNE}\n{TUNE}"})
    assert answer.status_code == 201
    assert len(answer.json()["entries"]) == 2


@pytest.mark.parametrize("text", ["", "hello", "X:1\nT:Empty\nK:D\n"])
def test_a_text_without_music_is_no_tune_to_keep(page: Page, shelf: MemoryShelf, text: str) -> None:
    assert page.ask("POST", "/api/shelf", {"abc": text}).status_code == 422
    assert shelf.entries() == []


@pytest.mark.parametrize("path", ["/api/shelf/none", "/api/shelf/none/versions", "/api/shelf/none/versions/1"])
def test_what_is_not_there_is_named(page: Page, path: str) -> None:
    answer = page.ask("GET", path)
    assert answer.status_code == 404
    assert "none" in answer.json()["error"]


def test_a_set_is_made_and_changed_by_those_who_have_seen_it(page: Page) -> None:
    made = page.ask("PUT", "/api/sets/first", {"title": "First", "tunes": ["t1", "t2"]})
    assert made.status_code == 200
    assert page.ask("GET", "/api/sets").json()[0]["tunes"] == ["t1", "t2"]
    again = page.ask("PUT", "/api/sets/first", {"title": "Mine", "tunes": []})
    assert again.status_code == 412
    assert again.json()["set"]["title"] == "First"
    assert page.ask("PUT", "/api/sets/first", {"tunes": []}, If_Match=made.headers["etag"]).status_code == 200
    etag = page.ask("GET", "/api/sets").json()[0]["etag"]
    assert page.ask("DELETE", "/api/sets/first", If_Match=etag).status_code == 200
    assert page.ask("GET", "/api/sets").json() == []


def test_a_book_of_abc_is_imported_with_its_findings(page: Page, shelf: MemoryShelf) -> None:
    broken = TUNE.replace("dFAF|", "dFAFA|")
    answer = page.ask("POST", "/api/import?name=..%2F..%2FMy%20Book.abc", content=broken.encode())
    assert answer.status_code == 201
    assert answer.json()["entries"][0]["book"] == "My Book"
    assert {"overfull-bar", "bar-length"} & {each["code"] for each in answer.json()["findings"]} or any(
        each["level"] == "error" for each in answer.json()["findings"]
    )


@pytest.mark.parametrize(("name", "status"), [("x.exe", 415), ("", 415), ("x.abc", 422)])
def test_what_is_no_music_is_not_imported(page: Page, shelf: MemoryShelf, name: str, status: int) -> None:
    answer = page.ask("POST", f"/api/import?name={name}", content=b"MZ\x00")
    assert answer.status_code == status
    assert shelf.entries() == []


def test_a_full_disk_is_one_sentence(page: Page, shelf: MemoryShelf) -> None:
    shelf.broken = OSError(errno.ENOSPC, "No space left on device", "/tunes/tunes.abc")
    answer = page.ask("POST", "/api/shelf", {"abc": TUNE})
    assert answer.status_code == 500
    assert answer.json()["error"] == "/tunes/tunes.abc: No space left on device"


@pytest.mark.parametrize(
    "body",
    [
        {"format": "pdf"},
        {"format": "pdf", "abc": TUNE, "ids": ["t1"]},
        {"format": "pdf", "ids": []},
        {"format": "pdf", "ids": [1]},
        {"format": "pdf", "ids": "t1"},
        {"abc": TUNE},
        {"abc": TUNE, "format": "pdf", "options": []},
        {"abc": TUNE, "format": "pdf", "options": {"tab": True}},
        {"abc": TUNE, "format": "pdf", "options": {"instrument": "kazoo"}},
    ],
)
def test_an_export_of_nothing_is_refused_before_any_work(page: Page, body: dict[str, object]) -> None:
    assert page.ask("POST", "/api/export", body).status_code in (400, 422)
