"""What a page shows beside the notes: words below and among them, labels, titles in the music."""

import io
import re
from typing import Any

import pytest
from pypdf import PdfReader

from folkrnn.export import BookLayout, engraving, systems, verses
from folkrnn.export.engraving import to_pdf, to_svg
from folkrnn.export.musicxml import to_musicxml
from folkrnn.notation import Tune, read_tunes

EIGHT = "ABcd efga|" * 8
LONG = "straightforwardly"


def tune(body: str, meter: str = "4/4", key: str = "D", title: str = "Test") -> Tune:
    return read_tunes(f"X:1\nT:{title}\nM:{meter}\nL:1/8\nK:{key}\n{body}\n")[0]


def pdf_text(*tunes: Tune, layout: BookLayout = engraving.DEFAULT_LAYOUT) -> str:
    reader = PdfReader(io.BytesIO(to_pdf(tunes, layout)))
    return "\n".join(page.extract_text() for page in reader.pages)


def svg_words(drawing: str) -> str:
    drawing = re.sub("<style.*?</style>|<title.*?</title>", "", drawing, flags=re.DOTALL)
    return " ".join(re.sub("<[^>]*>", " ", drawing).split())


def spans(pdf: bytes) -> list[tuple[str, float, float, float]]:
    """Return each piece of text of a page with its left end, its line and the height of its type."""
    found: list[tuple[str, float, float, float]] = []

    def visit(text: str, outer: Any, inner: Any, font: Any, size: float) -> None:
        place = outer[0] * inner[4] + outer[4], outer[3] * inner[5] + outer[5]
        if text.strip():
            found.append((text.strip(), *place, abs(size * inner[3] * outer[3])))

    PdfReader(io.BytesIO(pdf)).pages[0].extract_text(visitor_text=visit)
    return found


# Words below the tune


def test_the_words_of_each_verse_are_printed_below_the_tune_in_order() -> None:
    text = pdf_text(tune("A8|\nW:1. The mill is turning slow\nW:and the water is low\nW:\nW:2. It stands still"))
    lines = [line.strip() for line in text.splitlines()]
    places = [
        lines.index(line) for line in ("1. The mill is turning slow", "and the water is low", "2. It stands still")
    ]
    assert places == sorted(places)
    assert places[0] > lines.index("Test")


def test_an_empty_line_parts_verses() -> None:
    sung = tune("A8|\nW:\nW:one\nW: two \nW:\nW:\nW:three\nW:")
    assert verses.verses(sung) == [["one", "two"], ["three"]]
    assert verses.verses(tune("A8|")) == []


def test_a_drawing_shows_the_words_below_as_text() -> None:
    drawing = to_svg(tune("A8|\nW:Second <verse> & more\nW:of it"))
    assert "Second &lt;verse&gt; &amp; more of it" in svg_words(drawing)
    height = float(re.search(r'viewBox="0 0 2000 (\S+)"', drawing)[1])
    assert max(map(float, re.findall(r'<text x="\d+" y="(\d+)">', drawing))) < height


def test_many_short_verses_stand_in_two_columns() -> None:
    short = [["a short line"] * 4] * 4
    assert verses.in_columns(short, 45) == [short[:2], short[2:]]
    assert verses.in_columns(short[:2], 45) == [short[:2]], "too few"
    assert verses.in_columns([["a short line"] * 16], 45) == [[["a short line"] * 16]], "a verse stays together"
    wide = [["a line that is very much longer than the others"] * 4] * 4
    assert verses.in_columns(wide, 30) == [wide]
    assert verses.in_columns([], 45) == []


def test_columns_are_of_much_the_same_height() -> None:
    found = [["a"] * 8, ["b"] * 2, ["c"] * 2]
    assert verses.in_columns(found, 45) == [found[:1], found[1:]]


def test_columns_stand_beside_each_other() -> None:
    body = "A8|\n" + "W:\n".join(
        f"W:{name} of the mill\n" + "W:turns round\n" * 3 for name in ("First", "Second", "Third", "Last")
    )
    places = {text: (x, y) for text, x, y, _ in spans(to_pdf([tune(body)]))}
    left, right = places["First of the mill"], places["Third of the mill"]
    assert left[1] == pytest.approx(right[1])
    assert right[0] > left[0] + 100


def test_a_line_too_wide_goes_on_below() -> None:
    line = "a long line of words that goes on and on " * 5
    parts = [*verses.wrapped(line, 20)]
    assert " ".join(parts) == line.strip()
    assert len(parts) > 3
    assert all(verses.text_width(part) <= 20 for part in parts)
    assert [*verses.wrapped(LONG * 4, 5)] == [LONG * 4], "a word is never cut"


@pytest.mark.parametrize("letter", ["", "e\u0301", "語"])
def test_every_script_has_a_width(letter: str) -> None:
    expected = {"": 0.0, "e\u0301": verses.text_width("e"), "語": 1.0}
    assert verses.text_width(letter) == expected[letter]


