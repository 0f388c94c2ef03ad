"""Who may ask the studio, and what a page of it may do."""

import asyncio
import json
import re

import pytest
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from studio_pages import HOST, PORT, TOKEN, TUNE, MemoryShelf, Page

from folkrnn.studio.app import create_app
from folkrnn.studio.guard import BODY_BYTES, FILE_BYTES, Door, Guard
from folkrnn.studio.state import Studio

ROUTES = [
    (method, re.sub(r"\{\w+(:\w+)?\}", "1", str(vars(route)["path"])))
    for route in create_app(Studio(MemoryShelf(), Door(PORT, TOKEN))).routes
    for method in sorted(getattr(route, "methods", None) or {"GET"})
    if method != "HEAD"
]
PROTECTED = [(method, path) for method, path in ROUTES if path.startswith("/api/")]


def test_the_table_of_routes_is_seen() -> None:
    assert len(PROTECTED) > 15
    assert ("POST", "/api/export") in PROTECTED


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("host", ["evil.example:4321", "127.0.0.1", f"127.0.0.1.evil.example:{PORT}", "127.0.0.1:80"])
def test_another_name_is_refused_on_every_route(page: Page, method: str, path: str, host: str) -> None:
    assert page.ask(method, path, Host=host, Origin=f"http://{host}").status_code == 403


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("origin", ["http://evil.example", "null", f"https://{HOST}", "http://127.0.0.1:1"])
def test_another_origin_is_refused_on_every_route(page: Page, method: str, path: str, origin: str) -> None:
    assert page.ask(method, path, Origin=origin).status_code == 403


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_another_site_is_refused_where_tunes_are(page: Page, method: str, path: str) -> None:
    assert page.ask(method, path, Origin="", Sec_Fetch_Site="cross-site").status_code == 403


@pytest.mark.parametrize(("method", "path"), PROTECTED)
@pytest.mark.parametrize("cookie", ["", f"folkrnn-{PORT}=wrong", f"folkrnn-1={TOKEN}", "folkrnn-4321"])
def test_the_token_is_needed_on_every_route_of_tunes(page: Page, method: str, path: str, cookie: str) -> None:
    answer = page.ask(method, path, Cookie=cookie)
    assert answer.status_code == 403
    assert "token" in answer.json()["error"]


@pytest.mark.parametrize(("method", "path"), [each for each in PROTECTED if each[0] != "GET"])
def test_what_changes_something_says_where_it_comes_from(page: Page, method: str, path: str) -> None:
    assert page.ask(method, path, Origin="").status_code == 403
    assert page.ask(method, path, Origin="", Sec_Fetch_Site="same-origin").status_code != 403


def test_the_address_gives_the_cookie_and_hides_the_token(page: Page) -> None:
    answer = page.ask("GET", f"/?token={TOKEN}", Cookie="", Origin="")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(f"folkrnn-{PORT}={TOKEN}")
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie


@pytest.mark.parametrize("query", ["", "?token=wrong", "?token="])
def test_without_the_token_the_page_asks_for_it(page: Page, query: str) -> None:
    answer = page.ask("GET", f"/{query}", Cookie="", Origin="")
    assert answer.status_code == 403
    assert 'name="token"' in answer.text
    assert TOKEN not in answer.text
    assert "set-cookie" not in answer.headers


def test_a_link_elsewhere_may_lead_to_the_page(page: Page) -> None:
    linked = {"Origin": "", "Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    assert page.ask("GET", f"/?token={TOKEN}", Cookie="", **linked).status_code == 303
    assert page.ask("GET", "/", Origin="", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors").status_code == 403


@pytest.mark.parametrize(
    "path", ["/", "/static/index.html", "/player/player.js", "/api/shelf", "/nowhere", "/api/sets"]
)
def test_every_answer_forbids_what_is_not_from_here(page: Page, path: str) -> None:
    for cookie in (page.cookie, ""):
        headers = page.ask("GET", path, Cookie=cookie).headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    "path",
    ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static//etc/passwd", "/player/__init__.py"],
)
def test_no_path_leads_out_of_the_page(page: Page, path: str) -> None:
    assert page.ask("GET", path).status_code == 404


def test_a_body_that_is_too_long_is_refused_by_its_header(page: Page) -> None:
    for path, limit in (("/api/read", BODY_BYTES), ("/api/import?name=x.abc", FILE_BYTES)):
        answer = page.ask("POST", path, content=b" " * (limit + 1))
        assert answer.status_code == 413
        assert "MB" in answer.json()["error"]


def test_a_body_that_is_too_long_is_refused_without_a_header(page: Page) -> None:
    chunks = (b" " * 100_000 for _ in range(12))
    answer = page.client.post(
        "/api/read",
        content=chunks,
        headers={"Host": HOST, "Cookie": page.cookie, "Origin": f"http://{HOST}", "Content-Type": "application/json"},
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"[1]", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"abc": "\\ud800"}', "application/json", 400),
        (b'{"abc": 1}', "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"abc": "X:1"}', "text/plain", 415),
    ],
)
def test_what_is_no_request_is_refused_in_one_sentence(page: Page, content: bytes, kind: str, status: int) -> None:
    answer = page.ask("POST", "/api/read", content=content, Content_Type=kind)
    assert answer.status_code == status
    assert "\n" not in answer.json()["error"]


def test_addresses_will_do_where_any_host_is_listened_on() -> None:
    door = Door(80, "t", frozenset({"localhost", "my-machine"}), any_address=True)
    assert all(map(door.knows_host, ("192.168.0.5:80", "[fe80::1]:80", "my-machine:80", "localhost:80")))
    assert not any(map(door.knows_host, ("evil.example:80", "192.168.0.5:81", "192.168.0.5", "")))


def test_a_title_is_no_part_of_a_page(page: Page, shelf: MemoryShelf) -> None:
    shelf.add(TUNE.replace("The Wheelwright", "<script>alert(1)</script>"))
    answer = page.ask("GET", "/api/shelf")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["tunes"][0]["title"] == "<script>alert(1)</script>"


def test_a_client_may_call_it_by_its_other_names() -> None:
    studio = Studio(MemoryShelf(), Door(PORT, TOKEN))
    for name in ("localhost", "[::1]"):
        client = TestClient(create_app(studio), base_url=f"http://{name}:{PORT}")
        assert client.get("/static/index.html").status_code == 200


def test_a_request_that_the_end_of_the_studio_cuts_off_is_answered_in_a_sentence() -> None:
    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.Event().wait()

    async def nothing() -> Message:
        return {"type": "http.request", "body": b""}

    sent: list[Message] = []

    async def sending(message: Message) -> None:
        sent.append(message)

    async def closing() -> None:
        headers = [(b"host", HOST.encode())]
        scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
        request = asyncio.create_task(Guard(endless, Door(PORT, TOKEN))(scope, nothing, sending))
        await asyncio.sleep(0)
        request.cancel()
        await request

    asyncio.run(closing())
    assert sent[0]["status"] == 503
    assert json.loads(sent[1]["body"]) == {"error": "the studio is closing"}
