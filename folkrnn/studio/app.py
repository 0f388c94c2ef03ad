"""The routes of the studio: what a request asks for is read, called, and answered in JSON.

``docs/studio.md`` has the table of them.
"""

import asyncio
import contextlib
import json
import mimetypes
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from html import escape
from importlib.resources import files
from pathlib import Path, PurePath
from typing import Any, TypeVar
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from folkrnn import __version__, player
from folkrnn.errors import FolkrnnError
from folkrnn.export.formats import FORMATS
from folkrnn.importing.files import ENDINGS, is_importable
from folkrnn.notation import decode
from folkrnn.studio.arranging import INSTRUMENTS, Arrangement
from folkrnn.studio.frames import Message
from folkrnn.studio.guard import Door, Guard
from folkrnn.studio.jobs import Jobs
from folkrnn.studio.readings import changed, finding_rows, readable, reading
from folkrnn.studio.shelf import Conflict, NotOnShelf, Shelf
from folkrnn.studio.workers import Engraver, WorkerError

LOOK_SECONDS = 2.0
"""How often the folder is looked at for changes that other programs made."""

KNOWN_SECONDS = 10.0
"""How long a page waits for what the processes know at their start; they tell it within half a second."""

MOST_STREAMS = 64
"""The most streams of events that are open at once."""

MOST_EXPORTED = 2000
"""The most tunes of a file."""

ABC_ENDINGS = (".abc", ".txt")

Result = TypeVar("Result")

# Windows may call a script plain text, which no browser would run.
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("text/javascript", ".mjs")


@dataclass
class Studio:
    """A run: the tunes, the processes, and what they have told."""

    shelf: Shelf
    door: Door
    model: str | None = None
    jobs: Jobs = field(init=False)
    engraver: Engraver = field(init=False)
    known: dict[str, Any] = field(default_factory=dict)
    streams: int = 0

    async def start(self) -> None:
        """Start the processes, which load behind the page."""
        self.closing = asyncio.Event()
        self.touched = asyncio.Event()
        self._news = asyncio.Event()
        self.engraver = Engraver(self._told)
        self.jobs = Jobs(self.model, self._told)
        await self.jobs.start()
        with contextlib.suppress(WorkerError):  # it is tried again with the first drawing
            await self.engraver.drawer.start()

    def _told(self, message: Message) -> None:
        self.known |= {name: message[name] for name in ("suggestions", "voices") if name in message}
        if message["event"] == "failed":
            self.known.setdefault("suggestions", {})
        self._news.set()

    async def knows(self, name: str, otherwise: Any) -> Any:
        """Return what a process tells at its start, or something else if it does not."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(KNOWN_SECONDS):
                while name not in self.known:
                    self._news.clear()
                    await self._news.wait()
        return self.known.get(name) or otherwise

    def touch(self) -> None:
        """Tell the pages that the shelf has changed."""
        touched, self.touched = self.touched, asyncio.Event()
        touched.set()

    def stop_streams(self) -> None:
        """Let all streams of events end."""
        self.closing.set()
        self.touch()

    async def close(self) -> None:
        """End the processes."""
        self.stop_streams()
        await asyncio.gather(self.jobs.close(), self.engraver.close())


def create_app(studio: Studio) -> Starlette:
    """Return the application of a studio."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await studio.start()
        try:
            yield
        finally:
            await studio.close()

    app = Starlette(
        routes=_routes(),
        middleware=[Middleware(Guard, studio.door)],
        exception_handlers={
            HTTPException: _http_error,
            Conflict: _conflict,
            NotOnShelf: _not_there,
            FolkrnnError: _refused,
            OSError: _broken,
            Exception: _broken,
        },
        lifespan=lifespan,
    )
    app.state.studio = studio
    return app


