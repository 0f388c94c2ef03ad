"""Text strings: what they say, and that what is written says it again."""

import html
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from folkrnn.notation import canonical, read_tunes, write_tune
from folkrnn.notation.text import escaped_lyric, escaped_quoted, escaped_text, lyric_text, plain_text

ANY_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"))) | st.text("\\&%;#'\"`^~-_*|uceaox0129 ")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (r"An Bh\'o Bhu\'i", "An Bhó Bhuí"),
        (r"m\`ere, for\^et, No\"el, ma\~nana, \cCa, gar\,con", "mère, forêt, Noël, mañana, Ça, garçon"),
        (r"\AApen p\aa veien", "Åpen på veien"),
        (r"\AE\ae\OE\oe\ss\DH\dh\TH\th\/O\/o\/L\/l", "ÆæŒœßÐðÞþØøŁł"),
        (r"\vS\vc\uu\uA\HU\Ho", "ŠčŭĂŰő"),
        (r"\=a\.z\;e", "āżę"),
        ("Caf&eacute; &amp; &Scaron;&#233;&#xe9;&#XE9; &flat;", "Café & Šééé ♭"),
        (r"S\u00e9bh \u266d \U0001F3B5 \ud83c\udfb5", "Sébh ♭ 🎵 🎵"),
        (r"Half \% full, Mill \& River, AC\\DC", r"Half % full, Mill & River, AC\DC"),
        (r"Bourr\351e", "Bourrée"),
    ],
)
def test_what_is_written_in_ascii_is_read(raw: str, said: str) -> None:
    assert plain_text(raw) == said


@pytest.mark.parametrize(
    "raw",
    ["Mill & River", "B&B;", "&bogus;", "&eacute", r"\q", r"\'q", r"don\'t \x", "\\", r"\u12", r"\ud83c alone", r"\'",
     r"\U00110000", "&#1114112;", "&#0;", "&#10;", r"\u000a", "&NewLine;", r"\222", "100 %"],
)  # fmt: skip
def test_what_means_nothing_stays_as_it_is(raw: str) -> None:
    assert plain_text(raw.replace("\\'t", "'t")) == raw.replace("\\'t", "'t")


@pytest.mark.parametrize("letter", "àÀéÉîÎõÕñÑüÜÿçÇšŠžŽčČăĂŭŬőŐűŰ")
def test_every_accented_letter_of_the_standard_is_read(letter: str) -> None:
    plain, accent = list(unicodedata.normalize("NFD", letter))
    sign = dict(zip("\u0300\u0301\u0302\u0303\u0308\u0327\u030c\u0306\u030b", "`'^~\"cvuH", strict=True))[accent]
    assert plain_text(f"\\{sign}{plain}") == letter


@given(ANY_TEXT)
@example(r"\'e &eacute; \\ 100 % \u00e9")
def test_a_text_that_is_escaped_says_the_same(text: str) -> None:
    assert plain_text(escaped_text(text)) == text
    quoted = escaped_quoted(text)
    assert plain_text(quoted) == text
    assert '"' not in quoted


@given(ANY_TEXT.map(lambda text: "".join(text.split())).filter(bool))
@example(r"\'e-\~n_*|~&amp;")
def test_a_word_below_the_notes_is_written_as_it_is_read(word: str) -> None:
    assert lyric_text(escaped_lyric(word)) == word
    (tune,) = read_tunes(f"X:1\nM:4/4\nL:1/4\nK:C\nC|\nw: {escaped_lyric(word)}\n")
    assert tune.bars[0].notes[0].lyrics == (word,)


def test_plain_text_is_written_as_it_is() -> None:
    assert escaped_text("Mill & River: “No. 2” d'été") == "Mill & River: “No. 2” d'été"


def test_a_title_says_what_it_means_and_is_kept_as_it_is_written() -> None:
    (tune,) = read_tunes("X:1\nT:Half \\% f&uuml;ll % a remark\nC:J\\'an\nM:4/4\nL:1/4\nK:C\nCDEF|\n")
    assert (tune.title, tune.field("C"), tune.all_fields("C")) == ("Half % füll", "Ján", ("Ján",))
    assert ("T", "Half \\% f&uuml;ll") in tune.fields
    assert "T:Half \\% f&uuml;ll\n% a remark\nC:J\\'an\n" in write_tune(tune)
    assert read_tunes(canonical(tune))[0].title == "Half % füll"


def test_after_an_escaped_backslash_a_comment_may_begin() -> None:
    assert read_tunes("X:1\nT:One \\\\% two\nK:C\nC|\n")[0].title == "One \\"


def test_words_at_notes_say_what_they_mean_and_are_read_again() -> None:
    text = (
        'X:1\nM:4/4\nL:1/4\nK:C\n"^pi\\`u &quot;lento&quot;"C D "A&flat;"E F|\n'
        "w: sl\\'an a-bhai\\-le ma\\~nana a~b 50\\%\n"
    )
    (tune,) = read_tunes(text)
    notes = tune.bars[0].notes
    assert (notes[0].annotations, notes[2].chord_symbols) == (('^più "lento"',), ("A♭",))
    assert [note.lyrics for note in notes] == [("slán",), ("a-",), ("bhai-le",), ("mañana",)]
    (again,) = read_tunes(write_tune(tune))
    assert [(note.lyrics, note.annotations, note.chord_symbols) for note in again.notes()] == [
        (note.lyrics, note.annotations, note.chord_symbols) for note in notes
    ]


@pytest.mark.parametrize("name", ["eacute", "Aring", "szlig", "natural", "hearts"])
def test_entities_are_those_of_html(name: str) -> None:
    assert plain_text(f"&{name};") == html.unescape(f"&{name};")
