"""Tunes as HTML for notebooks."""

import base64
import io
import re
import wave
from xml.etree import ElementTree

import pytest

from folkrnn.errors import ExportError
from folkrnn.export.engraving import to_svg
from folkrnn.notation import Tune, read_tunes
from folkrnn.notation.tune import Voice
from folkrnn.notebook import tune_html

TEXT = "X:1\nT:{}\nR:reel\nM:4/4\nL:1/8\nQ:1/4=200\nK:Ador\nABcd efga|]\n"
SVG = "{http://www.w3.org/2000/svg}svg"


def read(title: str = "The Test", text: str = TEXT) -> Tune:
    return read_tunes(text.format(title))[0]


def parsed(tune: Tune) -> ElementTree.Element:
    """The HTML, which is well-formed."""
    return ElementTree.fromstring(tune_html(tune))


def test_a_tune_shows_its_title_its_facts_its_score_and_a_player() -> None:
    root = parsed(read())
    assert [each.tag for each in root] == ["strong", "div", SVG, "audio"]
    assert root.findtext("strong") == "The Test"
    assert root.findtext("div/em") == "reel, Ador"
    assert to_svg(read()) in tune_html(read())
    assert parsed(read(text="X:1\nT:{}\nM:4/4\nL:1/8\nK:D\nABcd efga|]\n")).findtext("div/em") == "D"


def test_the_player_holds_the_sound_at_half_the_usual_rate() -> None:
    source = parsed(read()).find("audio").get("src")
    kind, content = source.split(",")
    assert kind == "data:audio/wav;base64"
    with wave.open(io.BytesIO(base64.b64decode(content))) as sound:
        assert sound.getframerate() == 22_050
        assert 1.0 < sound.getnframes() / 22_050 < 2.5


def test_nothing_is_a_script_or_is_loaded() -> None:
    text = tune_html(read("<script>alert('x')</script> & <b onload=1>"))
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert not re.search(r'(?:src|href)="(?!data:|#)', text)
    assert parsed(read("<script>alert('x')</script>")).findtext("strong") == "<script>alert('x')</script>"


@pytest.mark.parametrize("title", ["", "a\x01b\x0c", "\U0001f3bb ü", '"quoted"'])
def test_any_title_is_shown(title: str) -> None:
    shown = "".join(each for each in title if each.isprintable())
    assert parsed(read(title)).findtext("strong") == (shown or "Untitled")


def test_a_tune_that_cannot_be_drawn_is_shown_as_abc(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(tune: Tune) -> str:
        raise ExportError("no drawing")

    monkeypatch.setattr("folkrnn.export.engraving.to_svg", refuse)
    root = parsed(read("A & <B>"))
    assert [each.tag for each in root] == ["strong", "div", "pre", "audio"]
    assert "T:A & <B>\n" in root.findtext("pre", "")
    assert "ABcd efga |]" in root.findtext("pre", "")


def test_a_tune_without_music_has_no_player() -> None:
    empty = Tune((("T", "x"),), read().meter, read().key, read().unit, (Voice(()),))
    root = parsed(empty)
    assert [each.tag for each in root][:3] == ["strong", "div", "pre"]
    assert "T:x" in root.findtext("pre", "")
