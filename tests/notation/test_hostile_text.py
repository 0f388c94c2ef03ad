"""Texts that were written to do harm, or by a program gone astray: each is read quickly, and said to be wrong.

The sizes are such that reading them took minutes, or gigabytes, before there were limits.
"""

from fractions import Fraction
from pathlib import Path

import pytest
from abc_tools import codes, one

from folkrnn.errors import ExportError
from folkrnn.export import export_tunes
from folkrnn.notation import Tune, order_of, performed_order, read_tunes
from folkrnn.notation.limits import (
    MOST_MACROS,
    MOST_OVERLAYS,
    MOST_PASSES,
    MOST_PLAYED,
    MOST_SIGNS,
    MOST_SYMBOL_LINES,
    MOST_VOICES,
    MOST_WRITTEN,
    Growth,
    written,
)
from folkrnn.notation.note_values import LONGEST, SHORTEST, is_printable
from folkrnn.notation.reading import book
from folkrnn.notation.reading.lyrics import MAX_VERSES
from folkrnn.score.build import to_score

HEADER = "X:1\nT:A\nM:4/4\nL:1/8\n"


def tune(body: str, header: str = "", meter: str = "4/4") -> Tune:
    (found,) = read_tunes(f"X:1\nT:A\nM:{meter}\nL:1/8\n{header}K:C\n{body}\n")
    return found


# Lengths after broken rhythm and tuplets ---------------------------------------------------------------


@pytest.mark.parametrize(
    "music",
    ["A/64>B/64", "A/64<B/64", "A/16>>>B/16", "A>>>B/16>>>c", "(3:64:1A8", "A128>B128"],
)
def test_lengths_are_judged_after_broken_rhythm_and_tuplets(music: str) -> None:
    found = one(f"{music}|]", meter="none")
    assert "bad-length" in codes(found)
    to_score(found)  # what is left can be drawn


@pytest.mark.parametrize(
    "music", ["A/32>B/32", "A64>B64", "(3A/32B/32c/32", "(3A/3B/3c/3", "(5:4:5ABcde", "(3A/64B/64c/64"]
)
def test_lengths_that_notes_can_show_are_right(music: str) -> None:
    found = one(f"{music}|]", meter="none")
    assert "bad-length" not in codes(found)
    to_score(found)


def test_printable_lengths_have_bounds() -> None:
    assert is_printable(LONGEST)
    assert not is_printable(LONGEST * 2)
    assert is_printable(SHORTEST)
    assert not is_printable(SHORTEST / 2)
    assert is_printable(Fraction(1, 12), (3, 2))


@pytest.mark.parametrize(
    ("music", "code"), [("(6Z4 A|", "unfinished-tuplet"), ("A2>Z|", "broken-rhythm"), ("(3AZB|", "unfinished-tuplet")]
)
def test_a_rest_of_bars_is_in_no_tuplet_and_no_pair(music: str, code: str) -> None:
    found = tune(music)
    assert code in codes(found)
    to_score(found)


# Repeats -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("colons", "found"), [(MOST_PASSES - 1, []), (MOST_PASSES, ["bad-repeat"]), (3000, ["bad-repeat"])]
)
def test_a_part_is_played_at_most_nineteen_times(colons: int, found: list[str]) -> None:
    played = tune(f"|:CDEFGABc{':' * colons}|")
    assert [code for code in codes(played) if code == "bad-repeat"] == found
    assert len(order_of(played.bars)) == (2 if found else colons + 1)


def test_an_order_of_parts_is_cut_and_called_wrong() -> None:
    found = tune("P:A\n" + "CDEFGABc|" * 40 + "\nP:B\nC8|]", "P:(AB)999\n")
    assert "too-long" in codes(found)
    order = performed_order(found)
    assert sum(1 + len(found.bars[index].notes) for index in order) <= MOST_PLAYED


def test_repeats_of_a_long_part_are_cut_and_called_wrong() -> None:
    found = tune("|:" + "CDEFGABc|" * 700 + f"C8{':' * (MOST_PASSES - 1)}|")
    assert codes(found) == ["too-long"]
    assert len(order_of(found.bars)) < 701 * MOST_PASSES


