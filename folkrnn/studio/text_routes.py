"""Routes about a text: read, drawn, judged, changed."""

from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from folkrnn.studio.arranging import Arrangement
from folkrnn.studio.asking import json_body, number, take, text_of
from folkrnn.studio.readings import changed, reading
from folkrnn.studio.state import studio_of

USUAL_WIDTH = 900
"""The width of a drawing in CSS pixels where the page does not tell."""

LONGEST_PAGE = 100
"""The longest name of a page, in characters."""


async def read(request: Request) -> Response:
    """Read a text with our reader."""
    text = text_of(await json_body(request))
    return JSONResponse(await run_in_threadpool(reading, text))


async def draw(request: Request) -> Response:
    """Draw the first tune of a text, and say how it sounds."""
    body = await json_body(request)
    wanted = {
        **arrangement_of(body),
        "abc": text_of(body),
        "width": number(body, "width", USUAL_WIDTH),
        "scale": number(body, "scale", 1),
    }
    page = take(body, "page", str) or ""
    return JSONResponse(await studio_of(request).engraver.draw(page[:LONGEST_PAGE], **wanted))


_ARRANGEMENT = ("transpose", "chords", "instrument", "tab", "fingering", "plain")


def arrangement_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a request says of an arrangement. Raises InputError for what is none."""
    Arrangement.of(body)
    return {name: body[name] for name in _ARRANGEMENT if name in body}


async def validate(request: Request) -> Response:
    """Ask music21, too, whether the first tune of a text is playable."""
    text = text_of(await json_body(request))
    return JSONResponse(await studio_of(request).engraver.judge(abc=text))


async def change(request: Request) -> Response:
    """Transpose the tunes of a text, or give them chords."""
    body = await json_body(request)
    text = text_of(body)
    return JSONResponse({"abc": await run_in_threadpool(changed, text, body)})
