"""Tunes as HTML for notebooks: the score and a player."""

from base64 import b64encode
from html import escape

from folkrnn.errors import FolkrnnError
from folkrnn.notation import Tune
from folkrnn.notation.articles import shown_title
from folkrnn.notation.writer import write_tune

PLAYER_RATE = 22_050
"""Samples a second of the sound: half the usual number keeps a notebook small."""

_STYLE = "max-width: 60em; padding: 0.5em 1em; background: white; color: black"


def tune_html(tune: Tune) -> str:
    """Return a tune as a piece of HTML: its title, rhythm and key, its score, and a player.

    The ABC text stands in for a score that cannot be drawn, and a tune that cannot be played has no player. Nothing
    in the HTML is a script or is loaded from elsewhere.
    """
    facts = ", ".join(part for part in (tune.rhythm, str(tune.key)) if part)
    lines = [
        f"<strong>{_text(shown_title(tune.title) or 'Untitled')}</strong>",
        f"<div><em>{_text(facts)}</em></div>",
        _score(tune) or f"<pre>{_text(write_tune(tune, 1))}</pre>",
        _player(tune),
    ]
    return "\n".join([f'<div class="folkrnn-tune" style="{_STYLE}">', *filter(None, lines), "</div>"])


def _text(text: str) -> str:
    """Return a text for HTML, without the control characters that it may not hold."""
    return escape("".join(each for each in text if each.isprintable() or each == "\n"))


def _score(tune: Tune) -> str:
    """Return the drawing of a tune, or "" where music21 or verovio cannot make one."""
    from folkrnn.export.engraving import to_svg

    try:
        return to_svg(tune)
    except FolkrnnError:
        return ""


def _player(tune: Tune) -> str:
    """Return a player with the sound of a tune, or "" where it cannot be played."""
    from folkrnn.export.sound import to_wav

    try:
        sound = b64encode(to_wav(tune, rate=PLAYER_RATE, stereo=False)).decode()
    except FolkrnnError:
        return ""
    return f'<audio controls="controls" src="data:audio/wav;base64,{sound}"></audio>'