# Growth --------------------------------------------------------------------------------------------------


def test_rests_of_bars_do_not_multiply_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "Growth", lambda: Growth(bars=1000))
    tunes = read_tunes("".join(f"{HEADER}K:C\n{'Z100|' * 6}\n\n" for _ in range(3)))
    assert [len(each.bars) for each in tunes] == [600, 400, 0]
    assert "too-long" in codes(tunes[-1])


def test_macros_do_not_multiply_for_ever() -> None:
    found = tune("~a" * 9000, f"m:~a={'b' * 199}\n")
    assert "too-long" in codes(found)
    chained = "".join(f"m:~{now}={f'~{then}' * 20}\n" for now, then in ("ab", "bc", "cd", "de", "ef"))
    assert "too-long" in codes(tune("~a ~a", chained))


def test_a_tune_has_a_hundred_macros() -> None:
    found = tune("c8|]", "".join(f"m:~{number}=CDE\n" for number in range(MOST_MACROS + 2)))
    assert codes(found).count("bad-macro") == 2


def test_a_file_header_is_not_read_for_every_tune_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "Growth", lambda: Growth(header_lines=1000))
    tunes = read_tunes("N:a\n" * 100 + "\n" + "X:1\nK:C\nC8|]\n\n" * 15)
    assert [len(each.book) for each in tunes] == [100] * 10 + [0] * 5
    assert [codes(each) for each in tunes] == [[]] * 10 + [["too-long"]] + [[]] * 4


# Many of one kind ------------------------------------------------------------------------------------------


def test_verses_have_a_limit() -> None:
    found = tune("CDEFGABc|\n" + "w:\n" * 4000 + "w:" + " la" * 4000)
    assert "too-many-verses" in codes(found)
    assert max(len(note.lyrics) for note in found.notes()) <= MAX_VERSES


def test_words_can_be_continued_many_times() -> None:
    found = tune("CDEFGABc|\nw:one\n" + "+:la\n" * 20_000)
    assert [note.lyrics for note in found.notes()][:2] == [("one",), ("la",)]


def test_lines_of_symbols_have_a_limit() -> None:
    found = tune("CDEFGABc|\n" + "s:!p!\n" * (MOST_SYMBOL_LINES + 5))
    assert codes(found) == ["too-many-symbols"]
    assert len(next(found.notes()).decorations) == MOST_SYMBOL_LINES


@pytest.mark.parametrize("sign", ["!p!", ".", '"C"', '"^a"', "{c}", "T"])
def test_signs_before_a_note_have_a_limit(sign: str) -> None:
    found = tune(f"{sign * 20_000}c8|]")
    assert "too-many-signs" in codes(found)
    (note,) = found.notes()
    counts = note.decorations, note.chord_symbols, note.annotations, note.graces
    assert sum(map(len, counts)) == MOST_SIGNS


def test_voices_have_a_limit() -> None:
    found = tune("".join(f"V:{number}\nC8|]\n" for number in range(MOST_VOICES + 50)))
    assert codes(found).count("too-many-voices") == 1
    assert len(found.voices) == MOST_VOICES
    assert all(voice.bars for voice in found.voices)


def test_overlays_have_a_limit() -> None:
    found = tune("c8" + "&c8" * 5000 + "|]")
    assert "too-many-overlays" in codes(found)
    assert len(found.bars[0].overlays) == MOST_OVERLAYS


