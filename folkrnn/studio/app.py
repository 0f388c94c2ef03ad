"""The application of the studio: its routes, the page itself, and how errors are answered.

``docs/studio-http.md`` has the table of the routes.
"""

import contextlib
import mimetypes
import sys
from collections.abc import AsyncIterator
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from folkrnn import __version__, player
from folkrnn.errors import FolkrnnError
from folkrnn.export.arranging import INSTRUMENTS
from folkrnn.export.formats import FORMATS
from folkrnn.notation.fingering import FINGERED
from folkrnn.notation.tunings import STRINGED
from folkrnn.studio import file_routes, job_routes, shelf_routes, text_routes
from folkrnn.studio.guard import Guard
from folkrnn.studio.shelf import Conflict, NotOnShelf
from folkrnn.studio.state import Studio, studio_of
from folkrnn.studio.workers import WorkerError

# Windows may call a script plain text, which no browser would run.
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("text/javascript", ".mjs")


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
        route("/api/read", text_routes.read, "POST"),
        route("/api/draw", text_routes.draw, "POST"),
        route("/api/validate", text_routes.validate, "POST"),
        route("/api/change", text_routes.change, "POST"),
        route("/api/jobs", job_routes.add_job, "POST"),
        route("/api/jobs/{id}", job_routes.stop_job, "DELETE"),
        route("/api/jobs/{id}/events", job_routes.job_events),
        route("/api/shelf", shelf_routes.shelf),
        route("/api/shelf", shelf_routes.add_tunes, "POST"),
        route("/api/shelf/events", shelf_routes.shelf_events),
        route("/api/shelf/{id}", shelf_routes.tune),
        route("/api/shelf/{id}", shelf_routes.change_tune, "PUT"),
        route("/api/shelf/{id}", shelf_routes.bin_tune, "DELETE"),
        route("/api/shelf/{id}/versions", shelf_routes.versions),
        route("/api/shelf/{id}/versions/{version}", shelf_routes.old_version),
        route("/api/sets", shelf_routes.sets),
        route("/api/sets/{name}", shelf_routes.put_set, "PUT"),
        route("/api/sets/{name}", shelf_routes.remove_set, "DELETE"),
        route("/api/import", file_routes.import_, "POST"),
        route("/api/export", file_routes.export, "POST"),
    ]


def _static() -> Path:
    return Path(str(files("folkrnn.studio"))) / "static"


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
    return _error(str(error), 412, **shelf_routes.there_now(error.stored))


async def _not_there(_: Request, error: Exception) -> Response:
    return _error(str(error), 404)


async def _broken(request: Request, error: Exception) -> Response:
    if isinstance(error, OSError):
        name = f"{error.filename}: " if error.filename else ""
        return _error(f"{name}{error.strerror or error}", 500)
    sentence = f"{type(error).__name__}: {error}"
    print(f"folkrnn: {request.method} {request.url.path}: {' '.join(sentence.split())}", file=sys.stderr)
    return _error(f"something is wrong in the studio: {sentence}", 500)


# ── the page ────────────────────────────────────────────────────────────────────────────────────

_ASKING = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>folkrnn studio</title></head>
<body><main><h1>folkrnn studio</h1><p>{}</p>
<form action="/" method="get"><label>Token <input name="token" autocomplete="off" required></label>
<button>Open</button></form></main></body></html>
"""


async def index(request: Request) -> Response:
    """Show the page; with the token in its address, set the cookie first; without either, ask for the token."""
    door = studio_of(request).door
    token = request.query_params.get("token")
    if token is not None and door.knows_token(token):
        answer = RedirectResponse("/", 303)
        answer.set_cookie(door.cookie, door.token, path="/", httponly=True, samesite="strict")
        return answer
    if token is not None or not door.has_cookie(request.headers):
        wrong = "This is not the token of this studio." if token else "This studio needs its token."
        return HTMLResponse(
            _ASKING.format(escape(f"{wrong} It stands in the address that folkrnn studio printed.")), 403
        )
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
    studio = studio_of(request)
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
            "tab": list(STRINGED),
            "fingering": list(FINGERED),
            "voices": await studio.knows("voices", {}),
        }
    )