def _routes() -> list[Route | Mount]:
    def route(path: str, endpoint: Any, *methods: str) -> Route:
        return Route(path, endpoint, methods=list(methods or ("GET",)))

    return [
        route("/", index),
        route("/favicon.ico", favicon),
        route("/player/{name}", player_file),
        Mount("/static", StaticFiles(directory=str(_static()))),
        route("/api/about", about),
        route("/api/read", read, "POST"),
        route("/api/draw", draw, "POST"),
        route("/api/validate", validate, "POST"),
        route("/api/change", change, "POST"),
        route("/api/jobs", add_job, "POST"),
        route("/api/jobs/{id}", stop_job, "DELETE"),
        route("/api/jobs/{id}/events", job_events),
        route("/api/shelf", shelf),
        route("/api/shelf", add_tunes, "POST"),
        route("/api/shelf/events", shelf_events),
        route("/api/shelf/{id}", tune),
        route("/api/shelf/{id}", change_tune, "PUT"),
        route("/api/shelf/{id}", bin_tune, "DELETE"),
        route("/api/shelf/{id}/versions", versions),
        route("/api/shelf/{id}/versions/{version:int}", old_version),
        route("/api/sets", sets),
        route("/api/sets/{name}", put_set, "PUT"),
        route("/api/sets/{name}", remove_set, "DELETE"),
        route("/api/import", import_, "POST"),
        route("/api/export", export, "POST"),
    ]


def _static() -> Path:
    return Path(str(files("folkrnn.studio"))) / "static"


def _studio(request: Request) -> Studio:
    studio: Studio = request.app.state.studio
    return studio


# ── errors ──────────────────────────────────────────────────────────────────────────────────────


def _error(sentence: str, status: int, **more: Any) -> JSONResponse:
    return JSONResponse({"error": " ".join(sentence.split()), **more}, status)


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _error(error.detail, error.status_code)


async def _refused(_: Request, error: Exception) -> Response:
    return _error(str(error), error.status if isinstance(error, WorkerError) else 422)


async def _conflict(_: Request, error: Exception) -> Response:
    assert isinstance(error, Conflict)
    return _error(str(error), 412, **_stored(error.stored))


async def _not_there(_: Request, error: Exception) -> Response:
    return _error(str(error), 404)


async def _broken(request: Request, error: Exception) -> Response:
    if isinstance(error, OSError):
        name = f"{error.filename}: " if error.filename else ""
        return _error(f"{name}{error.strerror or error}", 500)
    sentence = f"{type(error).__name__}: {error}"
    print(f"folkrnn: {request.method} {request.url.path}: {' '.join(sentence.split())}", file=sys.stderr)
    return _error(f"something is wrong in the studio: {sentence}", 500)


# ── requests ────────────────────────────────────────────────────────────────────────────────────


async def _body(request: Request) -> dict[str, Any]:
    """Return the JSON object that a request holds. Raises HTTPException for anything else."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, f"Content-Type {kind[:40]!r} cannot be read; expected application/json")
    try:
        body = json.loads(await request.body())
        json.dumps(body, ensure_ascii=False).encode()  # half characters are no text
    except (ValueError, RecursionError):
        raise HTTPException(400, "the request is no JSON; expected an object in UTF-8") from None
    if not isinstance(body, dict):
        raise HTTPException(400, "the request holds no object; expected one in JSON")
    return body


_REQUIRED: Any = object()


def _take(body: Mapping[str, Any], name: str, kind: type[Result], default: Any = _REQUIRED) -> Result:
    """Return a value of a request. Raises HTTPException for one of another kind, or a missing one."""
    value = body.get(name)
    if value is None:
        if default is _REQUIRED:
            raise HTTPException(400, f"{name} is missing; expected a {_KINDS[kind]}")
        value = default
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool) != (kind is bool)):
        raise HTTPException(400, f"{name}={str(value)[:40]!r} should be a {_KINDS[kind]}")
    return value  # type: ignore[no-any-return]


_KINDS = {str: "text", bool: "true or false", list: "list", dict: "object", int: "whole number"}


def _texts(body: Mapping[str, Any], name: str, default: Any = _REQUIRED) -> list[str] | None:
    """Return a list of texts of a request. Raises HTTPException for anything else."""
    values = _take(body, name, list, default)
    if values is not None and not all(isinstance(each, str) for each in values):
        raise HTTPException(400, f"{name} should be a list of texts")
    return values


def _number(body: Mapping[str, Any], name: str, default: float) -> float:
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 100_000:
        raise HTTPException(400, f"{name}={str(value)[:40]!r} should be a number above 0")
    return value


def _etag(request: Request) -> str:
    """Return what a request says that it has seen. Raises HTTPException if it does not say."""
    given = request.headers.get("if-match", "").strip().removeprefix("W/").strip('"')
    if not given:
        raise HTTPException(400, "the header If-Match is missing; expected the etag of what is to be changed")
    return given


# ── the page ────────────────────────────────────────────────────────────────────────────────────

_ASKING = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>folkrnn studio</title></head>
<body><main><h1>folkrnn studio</h1><p>{}</p>
<form action="/" method="get"><label>Token <input name="token" autocomplete="off" required></label>
<button>Open</button></form></main></body></html>
"""


