"""Routes about jobs: begun, followed, stopped."""

from collections.abc import AsyncIterator
from math import inf

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from folkrnn.studio.asking import event, json_body, stream
from folkrnn.studio.guard import whole_number
from folkrnn.studio.jobs import Job
from folkrnn.studio.state import studio_of


async def add_job(request: Request) -> Response:
    """Begin a job."""
    job, remarks = await studio_of(request).jobs.add(await json_body(request))
    return JSONResponse({"id": job.id, "seed": job.request["seed"], "remarks": remarks}, 202)


def _job(request: Request) -> Job:
    try:
        return studio_of(request).jobs[request.path_params["id"]]
    except KeyError:
        raise HTTPException(404, "there is no such job; expected one of this run") from None


async def stop_job(request: Request) -> Response:
    """Stop a job; its finished tunes stay."""
    await studio_of(request).jobs.stop(_job(request))
    return JSONResponse({})


async def job_events(request: Request) -> Response:
    """Stream what happens in a job, after the event that the page has seen last."""
    job, last = _job(request), whole_number(request.headers.get("last-event-id", "0"))

    async def events() -> AsyncIterator[str]:
        async for number, name, data in job.after(last if last < inf else 0):
            yield f"id: {number}\n{event(name, data)}"

    return stream(studio_of(request), events())
