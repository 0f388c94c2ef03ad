"""Where the signs of a page stand, as their drawings say. A staff is 720 high."""

import re
from itertools import pairwise

import pytest

from folkrnn.export import engraving
from folkrnn.export.outlines import outlines
from folkrnn.export.spacing import extents
from folkrnn.export.verses import text_width
from folkrnn.notation import Tune, read_tunes
from folkrnn.score.build import musicxml, to_score

NARROW = 82.5 / 174 / 0.8
"""The scale of small music in one of two columns."""

WORD_SIZE, ASCENT, DESCENT = 420, 0.74, 0.24
"""The height of the type of words, and how far the letters of Libertinus Serif reach above and below their line."""

HEAD, GRACE_HEAD, FLAG = 210, 155, 170
"""The widths of note heads and of a flag."""

REEL = (
    "ue|{g}a2.e.a {g}a2.e.a|{g}a2.e.a (fe).d.c|dfBf dfBf|dfBa gabg|"
    "{g}a2.e.a {g}a2.e.a|{g}a2.e.a (fe).d.c|.f(dTc).B .e(cTB).A|E2 TG2A2 z|]"
)


def tune(body: str, meter: str = "4/4", key: str = "A", unit: str = "1/8") -> Tune:
    return read_tunes(f"X:1\nT:Test\nM:{meter}\nL:{unit}\nK:{key}\n{body}\n")[0]


def systems(body: str, scale: float = NARROW, **fields: str) -> list[str]:
    return engraving._draw(tune(body, **fields), scale, separate=True)


def heads(drawing: str) -> list[tuple[int, float]]:
    """Return where each note head of a drawing begins, and its scale."""
    found = re.findall(r'#E0A[2-4]-\w+" transform="translate\((\d+), -?\d+\) scale\(([\d.]+)', drawing)
    return sorted((int(x), float(scale)) for x, scale in found)


def bar_lines(drawing: str) -> list[int]:
    return [int(x) for x in re.findall(r'class="barLine"><path d="M(\d+)', drawing)]


def texts(drawing: str, kind: str) -> list[tuple[float, int, float, str]]:
    """Return the left edge, the height, about the right edge, and the letters of the words of a kind of group."""
    found = []
    for x, y, at_end, size, content in re.findall(
        rf'class="{kind}[^"]*"[^>]*><text x="(\d+)" y="(-?\d+)"( text-anchor="end")?[^>]*>'
        r'.*?font-size="(\d+)px">(.*?)</text>',
        drawing,
    ):
        letters = re.sub("<[^>]*>", "", content)
        width = 0.85 * int(size) * text_width(letters)
        left = int(x) - width if at_end else int(x)
        found.append((left, int(y), left + width, letters))
    return found


# Notes


@pytest.mark.parametrize("body", [REEL, "{gag}A/{gag}B/{d}c/{e}d/ {gag}e2 {gag}f2 {AB}c2|" * 4])
def test_grace_notes_have_room_of_their_own(body: str) -> None:
    drawings = systems(body)
    assert sum(scale < 0.7 for drawing in drawings for _, scale in heads(drawing))
    for drawing in drawings:
        for (x, scale), (following, _) in pairwise(heads(drawing)):
            assert following - x >= (GRACE_HEAD if scale < 0.7 else HEAD)


@pytest.mark.parametrize("scale", [1, NARROW])
def test_a_flag_is_clear_of_the_bar_line(scale: float) -> None:
    drawings = systems("G2A G2A|F2G {a}F2G|G3 G2F|A/B/c/d/e/f/ G2F|" * 6, scale, meter="6/8", key="G")
    seen = 0
    for drawing in drawings:
        flags = [int(x) for x in re.findall(r'#E240-\w+" transform="translate\((\d+), -?\d+\) scale\(0.72', drawing)]
        for line in bar_lines(drawing):
            last = max(x for x, _ in heads(drawing) if x < line)
            for flag in (x for x in flags if last < x < line):
                seen += 1
                assert line - flag >= FLAG + 40
    assert seen >= 12


def test_rough_widths_are_those_of_drawings() -> None:
    bodies = ["ABcd efga|" * 8, "A/B/c/d/e/f/g/a/ A4|" * 6, "{g}A2^B2{gag}=c2d2|" * 6, "(3ABc (3def g4|" * 6]
    for read in map(tune, bodies):
        source = musicxml(to_score(engraving._engravable(read)))
        drawn = engraving._measured(read, read.bars, source)
        for ours, theirs in zip(extents(read.bars), drawn, strict=True):
            assert ours.width == pytest.approx(theirs.width, rel=0.15)


def test_long_notes_of_a_chant_are_as_large_as_other_notes() -> None:
    """One bar of breves, whole notes and halves in free meter, with words and without."""
    body = "A16 G8 F8 E4D4 C8 D12 E4 F8 G16 A8 B8 " * 4 + "|]"
    words = "\nw:" + "glo-ri-a in ex-cel-sis de-o et in ter-ra " * 4
    for text in (body, body + words):
        drawings = engraving._draw(tune(text, meter="none", key="C"), separate=True)
        assert len(drawings) >= 4
        for drawing in drawings:
            assert engraving._size(drawing)[0] <= 1.1 * 2000 if words in text else 1.35 * 2000


def test_a_rest_in_a_long_bar_stands_where_it_is_written() -> None:
    (drawing,) = systems("A4 z8 B4 c4|]", 1, key="C")
    rests = [int(x) for x in re.findall(r'class="m?[rR]est"[^>]*><use [^>]*translate\((\d+)', drawing)]
    (first, _), (second, _), _ = heads(drawing)
    assert len(rests) == 1
    assert first + HEAD < rests[0] < second - HEAD


