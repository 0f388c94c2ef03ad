"""Routes about files: imported and exported."""

import mimetypes
from dataclasses import asdict
from pathlib import PurePath
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from folkrnn.importing.files import ENDINGS, is_importable
from folkrnn.notation import decode
from folkrnn.studio.asking import json_body, take, text_of, texts
from folkrnn.studio.readings import finding_rows, readable
from folkrnn.studio.state import studio_of
from folkrnn.studio.text_routes import arrangement_of

MOST_EXPORTED = 2000
"""The most tunes of a file."""

LONGEST_NAME = 255
"""The longest name of a file, in characters."""

ABC_ENDINGS = (".abc", ".txt")


async def import_(request: Request) -> Response:
    """Put the tunes of a file on the shelf, in a book with the name of the file."""
    studio = studio_of(request)
    name = PurePath(request.query_params.get("name", "").replace("\\", "/")).name
    if len(name) > LONGEST_NAME:
        raise HTTPException(400, f"{name[:40]!r}… is too long; expected a name of at most {LONGEST_NAME} characters")
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
    entries = await studio.changing(studio.shelf.add, text, PurePath(name).stem)
    return JSONResponse({"entries": [asdict(each) for each in entries], "findings": findings}, 201)


async def export(request: Request) -> Response:
    """Give a file of tunes: those of a text, or some from the shelf."""
    studio, body = studio_of(request), await json_body(request)
    ids, text = texts(body, "ids"), take(body, "abc", str)
    if (ids is None) == (text is None):
        raise HTTPException(400, "expected either ids, of tunes on the shelf, or abc, the text of tunes")
    if ids is not None and not 0 < len(ids) <= MOST_EXPORTED:
        raise HTTPException(400, f"{len(ids)} tunes are no file; expected from 1 to {MOST_EXPORTED:,}")
    stored = [await run_in_threadpool(studio.shelf.get, each) for each in ids or ()]
    answer, content = await studio.engraver.at_desk(
        "export",
        texts=[each.header + each.text for each in stored] if text is None else [text],
        format=text_of(body, "format"),
        set=take(body, "set", bool) or False,
        title=take(body, "title", str) or "",
        options=arrangement_of(take(body, "options", dict) or {}),
    )
    kind = mimetypes.guess_type(answer["name"])[0] or "application/octet-stream"
    name = quote(answer["name"], safe="")
    return Response(content, media_type=kind, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"})
