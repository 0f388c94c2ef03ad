"""Engraved pages and drawings."""

import io
import json
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from folkrnn.errors import ExportError, FolkrnnError
from folkrnn.export import BookLayout, engraving
from folkrnn.export.engraving import to_pdf, to_png, to_svg
from folkrnn.export.musicxml import to_musicxml
from folkrnn.export.systems import system_starts
from folkrnn.notation import Tune, read_tunes, without
from folkrnn.notation.tune import Voice

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


def lengths(body: str, scale: float = 1) -> list[int]:
    """Return how many bars each system holds."""
    bars = tune(body).bars
    return [end - first for first, end in pairwise([*sorted({0, *system_starts(bars, scale)}), len(bars)])]


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
    assert lengths("A8|" * measures) == expected


def test_crowded_bars_get_more_systems():
    assert lengths("A/B/c/d/e/f/g/a/ A/B/c/d/e/f/g/a/|" * 8) == [2, 3, 3]


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
    empty = Tune((("T", "x"),), tune("A8|").meter, tune("A8|").key, tune("A8|").unit, (Voice(()),))
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
    other = features.with_bars(tuple(without(features, frozenset({"graces"})).bars))
    changed = np.asarray(Image.open(io.BytesIO(to_png(other))).convert("L"), int)
    assert changed.shape != expected.shape or (abs(changed - expected) > 64).mean() > 0.0005


# Exact values


@pytest.mark.parametrize(
    ("measures", "expected"),
    [
        (2, [2]), (3, [3]), (5, [5]), (8, [4, 4]), (11, [4, 4, 3]), (12, [4] * 3),
        (13, [4, 4, 5]), (14, [4, 4, 3, 3]), (15, [4, 4, 4, 3]), (17, [4, 4, 4, 5]), (18, [4, 4, 4, 3, 3]),
    ],
)  # fmt: skip
def test_systems_hold_about_four_bars(measures: int, expected: list[int]) -> None:
    assert lengths("A8|" * measures) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("A8|" * 3, [0]),
        ("A8|" * 5, [0]),
        ("A8|" * 6, [0, 3]),
        # A section of one or two bars joins its neighbour, one of three does not.
        ("|:A8|B8:|c8|d8|e8|f8|", [0, 3]),
        ("|:A8|B8|c8|d8:||:e8|f8:|", [0, 3]),
        ("|:A8|B8|c8:||:e8|f8|g8:|", [0, 3]),
        ("|:A8|B8|c8|d8:||:e8|f8|g8|a8:|", [0, 4]),
        ("|:A8|B8|c8|d8:||:e8:|", [0]),
        # A pickup belongs to the bar that follows it.
        ("A|" + "B8|" * 7 + "c7|", [0, 5]),
        ("|:A|B8|c8|d8|e7:||:f|g8|a8|b8|c'7:|", [0, 5]),
        ("|:A|B8|c8|d8|e7:|f|:g8|a8|b8|c'7:|", [0, 5]),
    ],
)
def test_sections_are_laid_out_in_systems(body: str, expected: list[int]) -> None:
    assert sorted(system_starts(tune(body).bars)) == expected


def test_a_crowded_part_is_divided_evenly() -> None:
    dense = "A/B/c/d/e/f/g/a/ A/B/c/d/e/f/g/a/|"  # 16 notes of which three bars fill a system
    for count, normal, narrow in (
        (1, [1], [1]), (2, [2], [1, 1]), (3, [3], [1, 1, 1]), (4, [2, 2], [1] * 4), (5, [2, 3], [1] * 5),
        (8, [2, 3, 3], [1] * 8),
    ):  # fmt: skip
        assert (lengths(dense * count), lengths(dense * count, 0.25)) == (normal, narrow)


def test_the_breaks_of_a_part_are_chosen_together() -> None:
    # Four of the dense bars do not fit into a system. Cut one system after the other, they would leave one bar alone.
    dense, light = "A/B/c/d/e/f/g/a/ A/B/c/d/e/f/g/a/|", "ABcd efga|"
    assert lengths(light * 4 + dense * 4) == [4, 2, 2]
    assert lengths(dense * 4 + light * 5) == [3, 3, 3]
    assert lengths((light + dense) * 4) == [4, 4]


