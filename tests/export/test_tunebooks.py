"""Books of tunes: order, indices, incipits, large print, and what is known about tunes."""

import io
from typing import Any

import pytest
from pypdf import PdfReader

from folkrnn.errors import ExportError
from folkrnn.export import BookLayout, engraving
from folkrnn.export.engraving import to_pdf
from folkrnn.export.ordering import filling_order, sorted_tunes
from folkrnn.export.tunebooks import incipit, notes, title_index
from folkrnn.notation import Tune, read_tunes

EIGHT = "ABcd efga|" * 8
PLAIN = BookLayout()


def tune(body: str = EIGHT, title: str = "Test", key: str = "D", **fields: str) -> Tune:
    header = "".join(f"{name}:{value}\n" for name, value in fields.items())
    return read_tunes(f"X:1\nT:{title}\n{header}M:4/4\nL:1/8\nK:{key}\n{body}\n")[0]


def pages(tunes: list[Tune], layout: BookLayout = PLAIN) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(to_pdf(tunes, layout))).pages]


BOOK = [
    tune("A8|", "Kettle, The\nT:An Old Name", "G", R="Hornpipe"),
    tune("A8|", "Ballydesmond", "D", R="hornpipes"),
    tune("A8|", "A Fig for a Kiss", "Em", R="REEL"),
    tune("A8|", "Éamonn's", "D"),
]


@pytest.mark.parametrize(
    ("by", "titles"),
    [
        ("title", ["Ballydesmond", "Éamonn's", "A Fig for a Kiss", "Kettle, The"]),
        ("rhythm", ["Ballydesmond", "Kettle, The", "A Fig for a Kiss", "Éamonn's"]),
        ("key", ["Ballydesmond", "Éamonn's", "A Fig for a Kiss", "Kettle, The"]),
    ],
)
def test_tunes_are_sorted(by: str, titles: list[str]) -> None:
    assert [each.title for each in sorted_tunes(BOOK, by)] == titles


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(ExportError, match="'colour' is nothing to sort by; expected one of title, rhythm, key"):
        sorted_tunes(BOOK, "colour")


def test_an_index_has_every_title_with_its_article_at_the_end() -> None:
    rows = title_index([{"titles": list(each.all_fields("T"))} for each in BOOK])
    assert [(row["title"], row["tune"]) for row in rows] == [
        ("Ballydesmond", 1), ("Éamonn's", 3), ("Fig for a Kiss, A", 2), ("Kettle, The", 0), ("Old Name, An", 0),
    ]  # fmt: skip


def test_a_rhythm_is_one_in_the_index_however_it_is_spelt() -> None:
    index = engraving._index([engraving.book_entry(each) for each in BOOK])
    assert [group["rhythm"] for group in index] == ["hornpipe", "reel", "other tunes"]
    assert [key["tunes"] for key in index[0]["keys"]] == [[1], [0]]


def test_the_indices_are_printed() -> None:
    text = pages(BOOK, BookLayout(index=True))[-1]
    assert text.index("By rhythm and key") < text.index("By title") < text.index("Old Name, An")


# Incipits


def test_an_incipit_is_two_bars_and_the_pickup() -> None:
    assert [len(incipit(tune(body)).bars) for body in ("A2|" + EIGHT, EIGHT, "|:A8:|", "A8|B8|]")] == [3, 2, 1, 2]
    last = incipit(tune("|:A8|1 B8:|2 c8|]")).bars[-1]
    assert (last.plays, last.ending, last.edge) == (1, (), "")


def test_an_incipit_is_one_line_with_a_small_title() -> None:
    layout = BookLayout(incipits=True, columns=2, size="small")
    dense = tune("A/B/c/d/e/f/g/a/ A/B/c/d/e/f/g/a/|" * 4, "Dense", R="reel", W="No words")
    entry = engraving.book_entry(dense, layout)
    assert len(entry["systems"]) == 1
    (page,) = pages([tune(), dense] * 10, layout)
    assert "Dense" in page
    assert "No words" not in page


# What is known about a tune


def test_notes_are_printed_on_request() -> None:
    known = tune("A8|", S="a fiddler of Clare", B="Book One", N="Slowly.\nN:Twice.", H="Old,\nH:very old.")
    assert [(each["name"], each["text"]) for each in notes(known)] == [
        ("Source", "a fiddler of Clare"), ("Book", "Book One"), ("Note", "Slowly. Twice."),
        ("History", "Old, very old."),
    ]  # fmt: skip
    (with_notes,) = pages([known], BookLayout(notes=True))
    assert "Source: a fiddler of Clare" in " ".join(with_notes.split())
    assert "Clare" not in pages([known])[0]


# Pages


def test_large_print_has_larger_music_and_words() -> None:
    usual, large = BookLayout(), BookLayout(size="large-print")
    assert large.scale == pytest.approx(usual.scale / 1.6)
    sizes: list[float] = []
    for layout in (usual, large):
        (page,) = PdfReader(io.BytesIO(to_pdf([tune("A8|", "Title")], layout))).pages

        def visit(text: str, _: Any, matrix: Any, __: Any, size: float) -> None:
            if "Title" in text:
                sizes.append(size * abs(matrix[3]))

        page.extract_text(visitor_text=visit)
    assert sizes[1] == pytest.approx(1.5 * sizes[0])


def test_tunes_are_reordered_to_fill_pages() -> None:
    assert filling_order([60, 50, 30, 10, 80], 100, 5) == [0, 2, 1, 3, 4]
    assert filling_order([120, 50, 40], 100, 5) == [0, 1, 2]
    long, short = tune(EIGHT * 4, "Long"), tune(EIGHT * 2, "Short")
    assert len(pages([long, long, short, short])) == 3
    texts = pages([long, long, short, short], BookLayout(fill=True))
    assert ["Long" in text and "Short" in text for text in texts] == [True, True]
