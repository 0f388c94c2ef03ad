"""What a request holds, and how events are answered; what is not as it should be raises HTTPException, one sentence."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from folkrnn.studio.state import Studio

MOST_STREAMS = 64
"""The most streams of events that are open at once."""

Result = TypeVar("Result")


async def json_body(request: Request) -> dict[str, Any]:
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


def take(body: Mapping[str, Any], name: str, kind: type[Result]) -> Result | None:
    """Return a value of a request; None if it is missing. Raises HTTPException for one of another kind."""
    value = body.get(name)
    if value is not None and not isinstance(value, kind):
        raise HTTPException(400, f"{name}={str(value)[:40]!r} should be {_KINDS[kind]}")
    return value


_KINDS = {str: "a text", bool: "true or false", list: "a list", dict: "an object"}


def text_of(body: Mapping[str, Any], name: str = "abc") -> str:
    """Return a text of a request. Raises HTTPException if there is none."""
    text = take(body, name, str)
    if text is None:
        raise HTTPException(400, f"{name} is missing; expected a text")
    return text


def texts(body: Mapping[str, Any], name: str) -> list[str] | None:
    """Return a list of texts of a request; None if it is missing. Raises HTTPException for anything else."""
    values = take(body, name, list)
    if values is not None and not all(isinstance(each, str) for each in values):
        raise HTTPException(400, f"{name} should be a list of texts")
    return values


def number(body: Mapping[str, Any], name: str, default: float) -> float:
    """Return a number above 0 of a request, or another one if it is missing. Raises HTTPException for anything else."""
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 100_000:
        raise HTTPException(400, f"{name}={str(value)[:40]!r} should be a number above 0")
    return value


def etag_of(request: Request) -> str:
    """Return what a request says that it has seen. Raises HTTPException if it does not say."""
    given = request.headers.get("if-match", "").strip().removeprefix("W/").strip('"')
    if not given:
        raise HTTPException(400, "the header If-Match is missing; expected the etag of what is to be changed")
    return given


def event(name: str, data: Mapping[str, Any]) -> str:
    """Return an event as it is streamed."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def stream(studio: Studio, events: AsyncIterator[str]) -> Response:
    """Return the answer that streams events. Raises HTTPException where too many streams are open."""
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
