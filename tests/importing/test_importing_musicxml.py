"""MusicXML becomes the tune that it shows, and our own MusicXML the tune that it was."""

import re

import pytest

from folkrnn.errors import InputError, ScoreError
from folkrnn.export.musicxml import to_musicxml, to_mxl
from folkrnn.export.tablature import Tablature
from folkrnn.importing import import_tune
from folkrnn.notation import Tune, canonical, faults, performed_order, read_tunes

HEAD = "X:1\nT:Kettle, The\nR:reel\nM:4/4\nL:1/8\nK:D\n"


def back(text: str, all_voices: bool = False, change: tuple[str, str] = ("", "")) -> tuple[Tune, Tune]:
    """Return a tune, and what becomes of it by way of MusicXML in which some text is replaced."""
    (tune,) = read_tunes(text)
    document = to_musicxml(tune).decode().replace(*change)
    return tune, import_tune(document.encode(), "x.musicxml", all_voices=all_voices)


TUNES = {
    "repeats": HEAD + "|:A2|defg a2A2|defg a4|1 d6:|2 d8||\n|:f2|e8|d6:|\n",
    "three passes": HEAD + "|:d8|1,2 e8:|3 f8|]\n",
    "pickup": "X:1\nT:a\nM:6/8\nL:1/8\nK:Ador\nE|ABc d2e|A3 A2||c|d3 e3|A3 A2|]\n",
    "tuplets": HEAD + "(3abc (3d2ef (5:4:5a/b/c/d/e/ z2|(3:2:4gfe/e/ d2 z4|]\n",
    "broken rhythm, ties, rests": HEAD + "a>b c<d e4-|e2 z2 x2 G-G|(ab)c d4-d|]\n",
    "chords and graces": HEAD + "[FA]2 {g}a2 {gab}c'2 [D-F]2|[DG]2 z6|]\n",
    "accidentals": HEAD + "^c=c_B__B ^^f=f^f2|f8|]\n",
    "signs": HEAD + "~a2 Tb2 .c2 !fermata!d2|!segno!u.a2 vb2 !accent!c2 P[df]2|!D.S.!d8|]\n",
    "chord symbols": HEAD + '"D"d2 "Am7/G"e2 "F#dim"f2 "Bbmaj7"g2|"Esus4"a4 "N.C."a4|"^loud"d4 "_soft"e4|]\n',
    "words": HEAD + "dddd dddd|d8|]\nw: one two-three *  four__ five~six\nw: eins\n",
    "meters and keys": HEAD + "d8|\nM:3/4\nd6|[K:Gmix]g6|\nM:C|\n[K:Em]e4 [K:D]d4|]\n",
    "modes": "X:1\nT:a\nM:C\nL:1/8\nK:F#phr\nF8|]\n",
    "explicit key": "X:1\nT:a\nM:C\nL:1/8\nK:D exp ^f _b\nf4 b4|]\n",
    "pipes": "X:1\nT:a\nM:C\nL:1/8\nK:HP\n{gef}A4 {g}c4|f8|]\n",
    "free meter": "X:1\nT:a\nM:none\nL:1/8\nK:C\nabc|abcdefg|]\n",
    "tempo and parts": HEAD.replace("K:", 'Q:"Lively" 1/4=120\nK:') + "P:A\nd8|d8||\nP:B\n[Q:1/4=90]e8|]\n",
    "header": 'X:1\nT:Half \\% of a "title" & <more>\nT:Second\nC:Anon\nO:Wales\nN:Note\nS:Sue\nM:C\nL:1/8\nK:D\nd8|\n',
}


@pytest.mark.parametrize("name", TUNES)
def test_our_musicxml_is_the_same_tune(name: str) -> None:
    tune, found = back(TUNES[name])
    assert canonical(found) == canonical(tune)
    for letter in "TCRONS":
        assert found.all_fields(letter) == tune.all_fields(letter)
    assert found.tempo == tune.tempo
    assert [note.lyrics for note in found.notes()] == [note.lyrics for note in tune.notes()]


def test_labels_and_double_bars_come_back() -> None:
    _, found = back(TUNES["tempo and parts"])
    assert [bar.texts("P") for bar in found.bars] == [("A",), (), ("B",)]
    assert found.bars[1].edge == "||"


VOICES = """X:1
T:Two
M:6/8
L:1/8
K:Am
V:1 name="Fiddle"
V:2 name="Cello" clef=bass
[V:1] A3 B3|c3 d3 & e6|:e6:|
[V:2] A,3 B,3|C3 D3|:E,6:|
"""


def test_all_voices_are_kept_if_asked() -> None:
    tune, found = back(VOICES, all_voices=True)
    assert [voice.name for voice in found.voices] == ["Fiddle", "Cello"]
    assert [canonical(found.alone(voice)) for voice in found.voices] == [
        canonical(tune.alone(voice)) for voice in tune.voices
    ]
    assert "c3 d3 & e6 |" in str(found)


