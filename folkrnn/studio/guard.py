"""Who may ask the studio at all: checked before any route, on every one of them.

A page from elsewhere can send requests to this machine, and with a name of its own that leads here (DNS rebinding) it
could read the answers. So the ``Host`` must be one of ours. A request from another origin is refused. What is about
tunes needs the token of this run, in a cookie that no script can read and no other site can send.

The headers say that a page runs only scripts and styles from here, in no frame, and tells nobody where it was.
"""

import hmac
import ipaddress
from asyncio import CancelledError
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from math import inf
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES, FILE_BYTES = 2**20, 16 * 2**20
"""The longest body of a request, and of a file to import."""

MOST_DIGITS = 15
"""The most digits of a number in a path or a header."""

FILE_PATH = "/api/import"

OPEN_PATHS = ("/static/", "/player/")
"""What is the same for everybody, and needs no token; beside the page itself, which holds no tunes."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods of requests that change nothing."""

POLICY = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:",
        "connect-src 'self'", "media-src blob:", "font-src 'self' data:", "worker-src 'self' blob:",
        "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    )
)  # fmt: skip
"""What the page may load and run. Scripts in a tune are none of it."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""The headers of every answer."""


@dataclass(frozen=True)
class Door:
    """The address of a run: its ``port``, its ``token``, and the ``names`` by which it may be called.

    With ``any_address`` every IP address will do too: no name leads to it that somebody else has made.
    """

    port: int
    token: str
    names: Iterable[str] = ("127.0.0.1", "localhost", "::1")
    any_address: bool = False
    cookie: str = field(init=False)

    def __post_init__(self) -> None:
        # Cookies do not know ports, and two studios may run on one machine.
        object.__setattr__(self, "cookie", f"folkrnn-{self.port}")

    def knows_host(self, host: str) -> bool:
        """Return whether a ``Host`` header names this server."""
        name, _, port = host.rpartition(":")
        if port != str(self.port):
            return False
        name = name.removeprefix("[").removesuffix("]").lower()
        return name in self.names or (self.any_address and _is_address(name))

    def knows_token(self, token: str) -> bool:
        """Return whether this is the token, in the same time whatever it is."""
        return hmac.compare_digest(token.encode(), self.token.encode())

    def has_cookie(self, headers: Headers) -> bool:
        """Return whether a request has the token in its cookie."""
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(self.cookie)
        except CookieError:
            return False
        return found is not None and self.knows_token(found.value)


def whole_number(text: str) -> float:
    """Return the number that a text of digits is; infinity for more digits than a request needs, and for others."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else inf


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Guard:
    """The middleware in front of all routes."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on with a limit for its body and headers for its answer."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # there are no web sockets here
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = Headers(scope=scope)
        answering = False

        async def sending(message: Message) -> None:
            nonlocal answering
            if message["type"] == "http.response.start":
                answering = True
                answer = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    answer[name] = value
                answer.setdefault("Cache-Control", "no-store" if scope["path"].startswith("/api/") else "no-cache")
            await send(message)

        status, sentence = self._refusal(scope, headers)
        if status:
            await JSONResponse({"error": sentence}, status)(scope, receive, sending)
            return
        try:
            await self._app(scope, _limited(receive, _limit(scope)), sending)
        except CancelledError:  # the server ends, and has waited for this request
            if answering:
                raise
            await JSONResponse({"error": "the studio is closing"}, 503)(scope, receive, sending)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str]:
        """Return the status and the reason for which a request is refused; 0 if it is not."""
        host, path, method = headers.get("host", ""), scope["path"], scope["method"]
        if not self._door.knows_host(host):
            return 403, "this studio is not called by that name; expected the address that folkrnn studio printed"
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin is not None and origin != f"{scope.get('scheme', 'http')}://{host}":
            return 403, "the request comes from another page; expected one from this studio"
        # A link elsewhere may lead to the page itself. Whatever else another site asks for is refused.
        opens_page = path == "/" and method == "GET" and headers.get("sec-fetch-mode", "navigate") == "navigate"
        if site not in (None, "same-origin", "none") and not opens_page:
            return 403, "the request comes from another page; expected one from this studio"
        if method not in SAFE_METHODS and origin is None and site not in ("same-origin", "none"):
            return 403, "the request does not say where it comes from; expected the header Origin"
        is_open = path in ("/", "/favicon.ico") or path.startswith(OPEN_PATHS)
        if not is_open and not self._door.has_cookie(headers):
            return 403, "the token is missing; expected the address that folkrnn studio printed to be opened first"
        if whole_number(headers.get("content-length", "0")) > _limit(scope):
            return 413, _too_long(_limit(scope))
        return 0, ""


def _limit(scope: Scope) -> int:
    return FILE_BYTES if scope["path"] == FILE_PATH else BODY_BYTES


def _too_long(limit: int) -> str:
    return f"this is too long; expected at most {limit >> 20} MB"


def _limited(receive: Receive, limit: int) -> Receive:
    """Return a receiver that takes no more than some bytes, whatever the header of the request says."""
    taken = 0

    async def limited() -> Any:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise HTTPException(413, _too_long(limit))
        return message

    return limited