async def index(request: Request) -> Response:
    """Show the page; with the token in its address, set the cookie first; without either, ask for the token."""
    door = _studio(request).door
    token = request.query_params.get("token")
    if token is not None and door.knows_token(token):
        answer = RedirectResponse("/", 303)
        answer.set_cookie(door.cookie, door.token, path="/", httponly=True, samesite="strict")
        return answer
    if token is not None or not door.has_cookie(request.headers):
        wrong = "This is not the token of this studio." if token else "This studio needs its token."
        return HTMLResponse(_ASKING.format(escape(f"{wrong} It stands in the address that folkrnn studio printed.")), 403)
    return HTMLResponse((_static() / "index.html").read_bytes())


async def favicon(_: Request) -> Response:
    """Give the icon of the page, if there is one."""
    icon = _static() / "favicon.ico"
    return Response(icon.read_bytes(), media_type="image/x-icon") if icon.is_file() else Response(status_code=204)


async def player_file(request: Request) -> Response:
    """Give the player's script or its style."""
    match request.path_params["name"]:
        case "player.js":
            return Response(player.script(), media_type="text/javascript")
        case "player.css":
            return Response(player.style(), media_type="text/css")
    raise HTTPException(404, "there is no such file; expected player.js or player.css")


async def about(request: Request) -> Response:
    """Say what this studio is, and what one may ask it for."""
    studio = _studio(request)
    suggestions = await studio.knows("suggestions", {})
    empty: dict[str, Any] = {name: [] for name in ("rhythms", "keys", "origins", "meters", "forms")}
    return JSONResponse(
        {
            "version": __version__,
            "folder": str(studio.shelf.folder),
            "model": {
                "state": studio.jobs.state,
                "name": Path(studio.model).stem if studio.model else "default",
                "message": studio.jobs.message,
            },
            "suggestions": empty | suggestions,
            "formats": [
                {"name": name, "ending": each.extension, "one_tune": not each.holds_all}
                for name, each in FORMATS.items()
            ],
            "instruments": list(INSTRUMENTS),
            "voices": await studio.knows("voices", {}),
        }
    )


# ── a text ──────────────────────────────────────────────────────────────────────────────────────


async def read(request: Request) -> Response:
    """Read a text with our reader."""
    text = _take(await _body(request), "abc", str)
    return JSONResponse(await run_in_threadpool(reading, text))


async def draw(request: Request) -> Response:
    """Draw the first tune of a text, and say how it sounds."""
    body = await _body(request)
    text, page = _take(body, "abc", str), _take(body, "page", str, "")
    width, scale = _number(body, "width", 900), _number(body, "scale", 1)
    Arrangement.of(body)
    return JSONResponse(
        await _studio(request).engraver.draw(
            page[:100], **{**_arrangement(body), "abc": text, "width": width, "scale": scale}
        )
    )


_ARRANGEMENT = ("transpose", "chords", "instrument", "tab", "fingering", "plain")


def _arrangement(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in _ARRANGEMENT if name in body}


async def validate(request: Request) -> Response:
    """Ask music21, too, whether the first tune of a text is playable."""
    text = _take(await _body(request), "abc", str)
    return JSONResponse(await _studio(request).engraver.judge(abc=text))


async def change(request: Request) -> Response:
    """Transpose the tunes of a text, or give them chords."""
    body = await _body(request)
    text = _take(body, "abc", str)
    return JSONResponse({"abc": await run_in_threadpool(changed, text, body)})


# ── jobs ────────────────────────────────────────────────────────────────────────────────────────


