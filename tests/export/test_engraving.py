"""Engraved pages and drawings."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from folkrnn.errors import FolkrnnError
from folkrnn.export import engraving
from folkrnn.export.engraving import system_starts, to_pdf, to_png, to_svg
from folkrnn.export.musicxml import to_musicxml
from folkrnn.notation import Tune, read_tunes, without

EIGHT = "ABcd efga|" * 8
PRIVATE_USE = re.compile("[\ue000-\uf8ff]")


def tune(body: str, meter: str = "4/4", key: str = "D", title: str = "Test", **fields: str) -> Tune:
    header = "".join(f"{name}:{value}\n" for name, value in fields.items())
    return read_tunes(f"X:1\nT:{title}\n{header}M:{meter}\nL:1/8\nK:{key}\n{body}\n")[0]


def words(drawing: str) -> list[str]:
    root = ElementTree.fromstring(drawing)
    texts = ("".join(text.itertext()).split() for text in root.iter("{http://www.w3.org/2000/svg}text"))
    return [" ".join(text) for text in texts]


def pages(tunes: list[Tune]) -> int:
    return len(PdfReader(io.BytesIO(to_pdf(tunes))).pages)


def pdf_text(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


# Drawings


def test_a_drawing_stands_alone():
    drawing = to_svg(tune('"Bb7"A2 "F#m/C#"B2 (3cde !f!~f2|' + EIGHT, Q="1/2=100"))
    ElementTree.fromstring(drawing)
    assert not PRIVATE_USE.search(drawing), "a character that only a music font has"
    assert 'href="http' not in drawing
    assert {"B♭7", "F♯m/C♯"} <= {word.replace(" ", "") for word in words(drawing)}


def test_a_drawing_has_the_title_for_those_who_cannot_see_it():
    assert "<title>Test &amp; &lt;b&gt;</title>" in to_svg(tune("A8|", title="Test & <b>"))


def test_endings_are_numbered():
    assert {"1", "2"} <= set(words(to_svg(tune("|:A8|1 B8:|2 c8|]"))))


def test_later_tempos_are_words():
    assert "♩. = 120" in words(to_svg(tune("A8|[Q:3/8=120]B8|")))


def test_a_drawing_is_the_same_every_time():
    assert to_svg(tune(EIGHT)) == to_svg(tune(EIGHT))


# Systems


def test_four_bars_make_a_system():
    assert system_starts(tune(EIGHT).bars) == {0, 4}


def test_a_pickup_is_not_counted():
    assert system_starts(tune("A|" + EIGHT[:-3] + "|").bars) == {0, 5}


def test_a_pickup_before_the_repeat_sign_stands_with_its_section():
    assert system_starts(tune("A|:" + EIGHT[:-3] + ":|").bars) == {0, 5}


def test_sections_begin_systems_and_endings_stay_together():
    bars = tune("|:" + "ABcd efga|" * 7 + "1 A8:|2 B8||" + "|:" + "ABcd efga|" * 8 + ":|").bars
    assert system_starts(bars) == {0, 4, 9, 13}


@pytest.mark.parametrize(
    ("measures", "expected"),
    [(1, [1]), (4, [4]), (5, [5]), (6, [3, 3]), (7, [4, 3]), (9, [4, 5]), (10, [4, 3, 3]), (16, [4] * 4)],
)
def test_systems_are_even(measures, expected):
    assert engraving._shares(measures) == expected


def test_crowded_bars_get_more_systems():
    assert len(system_starts(tune("A/B/c/d/e/f/g/a/ A/B/c/d/e/f/g/a/|" * 8).bars)) == 4


# Pages


def test_titles_can_be_found_in_the_pdf():
    text = pdf_text(to_pdf([tune(EIGHT, title="Fáinne Geal an Lae", R="air", C="Anon", O="Ireland", Q="1/4=80")]))
    assert "Fáinne Geal an Lae" in text
    assert re.search(r"air\s+♩ = 80\s+Anon, Ireland", text)


@pytest.mark.parametrize(
    "title", ['#import "x"', "$*_[ <b> `x` \\u{1}", "= Not a heading", "-- 'q' ~ @a", "Ночь · נ · Ελλ"]
)
def test_titles_are_printed_as_they_are(title):
    text = pdf_text(to_pdf([tune("A8|", title=title)]))
    assert title.split()[0] in text


def test_several_tunes_share_a_page():
    assert pages([tune(EIGHT)] * 3) == 1


def test_a_tune_that_does_not_fit_begins_a_page():
    assert pages([tune(EIGHT * 3)] * 2) == 1
    assert pages([tune(EIGHT * 4)] * 2) == 2


def test_a_tune_longer_than_a_page_goes_on():
    assert pages([tune(EIGHT * 12)]) == 2


def test_tunes_are_numbered_apart():
    assert engraving._numbers(["1", "1"]) == ["1", "2"]
    assert engraving._numbers(["3", "5"]) == ["3", "5"]
    assert engraving._numbers(["1"]) == [""]


def test_the_same_tunes_are_the_same_pdf():
    assert to_pdf([tune(EIGHT)]) == to_pdf([tune(EIGHT)])


def test_a_half_note_tempo_has_a_half_note():
    entry = engraving.book_entry(tune("A8|", Q='"Lively" 1/2=100'))
    assert entry["tempo"] == {"words": "Lively", "note": "half", "dots": 0, "rate": "100"}
    assert json.dumps(entry)


def test_a_tune_without_notes_is_one_error():
    empty = Tune((("T", "x"),), tune("A8|").meter, tune("A8|").key, tune("A8|").unit, ())
    for make in (to_svg, lambda each: to_pdf([each]), to_musicxml):
        with pytest.raises(FolkrnnError):
            make(empty)


def test_musicxml_is_the_same_every_day():
    data = to_musicxml(tune(EIGHT))
    assert data == to_musicxml(tune(EIGHT))
    assert b"encoding-date" not in data


def test_every_sign_is_drawn_as_the_picture_in_the_documents_shows():
    """A change of engraving shows here; `folkrnn export docs/features.abc -o docs/features.png` draws it again."""
    docs = Path(__file__).parents[2] / "docs"
    (features,) = read_tunes((docs / "features.abc").read_text(encoding="utf-8"))
    expected, drawn = (
        np.asarray(Image.open(picture).convert("L"), int)
        for picture in (docs / "features.png", io.BytesIO(to_png(features)))
    )
    assert drawn.shape == expected.shape
    assert (abs(drawn - expected) > 64).mean() < 0.0005
    # The comparison sees a single sign.
    other = replace(features, bars=tuple(without(features, frozenset({"graces"})).bars))
    changed = np.asarray(Image.open(io.BytesIO(to_png(other))).convert("L"), int)
    assert changed.shape != expected.shape or (abs(changed - expected) > 64).mean() > 0.0005