def test_the_melody_is_the_first_voice_and_a_note_counts_the_others() -> None:
    _, found = back(VOICES)
    assert len(found.voices) == 1
    assert str(found).endswith("A3 B3 | c3 d3 ||\n|: e6 :|\n")
    assert found.findings[0].message == "2 other voices of the file are left out"


def test_a_title_that_was_changed_in_between_is_the_new_one() -> None:
    _, found = back(TUNES["header"], change=("<movement-title>Half", "<movement-title>All"))
    assert found.title == 'All % of a "title" & <more>'


def test_a_key_that_was_changed_in_between_is_the_new_one() -> None:
    _, found = back(TUNES["explicit key"], change=("<key-alter>1</key-alter>", "<key-alter>-1</key-alter>"))
    assert found.key.signature == {3: -1, 6: -1}


def test_compressed_and_plain_are_the_same_tune() -> None:
    (tune,) = read_tunes(TUNES["repeats"])
    assert str(import_tune(to_mxl(tune), "x.mxl")) == str(import_tune(to_musicxml(tune), "x.musicxml"))


# Scores of other programs ---------------------------------------------------------------------------------------------


def score(*measures: str, head: str = "") -> Tune:
    """Return the tune of a score in 2/4 with one sharp; a measure is the text inside it."""
    attributes = (
        "<attributes><divisions>2</divisions><key><fifths>1</fifths></key>"
        "<time><beats>2</beats><beat-type>4</beat-type></time></attributes>"
    )
    texts = [f"<measure number='{place}'>{text}</measure>" for place, text in enumerate(measures, 1)]
    texts[0] = texts[0].replace("'>", f"'>{attributes}", 1)
    part = f"<part id='P1'>{''.join(texts)}</part>"
    parts = "<part-list><score-part id='P1'><part-name>Flute</part-name></score-part></part-list>"
    return import_tune(f"<score-partwise>{head}{parts}{part}</score-partwise>".encode(), "x.xml")


def note(step: str, length: int = 2, inside: str = "", octave: int = 4) -> str:
    pitch = f"<pitch><step>{step}</step><octave>{octave}</octave></pitch>"
    return f"<note>{pitch}<duration>{length}</duration>{inside}</note>"


def music(tune: Tune) -> str:
    return str(tune).split("K:")[1].partition("\n")[2].strip()


@pytest.mark.parametrize(("final", "key"), [("G", "G"), ("E", "Em"), ("A", "Ador"), ("D", "Dmix"), ("B", "G")])
def test_the_last_note_tells_the_mode_that_a_score_does_not(final: str, key: str) -> None:
    assert str(score(note("G", 4), note(final, 4)).key) == key


def test_a_bar_that_a_line_of_the_page_divides_is_one_bar() -> None:
    tune = score(note("G", 4), note("A"), note("B"), note("G", 4))
    assert music(tune) == "G4 | A2 B2 | G4 |]"
    assert not faults(tune.findings)


def test_a_syllable_is_held_until_the_next() -> None:
    held = "<lyric number='1'><syllabic>single</syllabic><text>oh</text><extend/></lyric>"
    tune = score(note("G", 2, held) + note("A"), note("G", 4, held.replace("oh", "no")))
    assert [each.lyrics for each in tune.notes()] == [("oh",), ("_",), ("no",)]


def test_a_chord_without_a_text_is_spelled() -> None:
    def chord(kind: str, more: str = "") -> str:
        return f"<harmony><root><root-step>D</root-step></root><kind>{kind}</kind>{more}</harmony>"

    values = "<degree-value>9</degree-value><degree-alter>0</degree-alter><degree-type>add</degree-type>"
    ninth = f"<degree>{values}</degree>"
    tune = score(chord("minor-seventh") + note("D"), chord("major", ninth) + note("D", 4))
    assert [each.chord_symbols for each in tune.notes()] == [("Dm7",), ("Dadd9",)]


def test_a_chord_symbol_within_a_note_belongs_to_it() -> None:
    chord = "<harmony><root><root-step>{}</root-step></root><kind text=''>major</kind><offset>{}</offset></harmony>"
    tune = score(chord.format("G", 0) + chord.format("D", 2) + note("G", 4), note("G", 4))
    assert tune.bars[0].notes[0].chord_symbols == ("G", "D")


def test_a_part_that_sounds_elsewhere_is_written_as_it_sounds() -> None:
    flat = "<attributes><transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose></attributes>"
    tune = score(flat + note("A", 4), note("A", 4))
    assert (music(tune), str(tune.key)) == ("G4 | G4 |]", "Gdor")


def test_the_title_may_stand_on_the_page_only() -> None:
    words = "<credit page='1'><credit-words font-size='{}'>{}</credit-words></credit>"
    head = words.format(30, "© 2020 Somebody") + words.format(12, "arranged") + words.format(24, "The  Kettle")
    assert score(note("G", 4), head=head).title == "The Kettle"