async def add_job(request: Request) -> Response:
    """Begin a job."""
    job, remarks = await _studio(request).jobs.add(await _body(request))
    return JSONResponse({"id": job.id, "seed": job.request["seed"], "remarks": remarks}, 202)


def _job(request: Request) -> Any:
    try:
        return _studio(request).jobs[request.path_params["id"]]
    except KeyError:
        raise HTTPException(404, "there is no such job; expected one of this run") from None


async def stop_job(request: Request) -> Response:
    """Stop a job; its finished tunes stay."""
    await _studio(request).jobs.stop(_job(request))
    return JSONResponse({})


async def job_events(request: Request) -> Response:
    """Stream what happens in a job, after the event that the page has seen last."""
    job, last = _job(request), request.headers.get("last-event-id", "")

    async def events() -> AsyncIterator[str]:
        async for number, name, data in job.after(int(last) if last.isascii() and last.isdecimal() else 0):
            yield f"id: {number}\n{_event(name, data)}"

    return _stream(_studio(request), events())


def _event(name: str, data: Mapping[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def _stream(studio: Studio, events: AsyncIterator[str]) -> Response:
    if studio.streams >= MOST_STREAMS:
        raise HTTPException(429, f"{MOST_STREAMS} streams of events are open; expected some of them to be closed")

    async def counted() -> AsyncIterator[str]:
        studio.streams += 1
        try:
            async for event in events:
                yield event
        finally:
            studio.streams -= 1

    return StreamingResponse(counted(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


# ── the shelf ───────────────────────────────────────────────────────────────────────────────────


def _plain(value: Any) -> Any:
    """Return a value of the shelf as JSON knows it."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} is no value of JSON")


def _data(value: Any) -> Any:
    return json.loads(json.dumps(asdict(value), default=_plain))


def _stored(stored: Any) -> dict[str, Any]:
    return {"entry": _data(stored.entry), "abc": stored.text}


def _with_etag(data: Any, etag: str, status: int = 200) -> Response:
    return JSONResponse(data, status, {"ETag": f'"{etag}"'})


async def _changing(studio: Studio, function: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
    """Return what a function that changes the shelf returns, and tell the pages."""
    try:
        return await run_in_threadpool(function, *arguments, **named)
    finally:
        studio.touch()


async def shelf(request: Request) -> Response:
    """List all that is on the shelf."""
    found = _studio(request).shelf

    def listed() -> dict[str, Any]:
        entries = found.entries()
        return {
            "version": found.version(),
            "tunes": [_data(each) for each in entries],
            "sets": [_data(each) for each in found.sets()],
            "books": sorted({each.book for each in entries}),
        }

    return JSONResponse(await run_in_threadpool(listed))


async def shelf_events(request: Request) -> Response:
    """Stream a version whenever the shelf has another one."""
    studio = _studio(request)

    async def events() -> AsyncIterator[str]:
        before = ""
        while not studio.closing.is_set():
            touched = studio.touched
            version = await run_in_threadpool(studio.shelf.version)
            if version != before:
                yield _event("changed", {"version": version})
            before = version
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await touched.wait()

    return _stream(studio, events())


async def add_tunes(request: Request) -> Response:
    """Put the tunes of a text on the shelf."""
    studio, body = _studio(request), await _body(request)
    text, book, tags = _take(body, "abc", str), _take(body, "book", str, ""), _texts(body, "tags", ())
    await run_in_threadpool(_check_has_tune, text)
    entries = await _changing(studio, studio.shelf.add, text, book, tuple(tags or ()))
    return JSONResponse(_added(entries), 201)


def _check_has_tune(text: str) -> None:
    readable(text)


def _added(entries: Sequence[Any]) -> dict[str, Any]:
    rows = [_data(each) for each in entries]
    return {"entries": rows} if len(rows) != 1 else {"entry": rows[0], "entries": rows}


async def tune(request: Request) -> Response:
    """Give a tune."""
    stored = await run_in_threadpool(_studio(request).shelf.get, request.path_params["id"])
    return _with_etag(_stored(stored), stored.entry.etag)


async def change_tune(request: Request) -> Response:
    """Change the text of a tune, its tags, or whether it is in the bin."""
    body = await _body(request)
    return await _changed(
        request,
        text=_take(body, "abc", str, None),
        tags=_texts(body, "tags", None),
        binned=_take(body, "binned", bool, None),
    )


async def bin_tune(request: Request) -> Response:
    """Put a tune in the bin."""
    return await _changed(request, binned=True)


async def _changed(request: Request, **values: Any) -> Response:
    studio = _studio(request)
    entry = await _changing(studio, studio.shelf.change, request.path_params["id"], _etag(request), **values)
    return _with_etag({"entry": _data(entry)}, entry.etag)


async def versions(request: Request) -> Response:
    """List the versions of a tune."""
    found = await run_in_threadpool(_studio(request).shelf.versions, request.path_params["id"])
    return JSONResponse([_data(each) for each in found])


async def old_version(request: Request) -> Response:
    """Give an old version of a tune."""
    shelf = _studio(request).shelf
    text = await run_in_threadpool(shelf.old_text, request.path_params["id"], request.path_params["version"])
    return JSONResponse({"abc": text})


async def sets(request: Request) -> Response:
    """List the sets."""
    return JSONResponse([_data(each) for each in await run_in_threadpool(_studio(request).shelf.sets)])


async def put_set(request: Request) -> Response:
    """Make a set, or change one."""
    studio, body = _studio(request), await _body(request)
    title, ids = _take(body, "title", str, ""), _texts(body, "tunes")
    etag = _etag(request) if "if-match" in request.headers else ""
    found = await _changing(studio, studio.shelf.put_set, request.path_params["name"], title, ids or [], etag)
    return _with_etag(_data(found), found.etag)


async def remove_set(request: Request) -> Response:
    """Take a set apart; its tunes stay."""
    studio = _studio(request)
    await _changing(studio, studio.shelf.remove_set, request.path_params["name"], _etag(request))
    return JSONResponse({})


# ── files ───────────────────────────────────────────────────────────────────────────────────────


async def import_(request: Request) -> Response:
    """Put the tunes of a file on the shelf, in a book with the name of the file."""
    studio = _studio(request)
    name = PurePath(request.query_params.get("name", "").replace("\\", "/")).name
    content = await request.body()
    if not content:
        raise HTTPException(400, f"{name or 'the file'} is empty; expected a file of music")
    if name.lower().endswith(ABC_ENDINGS):
        text = decode(content)
        tunes = await run_in_threadpool(readable, text)
        findings = [row for index, each in enumerate(tunes) for row in finding_rows(each.findings, index)]
    elif is_importable(name):
        answer, _ = await studio.engraver.at_desk("import", content, name=name)
        text, findings = answer["abc"], answer["findings"]
    else:
        known = ", ".join((*ABC_ENDINGS, *ENDINGS))
        raise HTTPException(415, f"{name[:80]!r} is no file to import; expected one that ends in one of {known}")
    entries = await _changing(studio, studio.shelf.add, text, PurePath(name).stem)
    return JSONResponse({"entries": [_data(each) for each in entries], "findings": findings}, 201)


async def export(request: Request) -> Response:
    """Give a file of tunes: those of a text, or some from the shelf."""
    studio, body = _studio(request), await _body(request)
    ids, text = _texts(body, "ids", None), _take(body, "abc", str, None)
    if (ids is None) == (text is None):
        raise HTTPException(400, "expected either ids, of tunes on the shelf, or abc, the text of tunes")
    if ids is not None and not 0 < len(ids) <= MOST_EXPORTED:
        raise HTTPException(400, f"{len(ids)} tunes are no file; expected from 1 to {MOST_EXPORTED:,}")
    if ids is not None:
        text = "\n\n".join([(await run_in_threadpool(studio.shelf.get, each)).text for each in ids])
    options = _take(body, "options", dict, {})
    Arrangement.of(options)
    answer, content = await studio.engraver.at_desk(
        "export",
        abc=text,
        format=_take(body, "format", str),
        set=_take(body, "set", bool, False),
        title=_take(body, "title", str, ""),
        options=_arrangement(options),
    )
    name = answer["name"]
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(
        content, media_type=kind, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    )


