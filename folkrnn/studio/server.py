"""A run of the studio: its port, its address, the browser, and its end."""

import contextlib
import os
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_urlsafe
from types import FrameType

import uvicorn
from platformdirs import user_documents_path

from folkrnn.errors import InputError
from folkrnn.files import reading
from folkrnn.studio.app import create_app
from folkrnn.studio.guard import Door
from folkrnn.studio.shelf import Shelf
from folkrnn.studio.state import Studio

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""The names of this machine to itself: nobody else can ask for a page there."""

ANYWHERE = ("0.0.0.0", "::", "")
"""Hosts that stand for all addresses of this machine."""

USUAL_PORT = 8073
"""The port that is taken if no other is named, and it is free: what a browser keeps belongs to an address."""

CLOSING_SECONDS = 2
"""How long open requests may take when the studio is closing."""

BACKLOG = 128


def default_folder() -> Path:
    """Return the folder whose tunes are shown if no other is named."""
    return user_documents_path() / "tunes"


def check_host(host: str, allow_remote: bool) -> None:
    """Raise InputError for an address that other machines reach, unless that is wanted."""
    if host not in LOOPBACK and not allow_remote:
        raise InputError(
            f"--host {host}: other machines could open the studio there; expected --allow-remote too, or "
            f"one of {', '.join(LOOPBACK)}"
        )


def open_folder(folder: Path) -> Path:
    """Return a folder that can be read and written, which is made where it is missing. Raises InputError for others."""
    with reading(folder, "a folder of tunebooks"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise InputError(f"{folder}: is a file; expected a folder of tunebooks") from None
        folder = folder.resolve(strict=True)
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise InputError(f"{folder}: may not be read and written; expected a folder with these rights")
    return folder


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that takes connections; port 0 is any free one. Raises InputError where it cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        found = socket.socket(family, kind, protocol)
        try:
            if os.name == "posix":  # elsewhere it would share a port that is in use
                found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(address)
            found.listen(BACKLOG)
        except OSError:
            found.close()
            raise
    except (OSError, OverflowError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"{host}, port {port}: cannot be used: {why}; expected another --port") from None
    return found


def usual_socket(host: str) -> socket.socket:
    """Return a socket at the usual port, or at any free one. Raises InputError where none can be had."""
    try:
        return listening(host, USUAL_PORT)
    except InputError:
        return listening(host, 0)


def serve(
    folder: Path,
    *,
    port: int | None = None,
    host: str = LOOPBACK[0],
    allow_remote: bool = False,
    model: str | None = None,
    opened: Callable[[str], None] = print,
    browser: bool = True,
) -> None:
    """Serve a folder until a signal ends the process; ``opened`` gets the address. Port 0 is any free one.

    Raises InputError for a folder or a port that cannot be used.
    """
    check_host(host, allow_remote)
    shelf = Shelf(open_folder(folder))
    bound = usual_socket(host) if port is None else listening(host, port)
    port = bound.getsockname()[1]
    names = {*LOOPBACK, host.lower()}
    if host in ANYWHERE:
        names |= {socket.gethostname().lower(), f"{socket.gethostname().lower()}.local"}
    door = Door(port, token_urlsafe(24), frozenset(names), any_address=host in ANYWHERE)
    studio = Studio(shelf, door, model)
    shown = LOOPBACK[0] if host in ANYWHERE else host
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/?token={door.token}"
    config = uvicorn.Config(
        create_app(studio), log_config=None, log_level="critical", access_log=False, server_header=False, ws="none",
        http="h11", loop="asyncio", lifespan="on", proxy_headers=False, timeout_graceful_shutdown=CLOSING_SECONDS,
    )  # fmt: skip
    opened(address)
    if browser and _has_screen():
        threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()
    with bound:
        _Server(config, studio).run(sockets=[bound])


class _Server(uvicorn.Server):
    """A server that lets streams of events end with it; they would never end by themselves."""

    def __init__(self, config: uvicorn.Config, studio: Studio) -> None:
        super().__init__(config)
        self._studio = studio

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGHUP too, the loss of the terminal, unless that is ignored."""
        with super().capture_signals():
            before = None
            if sys.platform != "win32" and threading.current_thread() is threading.main_thread():
                before = signal.getsignal(signal.SIGHUP)
                if before != signal.SIG_IGN:
                    signal.signal(signal.SIGHUP, self.handle_exit)
            yield
            if sys.platform != "win32" and before is not None:
                signal.signal(signal.SIGHUP, before)  # uvicorn sends again what came, to the handlers of before

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop."""
        self._studio.stop_streams()
        super().handle_exit(sig, frame)


def _has_screen() -> bool:
    """Return whether a browser has a screen to open on; else one for the terminal would take this one."""
    return sys.platform in ("win32", "darwin") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
