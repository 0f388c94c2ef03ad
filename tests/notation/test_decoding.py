import pytest
from abc_tools import codes, pitches, places

from folkrnn.notation import decode, read_tunes
from folkrnn.notation.writer import write_tunebook

TEXT = "X:1\nT:Été\nM:4/4\nL:1/8\nK:D\nFGAB|\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_every_usual_encoding_is_understood(encoding: str) -> None:
    assert decode(TEXT.encode(encoding)) == TEXT


def test_bytes_that_are_no_utf8_are_latin_1() -> None:
    assert decode(b"T:caf\xe9") == "T:café"


def test_no_bytes_are_no_text() -> None:
    assert decode(b"") == ""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_gives_the_same_tune(end: str) -> None:
    assert read_tunes(TEXT.replace("\n", end)) == read_tunes(TEXT)


def test_a_byte_order_mark_left_in_the_text_is_passed_over() -> None:
    assert read_tunes("\ufeff" + TEXT) == read_tunes(TEXT)


def test_a_tune_needs_no_newline_at_its_end() -> None:
    assert read_tunes(TEXT.rstrip("\n")) == read_tunes(TEXT)


def test_a_comment_ends_at_its_line() -> None:
    (tune,) = read_tunes("X:1 % first\nT:t % title\nK:D % key\nF % G\nA|\n")
    assert (tune.number, tune.title, pitches(tune)) == ("1", "t", "^F A")


def test_an_escaped_percent_sign_is_no_comment() -> None:
    (tune,) = read_tunes("X:1\nT:50\\% more\nK:C\nA|\n")
    assert (tune.title, ("T", "50\\% more") in tune.fields) == ("50% more", True)


def test_a_line_with_only_a_comment_does_not_end_the_tune() -> None:
    assert pitches(read_tunes("X:1\nK:C\nA|\n  % here\n%there\nB|\n")[0]) == "A B"


def test_an_empty_line_ends_the_tune() -> None:
    (tune,) = read_tunes("X:1\nK:C\nA|\n\nB|\n")
    assert pitches(tune) == "A"


def test_a_tunebook_gives_each_tune_with_its_line_and_source() -> None:
    tunes = read_tunes("X:1\nK:C\nA|\n\n\nX:7\nK:D\nF|\nX:8\nK:G\nF|\n", "book.abc")
    assert [(tune.number, tune.source, tune.line) for tune in tunes] == [
        ("1", "book.abc", 1),
        ("7", "book.abc", 6),
        ("8", "book.abc", 9),
    ]


def test_the_file_header_holds_for_every_tune() -> None:
    tunes = read_tunes("M:6/8\nL:1/4\nO:Ireland\n\nX:1\nK:C\nA|\n\nX:2\nM:3/4\nK:C\nA|\n")
    assert [(str(tune.meter), tune.unit.denominator, tune.origin) for tune in tunes] == [
        ("6/8", 4, "Ireland"),
        ("3/4", 4, "Ireland"),
    ]


def test_a_directive_of_the_file_header_holds_for_every_tune() -> None:
    text = "%%propagate-accidentals octave\n\nX:1\nK:C\n^FFf|\n\nX:2\nK:C\n^FFf|\n"
    assert [pitches(tune) for tune in read_tunes(text)] == ["^F ^F f", "^F ^F f"]


def test_text_between_tunes_is_no_music() -> None:
    assert len(read_tunes("X:1\nK:C\nA|\n\nThis is prose about ABC.\n\nX:2\nK:C\nB|\n")) == 2


def test_text_in_a_text_block_is_no_music() -> None:
    (tune,) = read_tunes("X:1\nT:t\nK:C\nA|\n%%begintext\nB|\nT:no\n\nC|\n%%endtext\nD|\n")
    assert (pitches(tune), tune.all_fields("T")) == ("A D", ("t",))


def test_an_unknown_directive_is_passed_over() -> None:
    (tune,) = read_tunes("X:1\n%%scale 0.7\nK:C\n%%MIDI program 1\nA|\n")
    assert (pitches(tune), codes(tune)) == ("A", [])


def test_a_text_without_numbers_is_one_tune() -> None:
    (tune,) = read_tunes("T:t\nM:3/4\nK:D\nFGA|\n")
    assert (tune.title, pitches(tune)) == ("t", "^F G A")


@pytest.mark.parametrize("text", ["", "\n\n\n", "   ", "%abc-2.1\n", "It was a dark and stormy night.\n"])
def test_text_without_a_tune_gives_none(text: str) -> None:
    assert read_tunes(text) == []