def test_systems_begin_at_their_measures_and_measures_have_no_numbers() -> None:
    source = b'<measure number="0"><x/><measure implicit="no" number="1"><measure number="2" width="9">'
    page = '<measure implicit="yes" number="2"><print new-page="yes"/>'
    plain = '<measure implicit="yes" number="0"><x/><measure implicit="yes" number="1">'
    assert engraving._lay_out(source, {0, 2}, b"page") == plain + page
    assert engraving._lay_out(source, {2}, b"system") == plain + page.replace("page", "system")


@pytest.mark.parametrize(
    ("tempo", "note", "dots", "rate"),
    [
        ("1/2=100", "half", 0, "100"), ("3/4=50", "half", 1, "50"), ("1/4=100", "quarter", 0, "100"),
        ("3/8=60.5", "quarter", 1, "60.5"), ("1/8=200", "eighth", 0, "200"), ("3/16=90", "eighth", 1, "90"),
        ("1/16=100", "quarter", 0, "25"), ("5/8=40", "quarter", 0, "100"), ('"Slow"', "quarter", 0, ""),
        ("1/4=133.3333", "quarter", 0, "133.3"),
    ],
)  # fmt: skip
def test_a_page_shows_a_tempo_with_its_note(tempo: str, note: str, dots: int, rate: str) -> None:
    words = "Slow" if "Slow" in tempo else ""
    expected = {"words": words, "note": note, "dots": dots, "rate": rate}
    assert engraving.book_entry(tune("A8|", Q=tempo))["tempo"] == expected


@pytest.mark.parametrize(
    ("tempo", "text"),
    [
        ("1/2=100", "♩ = 200"), ("1/4=100", "♩ = 100"), ("3/8=60.5", "♩. = 60.5"), ("1/8=200", "♪ = 200"),
        ("3/16=90", "♪. = 90"), ('"Slow"', "Slow"), ('"Slow" 1/4=60', "Slow ♩ = 60"), ("5/8=40", "♩ = 100"),
    ],
)  # fmt: skip
def test_a_later_tempo_is_words(tempo: str, text: str) -> None:
    drawn = engraving._engravable(tune(f"A8|[Q:{tempo}]B8|", Q="1/4=80"))
    assert [(change.field, change.value) for bar in drawn.bars for change in bar.changes] == [("T", text)]
    assert drawn.tempo == ""
    (change,) = (change for bar in engraving._engravable(tune("A8|B4[K:G]B4|")).bars for change in bar.changes)
    assert change.field == "K"


def test_an_entry_holds_what_a_page_shows() -> None:
    entry = engraving.book_entry(tune(EIGHT, title="One", R="reel", C="Anon", O="Ireland"))
    assert {name: entry[name] for name in ("number", "key", "titles", "rhythm", "source")} == {
        "number": "1", "key": "D", "titles": ["One"], "rhythm": "reel", "source": "Anon, Ireland",
    }  # fmt: skip
    assert len(entry["systems"]) == 2
    assert [system["tall"] for system in entry["systems"]] == [False, False]
    assert engraving.book_entry(tune("A8|", title=""))["titles"] == ["Untitled"]
    assert engraving.book_entry(tune("A8|", C="Anon"))["source"] == "Anon"
    assert engraving.book_entry(tune("A8|", title="One\nT:Two"))["titles"] == ["One", "Two"]


def test_words_and_high_notes_make_a_system_tall() -> None:
    assert engraving.book_entry(tune("A8|\nw:la"))["systems"][0]["tall"]
    assert engraving.book_entry(tune("e''8|"))["systems"][0]["tall"]
    assert not engraving._is_tall(f'<svg viewBox="0 0 2000 {engraving.PLAIN_HEIGHT}">')
    assert engraving._is_tall(f'<svg viewBox="0 0 2000 {engraving.PLAIN_HEIGHT + 0.5}">')
    assert engraving._is_tall('<svg viewBox="0 0 2000 90"><g class="verse"/>')
    assert not engraving._is_tall("<svg>")


def test_accidentals_among_words_are_characters_of_every_font() -> None:
    figures = "\uea64\uea66\uea65\ue0ff"
    drawn = engraving._spell_out(
        f'<tspan font-family="Leipzig" font-size="400px">{figures}</tspan><text font-family="Times, serif">'
    )
    assert drawn == '<tspan font-size="225px">♭♯♮</tspan><text font-family="Libertinus Serif, Times, serif">'
    plain = '<tspan font-family="Leipzig" font-size="400px">'
    assert engraving._spell_out(plain) == plain