def test_words_longer_than_a_page_go_on_over_pages() -> None:
    body = EIGHT + "\n" + "W:\n".join("W:a line of it\n" * 4 for _ in range(60)) + "W:the very end"
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(to_pdf([tune(body)]))).pages]
    assert len(pages) > 1
    assert sum(page.count("a line of it") for page in pages) == 240
    assert "the very end" in pages[-1]


def test_words_stay_with_their_tune_where_a_page_holds_both() -> None:
    tunes = [tune(EIGHT * 3), tune(EIGHT + "\n" + "W:a line\n" * 30, title="Song")]
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(to_pdf(tunes))).pages]
    assert "Song" in pages[1]
    assert pages[1].count("a line") == 30


# Words among the notes


def gaps(drawing: str, kind: str) -> list[float]:
    """Return the room that each text of a kind has up to the next one, less its rough width, in heights of the type."""
    found = re.findall(rf'class="{kind}"><text x="(\d+)".*?</text>', drawing)
    texts = [re.sub("<[^>]*>", "", text) for text in re.findall(rf'class="{kind}">(<text.*?</text>)', drawing)]
    places = [int(x) / 405 for x in found]
    return [
        after - x - 0.8 * verses.text_width(text) for x, after, text in zip(places, places[1:], texts, strict=False)
    ]


CROWDED = "scratched thoroughfares stretched straight through marshlands crossed, lengthened straightforwardly breadth"


@pytest.mark.parametrize("scale", [1.0, 0.8, 0.47])
def test_words_under_notes_do_not_touch(scale: float) -> None:
    sung = tune(f"G2 c2 d2 B2|c2 A2 G4|F2 A2 G2 z2|E6 z2|\nw:{CROWDED}", key="Eb")
    drawings = [system["svg"] for system in engraving._systems(sung, scale)]
    assert sum(drawing.count('class="syl"') for drawing in drawings) == len(CROWDED.split())
    assert all(gap > 0 for drawing in drawings for gap in gaps(drawing, "syl"))


def test_a_crowded_line_of_words_is_broken_earlier() -> None:
    bars = "G2 c2 d2 B2|" * 4
    plain, sung = tune(bars), tune(f"{bars}\nw:{f'{LONG} ' * 16}")
    assert len(engraving._systems(plain, 1)) == 1
    assert len(engraving._systems(sung, 1)) == 4
    # Few words change nothing.
    assert len(engraving._systems(tune(f"{bars}\nw:{'la ' * 16}"), 1)) == 1


def test_chord_symbols_do_not_run_into_each_other() -> None:
    chords = '"Cmaj7"A"Abmaj7"B"Gm7"c"Cmaj7"d "Fm7"e"Bbmaj7"f"Cmaj7"g"Am7"a|' * 4
    drawings = [system["svg"] for system in engraving._systems(tune(chords), 1)]
    assert len(drawings) > 1
    assert all(gap > 0 for drawing in drawings for gap in gaps(drawing, "harm"))
    assert len(engraving._systems(tune('"G"ABcd "D"efga|' * 4), 1)) == 1


def test_a_bar_wider_than_the_page_is_cut_without_a_bar_line() -> None:
    chant = tune("ABcd efga " * 4 + "||\nw:" + f"{LONG} " * 32, meter="none")
    drawings = engraving._systems(chant, 1)
    assert len(drawings) >= 6
    bar_lines = [each["svg"].count('class="barLine"><path') for each in drawings]
    assert bar_lines[:-1] == [0] * (len(drawings) - 1)
    assert bar_lines[-1] == 1
    # No note is lost, and what is shown is not drawn far smaller than other music.
    assert sum(each["svg"].count('class="note"') for each in drawings) == 32
    assert engraving._size(drawings[0]["svg"])[0] <= 2000 * engraving.MAX_SQUEEZE


def test_a_cut_bar_keeps_its_ends_and_its_changes() -> None:
    bars = tune("|:" + "ABcd efga " * 4 + "[K:G]" + "ABcd efga " * 8 + ":|", meter="none").bars
    pieces, cuts = systems.cut_long(bars)
    assert cuts == {1}
    assert (pieces[0].opens, pieces[0].plays, pieces[1].opens, pieces[1].plays) == (True, 1, False, 2)
    assert [note for piece in pieces for note in piece.notes] == [*bars[0].notes]
    assert [(change.field, change.index) for change in pieces[0].changes] == [("K", 32)]
    assert str(pieces[1].key) == "G"
    assert systems.cut_long(tune(EIGHT).bars) == (tune(EIGHT).bars, set())


def test_tuplets_stay_whole_where_a_bar_is_cut() -> None:
    bars = tune("(9ABcdefgab" * 12 + "|", meter="none").bars
    pieces, cuts = systems.cut_long(bars)
    assert cuts
    assert all(piece.notes[0].tuplet is not None and piece.notes[0].tuplet.index == 0 for piece in pieces)


