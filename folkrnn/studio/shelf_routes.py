"""Routes about the shelf: tunes, their versions, sets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from math import inf
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from folkrnn.studio.asking import etag_of, event, json_body, stream, take, text_of, texts
from folkrnn.studio.guard import whole_number
from folkrnn.studio.readings import readable
from folkrnn.studio.shelf import Entry, Stored, TuneSet
from folkrnn.studio.state import studio_of

LOOK_SECONDS = 2.0
"""How often the folder is looked at for changes that other programs made."""


def there_now(stored: Stored | TuneSet) -> dict[str, Any]:
    """Return what is on the shelf, as the page takes it."""
    if isinstance(stored, TuneSet):
        return {"set": asdict(stored)}
    return {"entry": asdict(stored.entry), "abc": stored.text, "header": stored.header}


def _with_etag(data: Any, etag: str) -> Response:
    return JSONResponse(data, headers={"ETag": f'"{etag}"'})


async def shelf(request: Request) -> Response:
    """List all that is on the shelf."""
    found = studio_of(request).shelf

    def listed() -> dict[str, Any]:
        return {
            "version": found.version(),  # first: a change after it shows as another version
            "tunes": [asdict(each) for each in found.entries()],
            "sets": [asdict(each) for each in found.sets()],
            "books": found.books(),
            "remarks": found.remarks(),
        }

    return JSONResponse(await run_in_threadpool(listed))


async def shelf_events(request: Request) -> Response:
    """Stream a version whenever the shelf has another one."""
    studio = studio_of(request)

    async def events() -> AsyncIterator[str]:
        before: str | None = None
        while not studio.closing.is_set():
            touched = studio.touched
            version = await run_in_threadpool(studio.shelf.version)
            if version != before:
                yield event("changed", {"version": version})
            before = version
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await touched.wait()

    return stream(studio, events())


async def add_tunes(request: Request) -> Response:
    """Put the tunes of a text on the shelf."""
    studio, body = studio_of(request), await json_body(request)
    text, book, tags = text_of(body), take(body, "book", str) or "", texts(body, "tags") or ()
    await run_in_threadpool(readable, text)
    entries = await studio.changing(studio.shelf.add, text, book, tags)
    return JSONResponse(_added(entries), 201)


def _added(entries: Sequence[Entry]) -> dict[str, Any]:
    rows = [asdict(each) for each in entries]
    return {"entries": rows} if len(rows) != 1 else {"entry": rows[0], "entries": rows}


async def tune(request: Request) -> Response:
    """Give a tune."""
    stored = await run_in_threadpool(studio_of(request).shelf.get, request.path_params["id"])
    return _with_etag(there_now(stored), stored.entry.etag)


async def change_tune(request: Request) -> Response:
    """Change the text of a tune, its tags, or whether it is in the bin."""
    body = await json_body(request)
    return await _changed(
        request,
        text=take(body, "abc", str),
        tags=texts(body, "tags"),
        binned=take(body, "binned", bool),
    )


async def bin_tune(request: Request) -> Response:
    """Put a tune in the bin."""
    return await _changed(request, binned=True)


async def _changed(request: Request, **values: Any) -> Response:
    studio = studio_of(request)
    entry = await studio.changing(studio.shelf.change, request.path_params["id"], etag_of(request), **values)
    return _with_etag({"entry": asdict(entry)}, entry.etag)


async def versions(request: Request) -> Response:
    """List the versions of a tune."""
    found = await run_in_threadpool(studio_of(request).shelf.versions, request.path_params["id"])
    return JSONResponse([asdict(each) for each in found])


async def old_version(request: Request) -> Response:
    """Give an old version of a tune."""
    shelf, given = studio_of(request).shelf, request.path_params["version"]
    version = whole_number(given)
    if version == inf:
        raise HTTPException(404, f"{given[:40]!r} is no number of a version; expected one such as 1")
    text = await run_in_threadpool(shelf.old_text, request.path_params["id"], int(version))
    return JSONResponse({"abc": text})


async def sets(request: Request) -> Response:
    """List the sets."""
    return JSONResponse([asdict(each) for each in await run_in_threadpool(studio_of(request).shelf.sets)])


async def put_set(request: Request) -> Response:
    """Make a set, or change one."""
    studio, body = studio_of(request), await json_body(request)
    title, ids = take(body, "title", str) or "", texts(body, "tunes") or []
    etag = etag_of(request) if "if-match" in request.headers else ""
    found = await studio.changing(studio.shelf.put_set, request.path_params["name"], title, ids, etag)
    return _with_etag(asdict(found), found.etag)


async def remove_set(request: Request) -> Response:
    """Take a set apart; its tunes stay."""
    studio = studio_of(request)
    await studio.changing(studio.shelf.remove_set, request.path_params["name"], etag_of(request))
    return JSONResponse({})