def test_a_tune_that_is_too_long_is_neither_playable_nor_drawn(tmp_path: Path) -> None:
    found = tune("CDEFGABc|" * (MOST_WRITTEN // 9 + 1))
    assert (codes(found), written(found.voices) > MOST_WRITTEN) == (["too-long"], True)
    for format in ("svg", "midi"):
        with pytest.raises(ExportError, match="bars and notes; expected at most"):
            export_tunes([found], [format], tmp_path)
    assert len(read_tunes(str(found))[0].bars) == len(found.bars)


# What took time by the square of its length ------------------------------------------------------------------

LONG = 15_000

GROWING = {
    "colons of an inline voice": ("[V:" * LONG, ""),
    "voices within a line": ("[V:1]c[V:2]d" * 4000, ""),
    "fields within one bar": ("[Q:120]C" * 5000, ""),
    "keys before a bar": ("[K:D]\n" * 5000 + "C8|]", ""),
    "lines within one bar": ("C\n" * LONG, ""),
    "words below one bar": ("C2\nw:a\n" * 5000, ""),
    "text blocks of many names": ("".join(f"%%begin{number}\n" for number in range(8000)) + "C8|]", ""),
    "words of a key": ("C8|]", ""),
    "letters of a voice": ("C8|]", f"V:1 {'C' * LONG}\n"),
    "words of a score": ("C8|]", f"%%score {'a ' * 8000}\n"),
    "groups of digits in a tempo": ("C8|]", f"Q:1/{'/'.join('1' * n for n in range(1, 40))}x\n"),
    "a long number": ("C8|]", f"Q:{'9' * 5000}\n"),
}


@pytest.mark.parametrize("name", GROWING)
def test_long_text_is_read_and_written_in_little_time(name: str) -> None:
    body, header = GROWING[name]
    found = tune(body, header) if name != "words of a key" else read_tunes(f"X:1\nK:C {'min ' * LONG}\nC8|]\n")[0]
    assert str(found).startswith("X:1")


NUMBER = "9" * 5000


@pytest.mark.parametrize(
    "field",
    ["L:1/#", "L:#", "M:#", "M:4/#", "M:#+2/8", "Q:#", "Q:1/4=#", "Q:1/#=120", "Q:#/4=3", "K:C octave=#",
     "K:C transpose=#", "K:C ^#/2c", "K:C ^3/#c", "K:C middle=#", "V:1 octave=#", "P:A#", "I:form #:",
     "%%MIDI program #", "%%MIDI transpose -#", "%%MIDI beat # 2 3 4", "%%MIDI drum d #", "%%MIDI gchord f#",
     "%%MIDI channel #", "I:MIDI=program #", "%%score #"],
)  # fmt: skip
def test_a_number_of_thousands_of_digits_is_no_traceback(field: str) -> None:
    line = field.replace("#", NUMBER)
    key = "" if line.startswith("K:") else "K:C\n"
    (found,) = read_tunes(
        f"X:1\nM:4/4\nL:1/8\n{line}\n{key}CDEF GABc|\n{line}\nC8|[{line}]C8|]\n".replace("[%%", "[I:")
    )
    assert str(found)


@pytest.mark.parametrize(
    "music",
    ["C#", "C/#", "C#/3", "(#CDE", "(3:#CDE", "(3::#CDE", "[CE]#", "z#", "Z#", "x#", "y#", "|#C", "|[#C", "|1,#C",
     "|1-#C", "{C#}D", "^#/2C", "^3/#C", '"@#,3 x"C', "C>#D", "$#", "C&D#"],
)  # fmt: skip
def test_a_number_of_thousands_of_digits_in_music_is_no_traceback(music: str) -> None:
    assert str(tune(music.replace("#", NUMBER) + "|]"))


@pytest.mark.parametrize("digit", ["²", "\u0663", "①"])
def test_digits_of_other_kinds_are_no_traceback(digit: str) -> None:
    header = f"X:{digit}\nM:{digit}/4\nL:1/{digit}\nQ:1/4={digit}\nP:A{digit}\nK:C octave={digit}\n"
    text = f"{header}C{digit}(3:{digit}CDE|[{digit} Z{digit}|\n"
    for found in read_tunes(text):
        assert str(found)


def test_half_a_character_is_replaced_and_said(tmp_path: Path) -> None:
    (found,) = read_tunes('X:1\nT:Half \ud800 title\nK:C\n"^\udfff"C8|]\n')
    assert codes(found) == ["half-character"]
    assert found.title == "Half \ufffd title"
    for format in ("abc", "pdf", "svg"):
        export_tunes([found], [format], tmp_path)
