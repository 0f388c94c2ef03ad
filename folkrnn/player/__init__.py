"""The player of a page: it plays a performance in a browser, and lights the notes of its drawing as they sound.

    script()      the ES module ``player.js``, which exports ``mount``
    style()       its style
    template()    the jinja2 template of a page that holds tunes and plays itself

The files stand beside this module. They load nothing, so a page that holds them works without a network.
"""

from functools import cache
from importlib.resources import files


@cache
def _text(name: str) -> str:
    return files("folkrnn.player").joinpath(name).read_text(encoding="utf-8")


def script() -> str:
    """Return the source of the ES module."""
    return _text("player.js")


def style() -> str:
    """Return the style of drawings and controls, as CSS."""
    return _text("player.css")


def template() -> str:
    """Return the template of the page."""
    return _text("page.html")