def test_an_index_has_rhythms_in_order_and_the_others_last() -> None:
    rows = (("reel", "G"), ("", "D"), ("jig", "D"), ("reel", "D"), ("reel", "G"))
    assert engraving._index([{"rhythm": rhythm, "key": key, "titles": ["One"]} for rhythm, key in rows]) == [
        {"rhythm": "jig", "keys": [{"key": "D", "tunes": [2]}]},
        {"rhythm": "reel", "keys": [{"key": "D", "tunes": [3]}, {"key": "G", "tunes": [0, 4]}]},
        {"rhythm": "other tunes", "keys": [{"key": "D", "tunes": [1]}]},
    ]


def test_a_book_has_a_cover_contents_and_an_index_only_where_wanted() -> None:
    tunes = [tune(EIGHT, title="One", R="reel"), tune(EIGHT, title="Two", R="jig")]
    plain = pdf_text(to_pdf(tunes))
    assert "Contents" not in plain
    assert "By rhythm and key" not in plain
    layout = BookLayout(title="My Book", contents=True, index=True)
    book = PdfReader(io.BytesIO(to_pdf(tunes, layout)))
    texts = [page.extract_text() for page in book.pages]
    assert len(texts) == 4
    assert "My Book" in texts[0]
    assert "2 tunes" in texts[0]
    assert "Contents" in texts[1]
    assert "By rhythm and key" in texts[3]
    assert texts[3].index("jig") < texts[3].index("reel")
    assert book.metadata.title == "My Book"


def test_a_book_without_a_title_is_called_after_its_tune() -> None:
    one, two = (PdfReader(io.BytesIO(to_pdf([tune("A8|", title="One")] * count))) for count in (1, 2))
    assert (one.metadata.title, two.metadata.title) == ("One", "Tunes")


@pytest.mark.parametrize(
    ("paper", "columns", "size", "width", "height", "text", "scale"),
    [
        ("a4", 1, "normal", 210, 297, 174.0, 1.0), ("a4", 2, "normal", 210, 297, 82.5, 82.5 / 174),
        ("letter", 1, "normal", 215.9, 279.4, 179.9, 179.9 / 174), ("a4", 1, "small", 210, 297, 174.0, 1.25),
        ("a4", 1, "large", 210, 297, 174.0, 0.8),
    ],
)  # fmt: skip
def test_pages_have_their_size(paper, columns, size, width, height, text, scale) -> None:
    layout = BookLayout(paper=paper, columns=columns, size=size)
    assert layout.text_width == pytest.approx(text)
    assert layout.text_height == pytest.approx(height - 34)
    assert layout.scale == pytest.approx(scale)
    (page,) = PdfReader(io.BytesIO(to_pdf([tune("A8|")], layout))).pages
    assert [float(each) * 25.4 / 72 for each in page.mediabox[2:]] == pytest.approx([width, height], abs=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"paper": "a5"}, "paper='a5' should be one of a4, letter"),
        ({"size": "huge"}, "size='huge' should be one of small, normal, large, large-print"),
        ({"columns": 3}, "columns=3 should be 1 or 2"),
        ({"columns": 0}, "columns=0 should be 1 or 2"),
    ],
)
def test_an_unknown_layout_is_refused(options, message) -> None:
    with pytest.raises(ExportError) as caught:
        BookLayout(**options)
    assert str(caught.value) == message


def test_a_tune_too_long_for_a_drawing_is_an_error(monkeypatch) -> None:
    monkeypatch.setattr(engraving, "_draw", lambda tune, **options: ["<svg>", "<svg>"])
    with pytest.raises(ExportError, match="tune 1 'Test' is too long for one drawing; export it as PDF"):
        to_svg(tune("A8|"))


def test_a_picture_is_as_high_as_its_tune() -> None:
    short, long = (Image.open(io.BytesIO(to_png(tune(body)))) for body in ("A8|", EIGHT * 3))
    assert short.width == long.width
    assert short.width == pytest.approx(210 / 25.4 * 200, abs=1)
    assert short.height < long.height / 2


def test_whatever_verovio_or_typst_raises_is_an_export_error(monkeypatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("odd")

    monkeypatch.setattr("typst.compile", fail)
    with pytest.raises(ExportError, match="cannot make a PDF: ValueError: odd"):
        to_pdf([tune("A8|")])
    monkeypatch.setattr(engraving, "_toolkit", fail)
    with pytest.raises(ExportError, match="cannot make a drawing of tune 1 'Test': ValueError: odd"):
        to_svg(tune("A8|"))