def test_a_gap_is_an_invisible_rest() -> None:
    tune = score("<forward><duration>2</duration></forward>" + note("G"), note("G", 4))
    assert music(tune) == "x2 G2 | G4 |]"


def test_nothing_that_music21_says_reaches_the_user(recwarn: pytest.WarningsRecorder) -> None:
    score(note("G", 5), note("G", 4))
    assert not list(recwarn)


def test_numbers_of_bars_do_not_matter() -> None:
    (tune,) = read_tunes(TUNES["repeats"])
    document = re.sub(rb' number="\d+"', b' number="X1"', to_musicxml(tune), count=1)
    assert canonical(import_tune(document, "x.xml")) == canonical(tune)


def test_tablature_of_another_part_is_no_voice_of_its_own() -> None:
    (tune,) = read_tunes(HEAD + "d2f2 a4|]\n")
    found = import_tune(to_musicxml(tune, Tablature("mandolin")), "x.musicxml", all_voices=True)
    assert len(found.voices) == 1
    assert not [each for each in found.findings if each.code == "import"]
    found = import_tune(to_musicxml(tune, Tablature("mandolin", alone=True)), "x.musicxml", all_voices=True)
    assert canonical(found) == canonical(tune)


def test_a_tempo_whose_beat_is_missing_is_left_out() -> None:
    _, found = back(TUNES["tempo and parts"], change=("<beat-unit>quarter</beat-unit>", "<beat-unit></beat-unit>"))
    assert "=" not in found.tempo
    assert len(found.bars) == 3


def test_a_seventh_added_to_a_suspended_chord_is_spelled_first() -> None:
    _, found = back(HEAD + '"D7sus4"d8|]\n', change=('<kind text="7sus4">', "<kind>"))
    assert next(found.notes()).chord_symbols == ("D7sus4",)


def test_the_order_of_parts_comes_back() -> None:
    tune, found = back(HEAD.replace("K:", "P:ABA\nK:") + "P:A\nd8|d8||\nP:B\ne8|e8|]\n")
    assert performed_order(found) == performed_order(tune) == (0, 1, 2, 3, 0, 1)


def test_tuplets_whose_durations_are_rounded_are_exact() -> None:
    (tune,) = read_tunes(HEAD + "(3def (3fed d4|]\n")
    document = re.sub(r"<divisions>10080", "<divisions>256", to_musicxml(tune).decode())
    lengths = iter(("85", "85", "86", "85", "86", "85", "512"))
    document = re.sub(r"<duration>\d+", lambda _: f"<duration>{next(lengths)}", document)
    assert canonical(import_tune(document.encode(), "x.musicxml")) == canonical(tune)


def test_a_sign_within_a_chord_does_not_part_it() -> None:
    change = ('<note id="v0-b0-l0-n0-p1">', "<direction><direction-type><words/></direction-type></direction><note>")
    tune, found = back(HEAD + "[FA]4 d4|]\n", change=change)
    assert canonical(found) == canonical(tune)


def test_a_jump_in_a_lower_line_of_a_staff_counts() -> None:
    (tune,) = read_tunes(HEAD + "d8|e8 & E8|]\n")
    jump = "<direction><direction-type><words>D.C.</words></direction-type></direction>"
    before, backup, after = to_musicxml(tune).decode().partition("</backup>")
    document = (before + backup + jump + after).encode()
    for all_voices in (False, True):
        assert performed_order(import_tune(document, "x.musicxml", all_voices=all_voices)) == (0, 1, 0, 1)


@pytest.mark.parametrize(
    ("tag", "value", "limits"),
    [
        ("octave", "999999999", "from 0 to 9"), ("octave", "-1", "from 0 to 9"), ("beats", "999999999", "from 1 to 64"),
        ("beat-type", "1000000", "from 1 to 128"), ("divisions", "0", "from 1e-06 to 1e+06"),
        ("duration", "999999999", "from 0 to"), ("fifths", "1000", "from -14 to 14"),
        ("beats", "+".join("1" * 99), "from 1 to 64"),
    ],
)  # fmt: skip
def test_a_number_that_no_music_has_is_one_line(tag: str, value: str, limits: str) -> None:
    (tune,) = read_tunes(TUNES["pickup"])
    document = re.sub(f"<{tag}>[^<]*<", f"<{tag}>{value}<", to_musicxml(tune).decode(), count=1)
    with pytest.raises(InputError, match=rf"x\.musicxml: {tag} is .*; expected {re.escape(limits)}"):
        import_tune(document.encode(), "x.musicxml")


def test_what_no_note_can_show_names_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ScoreError("no note is 67/4 of a whole note long")

    monkeypatch.setattr("folkrnn.importing.musicxml.finished", fail)
    with pytest.raises(InputError, match=r"x\.musicxml: no note is"):
        back(TUNES["pickup"])