def test_bytes_of_windows_are_read_as_such() -> None:
    assert decode(b"The miller\x92s \x93Wheel\x94 \x96 no. 2 \x81") == "The miller’s “Wheel” – no. 2 \x81"


@pytest.mark.parametrize(
    ("charset", "byte", "character"),
    [
        (b"%%abc-charset iso-8859-2", b"\xb3", "ł"),
        (b"I:abc-charset latin2", b"\xb3", "ł"),
        (b"I: abc-charset windows-1251", b"\xe9", "й"),
        (b"%%abc-charset iso-8859-1", b"\x92", "’"),
        (b"%%abc-charset utf-8", b"\xe9", "é"),
        (b"%%abc-charset no-such", b"\xe9", "é"),
        (b"%%abc-charset utf-16", b"\xe9", "é"),
        (b"%%abc-charset rot13", b"\xe9", "é"),
        (b"%%abc-charset unicode_escape", b"\xe9", "é"),
    ],
)
def test_a_file_may_name_its_encoding(charset: bytes, byte: bytes, character: str) -> None:
    head = b"%abc-2.1\r\n" + charset + b"\r\nX:1\r\nT:"
    assert decode(head + byte + b"\n") == head.decode() + character + "\n"


def test_utf_8_is_read_whatever_a_file_names() -> None:
    assert decode("%%abc-charset iso-8859-1\nT:Été".encode()).endswith("Été")


def test_a_book_of_lines_in_two_encodings_is_read() -> None:
    assert decode("T:Été\n".encode() + "T:Été\r".encode("cp1252") + b"K:C") == "T:Été\nT:Été\rK:C"


def test_a_no_break_space_a_stray_byte_order_mark_and_the_end_sign_of_dos_are_no_music() -> None:
    first, second = read_tunes("X:1\nK:C\nA\xa0B|\n\n\ufeffX:2\nK:C\nC|\n\x1a")
    assert (pitches(first), pitches(second), codes(first), codes(second)) == ("A B", "C", [], [])


def test_an_exported_book_says_that_it_is_utf_8() -> None:
    tunes = read_tunes("I:abc-charset latin1\n\nX:1\n%%abc-charset iso-8859-2\nT:łan\nK:C\nA|\n")
    assert [line for line in write_tunebook(tunes).splitlines() if "charset" in line] == [
        "I:abc-charset utf-8", "%%abc-charset utf-8"
    ]  # fmt: skip


BOOK = """%abc-2.1
% Collected by hand
%%begintext
X:0 is no tune
%%endtext
C:Trad.

X:1
T:One
K:C
A8 |]

% ---- jigs ----
%%newpage
X:2
T:Two
C:Me
K:C
C8 |]

% the end
"""


def test_what_stands_before_and_between_tunes_is_written_again() -> None:
    written = write_tunebook(read_tunes(BOOK))
    assert "% Collected by hand\n%%begintext\nX:0 is no tune\n%%endtext\nC:Trad.\n\nX:1\nT:One\n" in written
    assert "A8 |]\n\n% ---- jigs ----\n%%newpage\nX:2\nT:Two\nC:Me\n" in written
    assert written.endswith("C8 |]\n% the end\n")


def test_lines_of_two_file_headers_are_written_with_their_tunes() -> None:
    other = BOOK.replace("by hand", "by ear")
    written = write_tunebook([*read_tunes(BOOK), *read_tunes(other)])
    assert [written.count(line) for line in ("% Collected by hand\n", "% Collected by ear\n", "\nC:Trad.")] == [1, 1, 2]


def test_a_text_block_that_is_never_closed_swallows_no_tune() -> None:
    first, second = read_tunes("X:1\nK:C\n%%begintext\nA|\n\nX:2\nK:C\n%%begintext\nB|\n%%endtext\nC|\n")
    assert (pitches(first), places(first)) == ("A", [("open-text-block", "note", 3, 1)])
    assert (pitches(second), places(second)) == ("C", [])


def test_text_before_the_first_tune_leaves_a_note() -> None:
    (tune,) = read_tunes("My tunebook.\n\nX:1\nK:C\nA|\n")
    assert places(tune) == [("before-tunes", "note", 1, 1)]


def test_other_files_are_not_read() -> None:
    assert places(read_tunes("X:1\n%%abc-include other.abh\nK:C\nA|\n")[0]) == [("not-included", "note", 2, 1)]
