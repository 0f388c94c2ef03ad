"""The page of a studio in a browser: opened, written in, looked at."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browsing import CHROMIUM, Browser

_missing = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: the page is not driven")


def driven(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that needs a browser, and goes on where the test above it has ended: a file's are run in order."""
    marked: Callable[..., None] = _missing(test)
    return marked


JIG = "X:1\nT:The Open Gate\nR:jig\nM:6/8\nL:1/8\nK:D\n|:dAF DFA|Bdg efg|fdf ece|d3 d3:|\n"

AREA = "document.querySelector('.editor textarea')"


@contextmanager
def studio_process(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a studio over a folder; yield its process and its address."""
    command = [sys.executable, "-m", "folkrnn", "studio", str(folder), "--no-browser", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGTERM if os.name == "posix" else signal.SIGBREAK)  # type: ignore[attr-defined,unused-ignore]
            process.wait(20)


def open_page(browser: Browser, address: str) -> None:
    browser.open(address)
    browser.wait("document.documentElement.dataset.ready")


def text(browser: Browser, element: str) -> str:
    return str(browser.ask(f"document.getElementById('{element}').textContent"))


def press(browser: Browser, element: str) -> None:
    browser.ask(f"document.getElementById('{element}').click()")


def write(browser: Browser, abc: str) -> None:
    """Type over the whole text."""
    browser.ask(f"{AREA}.focus(), {AREA}.select()")
    browser.type(abc)


def saved(browser: Browser) -> None:
    """Wait until the text is on the shelf."""
    browser.wait("document.getElementById('saved').textContent === 'Saved'")