def test_wide_bars_fill_the_systems_of_all_parts_alike() -> None:
    even, dotted = "F2A G2B ABc d3|F2A G2B AFD E3|", "f>af d2f g>bg e2g|f>af d2f e>cA A3|"
    for drawing in systems(f"|:{even}{even}:||:{dotted}{dotted}:|", 1, meter="12/8", key="D"):
        assert drawing.count('class="measure"') == 2


# Words


def test_chord_symbols_do_not_run_into_each_other() -> None:
    chords = ("Gmaj7/B", "Cmaj7", "F#m7b5", "Esus4")
    bar = "".join(f'"{chord}"A2' for chord in chords) + "|"
    drawings = systems(bar * 4)
    found = [texts(drawing, "harm") for drawing in drawings]
    assert sum(map(len, found)) == 16
    for row in found:
        for (_, _, right, _), (left, _, _, _) in pairwise(sorted(row)):
            assert right < left


def test_the_words_of_a_jump_are_clear_of_a_chord_symbol() -> None:
    (drawing,) = systems('A8|B8|"^Fine""G"c8|!D.S.!"Am"d8|]', 1)
    words = texts(drawing, "dir")
    assert [letters for *_, letters in words] == ["Fine", "D.S."]
    for (_, _, right, _), (left, _, _, _) in zip(words, texts(drawing, "harm"), strict=True):
        assert right + 100 < left


@pytest.mark.parametrize("scale", [1, NARROW])
def test_the_labels_of_parts_are_whole(scale: float) -> None:
    labels = ("Intro", "Short last label", "B (slowly, the last time)")
    body = f"P:{labels[0]}\nA8|B8|c8|\nP:{labels[1]}\nd8|\nP:{labels[2]}\n" + "A8|" * 6
    drawings = systems(body, scale)
    found = [text for drawing in drawings for text in texts(drawing, "reh")]
    assert [letters for _, _, _, letters in found] == list(labels)
    assert all(right <= 20000 * scale for _, _, right, _ in found)


@pytest.mark.parametrize(
    "body",
    [
        "!segno!A8|B8|c8|d8!D.S.!|]",
        "!segno!A8|B8|c8|d8|!D.S.alcoda!e8|!coda!f8|]",
        "!segno!A8|B8|c8|d8 !D.S.alfine!|]",
        '!segno!A8|B8|c8|C,8 "_D.S."|]',
        '!segno!A8|B8|c8|"_D.S."C,8|]',
    ],
)
def test_dal_segno_stands_above_the_staff(body: str) -> None:
    (drawing,) = (each for each in systems(body, 1) if "D.S." in each)
    (found,) = (text for text in texts(drawing, "dir") if text[3].startswith("D.S."))
    staff = int(re.findall(r'class="staff"><path d="M\d+ (\d+)', drawing)[0])
    assert found[1] < staff
    assert found[2] <= 20000


def test_the_names_of_staves_take_no_room_from_words() -> None:
    words = "thoroughfares stretched straight through marshlands lengthened breadth scratched"
    voices = "".join(f"V:{voice}\n" + "A2B2c2d2|" * 2 + f"\nw:{words}\n" for voice in (1, 2))
    body = f'V:1 name="Soprano and Alto" snm="S. A."\nV:2 name="Tenor" snm="T."\n%%score {{1 2}}\n{voices}'
    for drawing in systems(body):
        rows: dict[int, list[tuple[float, float]]] = {}
        for left, y, right, _ in texts(drawing, "syl"):
            rows.setdefault(y, []).append((left, right))
        assert len(rows) == 2
        for row in rows.values():
            assert all(right < left for (_, right), (left, _) in pairwise(sorted(row)))


@pytest.mark.parametrize("scale", [1, NARROW, 0.3])
@pytest.mark.parametrize(
    "body",
    ['"Gmaj7/B"b4 "F#dim"d\'4|"Bb"f\'8|"(Am)"b\'8|', 'A8|"b"B8|]\nw:gypsy jogging', 'C,8|"Gsus4"B8|]\nw:gypsy jogging'],
)
def test_no_letter_is_cut_at_the_edge_of_a_drawing(body: str, scale: float) -> None:
    for drawing in systems(body, scale):
        (height,) = map(int, re.findall(r'"definition-scale"[^>]*viewBox="0 0 \d+ (\d+)"', drawing))
        (moved,) = map(int, re.findall(r'class="page-margin" transform="translate\(\d+, (\d+)\)', drawing))
        found = texts(drawing, "harm") + texts(drawing, "syl")
        assert found
        for _, y, _, letters in found:
            assert y + moved >= ASCENT * WORD_SIZE, letters
            assert y + moved + DESCENT * WORD_SIZE <= height, letters


# Outlines


def test_an_outline_has_the_words_and_no_names() -> None:
    (drawing,) = systems('"G7"!f!A2 "^dolce"B2 (3cde {g}f2|1 A8:|2 [Ac]8|]\nw:la-la la la la', 1)
    outline = outlines(drawing)
    assert "class=" not in outline
    assert len(outline) < 0.8 * len(drawing)
    for letters in ("dolce", "la", "1", "2"):
        assert f">{letters}</tspan>" in outline
    assert 'font-style="italic"' in outline
    assert 'font-weight="bold"' in outline


def test_a_drawing_with_an_unknown_element_stays_as_it_is() -> None:
    (drawing,) = systems("A8|", 1)
    other = drawing.replace("<defs>", "<circle r='1'/><defs>")
    assert outlines(other) == other
    assert outlines(drawing) != drawing