# Labels and titles in the music


def test_a_label_is_whole_and_begins_where_its_part_does() -> None:
    label = "Introduction, bridge and first verse together"
    labelled = tune(f"P:{label}\nGABc d4|G8|G8|\nP:Verse\nGABc d4|G8|\n")
    assert label in pdf_text(labelled)
    assert "Verse" in pdf_text(labelled)
    assert min(x for _, x, _, _ in spans(to_pdf([labelled]))) > 18 / 25.4 * 72
    assert re.search(rb'<rehearsal[^>]*halign="left"[^>]*>Verse<', to_musicxml(labelled))


def test_a_label_wider_than_the_page_goes_over_the_line() -> None:
    label = "A label so long that no page would hold all of it on one line " * 3
    labelled = tune(f"P:{label}\n{EIGHT}")
    assert " ".join(pdf_text(labelled).split()).count("A label so long") == 3
    changes = [str(change.value) for bar in engraving._engravable(labelled).bars for change in bar.changes]
    assert len(changes) >= 2
    assert " ".join(reversed(changes)) == label.strip()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # A labelled part begins a system, unless it and its neighbour are short.
        ("P:A\nA8|B8|c8|\nP:B\nd8|e8|f8|", [0, 3]),
        ("P:A\nA8|B8|c8|\nP:B\nd8|e8|", [0, 3]),
        ("P:A\nA8|B8|\nP:B\nd8|e8|", [0]),
        # A long label and a title always do.
        ("A8|B8|\nP:A rather long label, for a bar\nd8|e8|", [0, 2]),
        ("A8|\nT:Second\nd8|e8|f8|g8|", [0, 1]),
        ("A8|B8|c6|\nT:Second\nd2|e8|f8|g8|", [0, 3]),
    ],
)
def test_labels_and_titles_begin_systems(body: str, expected: list[int]) -> None:
    assert sorted(systems.system_starts(tune(body).bars)) == expected


def test_a_title_in_the_music_is_centred_above_what_follows() -> None:
    music = tune("G2A2B2G2|\nT:Second of the set\nK:D\nD2E2F2D2|")
    ((_, x, _, size),) = [each for each in spans(to_pdf([music])) if each[0] == "Second of the set"]
    assert x + size * verses.text_width("Second of the set") / 2 == pytest.approx(210 / 25.4 * 72 / 2, abs=10)
    entry = engraving.book_entry(music)
    assert [system["titles"] for system in entry["systems"]] == [[], ["Second of the set"]]
    assert entry["titles"] == ["Test"]


def test_a_drawing_has_the_titles_of_the_music_between_its_systems() -> None:
    drawing = to_svg(tune("G2A2B2G2|\nT:Second & last\nT:again\nK:D\nD2E2F2D2|\nW:words"))
    assert re.search(r'text-anchor="middle" font-weight="bold"[^>]*>Second &amp; last</text>', drawing)
    heights = [float(y) for y in re.findall(r'<svg x="0" y="(\d+)"', drawing)]
    titles = [float(y) for y in re.findall(r'y="(\d+)" text-anchor="middle" font-weight', drawing)]
    assert heights[0] < titles[0] < titles[1] < heights[1]
    assert svg_words(drawing).endswith("words")


def test_a_long_title_in_the_music_goes_over_the_line() -> None:
    title = "A title in the music that is far too long for a line of the drawing and has to go on in another one"
    drawing = to_svg(tune(f"A8|\nT:{title}\nB8|"))
    assert drawing.count('font-weight="bold" font-size') == 2
    assert title in svg_words(drawing)


def test_a_new_tempo_in_the_music_is_shown() -> None:
    text = pdf_text(tune('A8|\nQ:"Slower" 1/4=60\nB8|'))
    assert re.search(r"Slower ♩\s*= 60", text)


def test_the_order_of_parts_stands_at_the_head() -> None:
    (shown,) = read_tunes("X:1\nT:Test\nR:reel\nP:A(AB)2\nM:4/4\nL:1/8\nK:D\nP:A\nA8|\nP:B\nB8|\n")
    assert "reel A(AB)2" in " ".join(pdf_text(shown).split())


@pytest.mark.parametrize(("body", "title"), [("A8|\nw:{}", "Test"), ("A8|", "{}"), ("A8|\nW:{}", "Test")])
def test_of_a_text_without_end_the_beginning_is_drawn(body: str, title: str) -> None:
    # Longer ones end the whole process, in verovio or in typst.
    endless = "\N{MUSICAL SYMBOL G CLEF}" * 20_000
    shown = tune(body.format(endless), title=title.format(endless))
    assert "\N{MUSICAL SYMBOL G CLEF}" * 500 in "".join(pdf_text(shown).split())
    assert to_svg(shown)
