"""Chromium for tests, without a network but this machine: a page is opened, asked, clicked and photographed."""

import json
import os
import select
import shutil
import subprocess
from base64 import b64decode
from pathlib import Path
from types import TracebackType
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
"""The browser's program, or None where there is none."""

_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--remote-debugging-pipe", "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--autoplay-policy=no-user-gesture-required", "--window-size=1000,900",
)  # fmt: skip


_PATIENCE = 60
"""The seconds within which a browser answers."""


_HELD = {"Alt": 1, "Control": 2, "Shift": 8}

_CODES = {
    "Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
    "Delete": 46,
}  # fmt: skip


class Browser:
    """A browser with a page; ``requests`` are the addresses that it asked for, ``problems`` what its console says."""

    def __init__(self, profile: Path) -> None:
        assert CHROMIUM
        read_end, self._out = os.pipe()
        self._in, write_end = os.pipe()
        # A browser's pipe for commands is its file 3, that for answers its file 4.
        command = f'exec "$@" 3<&{read_end} 4>&{write_end}'
        self._process = subprocess.Popen(
            ["bash", "-c", command, "browser", CHROMIUM, *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(read_end, write_end),
            stderr=subprocess.DEVNULL,
        )
        os.close(read_end)
        os.close(write_end)
        self._buffer = b""
        self._count = 0
        self._session = ""
        self.requests: list[str] = []
        self.problems: list[str] = []
        pages = self.call("Target.getTargets")["targetInfos"]
        target = next(each["targetId"] for each in pages if each["type"] == "page")
        self._attach(target)

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait(10)
        os.close(self._in)
        os.close(self._out)

    def call(self, method: str, **parameters: Any) -> Any:
        """Return the answer to a command of the DevTools protocol."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return answer["result"]
            self._note(answer)

    def _next(self) -> Any:
        while b"\0" not in self._buffer:
            assert select.select([self._in], [], [], _PATIENCE)[0], "the browser does not answer"
            more = os.read(self._in, 1 << 20)
            assert more, "the browser is gone"
            self._buffer += more
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def _note(self, event: Any) -> None:
        what, said = event.get("method"), event.get("params", {})
        if what == "Network.requestWillBeSent":
            self.requests.append(said["request"]["url"])
        elif what == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(said["exceptionDetails"]))
        elif what == "Log.entryAdded":
            self.problems.append(said["entry"]["text"])

    def new_tab(self) -> str:
        """Open a page in a window of its own, go there, and return the page left, for ``go_to``."""
        before, self._session = self._session, ""
        target = self.call("Target.createTarget", url="about:blank", newWindow=True)["targetId"]
        self._attach(target)
        return before

    def go_to(self, tab: str) -> str:
        """Go to another page, and return the page left."""
        before, self._session = self._session, tab
        return before

    def _attach(self, target: str) -> None:
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def size(self, width: int, height: int, phone: bool = False) -> None:
        """Give the window another size, in CSS pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def open(self, page: Path | str) -> None:
        """Open a file or an address, and wait until it is loaded."""
        self.call("Page.navigate", url=page.as_uri() if isinstance(page, Path) else page)
        self.ask("new Promise((done) => document.readyState === 'complete' ? done() : addEventListener('load', done))")

    def ask(self, expression: str) -> Any:
        """Return what a JavaScript expression gives, a promise's value when it is there."""
        found = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def click(self, x: float, y: float, **more: Any) -> None:
        """Press and release the mouse at a point of the window."""
        self.drag((x, y), (x, y), **more)

    def drag(self, begin: tuple[float, float], end: tuple[float, float], **more: Any) -> None:
        """Press the mouse at a point and release it at another."""
        for kind, (x, y) in (("mousePressed", begin), ("mouseMoved", end), ("mouseReleased", end)):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1, **more)

    def key(self, name: str, *held: str) -> None:
        """Press and release a key, while others are held: Alt, Control, Shift."""
        pressed: dict[str, Any] = {"key": name, "modifiers": sum(_HELD[each] for each in held)}
        if name in _CODES:  # a browser has a use of its own for these
            pressed |= {"code": "Space" if name == " " else name, "windowsVirtualKeyCode": _CODES[name]}
        text = {"text": "\r" if name == "Enter" else name} if name == "Enter" or len(name) == 1 else {}
        if {*held} - {"Shift"}:
            text = {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **pressed, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def type(self, text: str) -> None:
        """Put text where the focus is, as typing does."""
        self.call("Input.insertText", text=text)

    def wait(self, expression: str, seconds: float = _PATIENCE) -> Any:
        """Return what an expression gives as soon as that is true for JavaScript; fail if it never is."""
        asked = f"""new Promise(async (done, fail) => {{
            const end = performance.now() + {1000 * seconds};
            for (let value; performance.now() < end; await new Promise((next) => setTimeout(next, 20))) {{
              if ((value = await ({expression}))) return done(value instanceof Element || value);
            }}
            fail(new Error("this never came true: " + {json.dumps(expression)}));
        }})"""
        return self.ask(asked)

    def picture(self, path: Path, dark: bool = False, media: str = "screen") -> None:
        """Write what the window shows as PNG."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", media=media, features=scheme)
        path.write_bytes(b64decode(self.call("Page.captureScreenshot")["data"]))
