"""Several voices: which are read, what each of them holds, and which is the melody."""

from abc_tools import codes, one, pitches, places

from folkrnn.notation import Tune, Voice, read_tunes, write_tune


def heard(voice: Voice) -> str:
    return " ".join(str(note.pitches[0]) if note.pitches else "z" for bar in voice.bars for note in bar.notes)


def all_heard(tune: Tune) -> list[str]:
    return [heard(voice) for voice in tune.voices]


def test_voices_are_read_side_by_side() -> None:
    tune = one("V:1\nA8|B8|\nV:2\nC8|D8|\nV:1\nc8|\nV:2\nE8|")
    assert (all_heard(tune), codes(tune)) == (["A B c", "C D E"], [])


def test_a_fault_of_any_voice_is_found_at_its_line() -> None:
    assert places(one("V:1\nA8|B8|\nV:2\nC8|D9|"))[0] == ("bar-too-long", "error", 9, 4)


def test_voices_declared_in_the_header_stand_in_its_order() -> None:
    (tune,) = read_tunes(
        'X:1\nV:T1 clef=treble name="Top"\nV:B1 clef=bass snm="B."\nM:4/4\nL:1/8\nK:C\n'
        "V:B1\nC8|\nV:T1\nc8|\nV:B1\nD8|\n"
    )
    assert all_heard(tune) == ["c", "C D"]
    assert [(voice.id, voice.name, voice.short_name) for voice in tune.voices] == [("T1", "Top", ""), ("B1", "", "B.")]
    assert codes(tune) == ["voice-ends-early"]


def test_voices_may_change_inline() -> None:
    tune = one("[V:1]A8|[V:2]C8|[V:1]B8|\n[V:2]D8|")
    assert (all_heard(tune), codes(tune)) == (["A B", "C D"], [])


def test_one_voice_by_name_is_simply_the_tune() -> None:
    tune = one("V:1\nA8|\nV:1\nB8|")
    assert (pitches(tune), codes(tune)) == ("A B", [])


def test_fields_and_words_of_one_voice_do_not_touch_another() -> None:
    tune = one("V:1\nA8|\nV:2\nK:D\nM:3/4\nF6|\nw: low\nV:1\nF8|\nw: high")
    first, second = tune.voices
    assert (str(first.bars[1].notes[0].pitches[0]), str(second.bars[0].notes[0].pitches[0])) == ("F", "^F")
    assert [[note.lyrics for bar in voice.bars for note in bar.notes] for voice in tune.voices] == [
        [(), ("high",)],
        [("low",)],
    ]


def test_the_melody_is_the_first_voice_with_notes() -> None:
    tune = one('V:chords\n"G"x8|"C"x8|\nV:tune\nG8|c8|')
    assert (tune.melody.id, pitches(tune)) == ("tune", "G c")


def test_the_score_says_which_voice_comes_first() -> None:
    (tune,) = read_tunes("X:1\n%%score (T B)\nM:4/4\nL:1/8\nV:B clef=bass\nV:T\nK:C\n[V:B]C8|\n[V:T]c8|\n")
    assert [voice.id for voice in tune.voices] == ["T", "B"]


def test_a_score_that_names_no_voice_is_noted() -> None:
    (tune,) = read_tunes("X:1\n%%score (T Q) }\nM:4/4\nL:1/8\nV:T\nK:C\n[V:T]c8|\n")
    assert codes(tune) == ["bad-score", "bad-score"]


def test_a_voice_that_the_header_does_not_declare_is_noted() -> None:
    (tune,) = read_tunes("X:1\nM:4/4\nL:1/8\nV:1\nK:C\n[V:1]c8|\n[V:2]C8|\n")
    assert (all_heard(tune), places(tune)) == (["c", "C"], [("undeclared-voice", "note", 7, 1)])


def test_bars_of_different_lengths_do_not_go_together() -> None:
    tune = one("V:1\nA2|B8|c6|\nV:2\nC8|D8|", key="C")
    assert "voices-differ" in codes(tune)


def test_a_label_before_the_line_of_a_voice_is_of_what_follows() -> None:
    (tune,) = read_tunes("X:1\nL:1/4\nK:C\nP:A\nV:1\nC4|\nV:2\nE4|\nP:B\nV:1\nD4|\nV:2\nF4|\n")
    assert [[change.value for bar in voice.bars for change in bar.changes] for voice in tune.voices] == [["A", "B"], []]


def test_voices_of_ordered_parts_stand_part_by_part() -> None:
    parts = "V:1\n[P:A]C8|[P:B]D8|\nV:2\n[P:A]E8|[P:B]F8|\n"
    (tune,) = read_tunes(f"X:1\nP:ABA\nL:1/8\nK:C\n{parts}")
    written = str(tune)
    # The label stands once, for all voices: abc2midi takes no part twice.
    assert written.endswith("P:A\n[V:1] C8 |\n[V:2] E8 |\nP:B\n[V:1] D8 |]\n[V:2] F8 |]\n")
    assert str(read_tunes(written)[0]) == written


def test_a_finding_about_a_clef_names_the_line_of_its_voice() -> None:
    (tune,) = read_tunes("X:1\nM:4/4\nV:1 clef=soprana\nK:C\nV:1\nC8|\n")
    assert [(each.code, each.line) for each in tune.findings] == [("staff-words", 3)]


def test_an_overlay_is_a_voice_within_its_bar() -> None:
    tune = one("A4B4 & C8|c8|")
    (overlay,) = tune.bars[0].overlays
    assert (pitches(tune), [str(note.pitches[0]) for note in overlay], codes(tune)) == ("A B c", ["C"], [])


def test_overlays_may_go_back_several_bars() -> None:
    for music in ("A8|B8 && C8|D8|c8|", "(& A8|B8 & C8|D8 &)|c8|"):
        tune = one(music)
        overlays = [[str(note.pitches[0]) for notes in bar.overlays for note in notes] for bar in tune.bars]
        assert (pitches(tune), overlays) == ("A B c", [["C"], ["D"], []])


def test_nothing_of_an_overlay_touches_the_bar() -> None:
    tune = one('A8 & (3efg [CE]2 "Am" !trill!x4|c8|')
    assert pitches(tune) == "A c"
    assert all(note.decorations == () and note.chord_symbols == () for note in tune.notes())


def test_an_overlay_that_is_too_long_is_a_fault() -> None:
    assert codes(one("A8 & C8D8|c8|")) == ["overlay-length"]


def test_an_overlay_needs_music_before_it() -> None:
    assert codes(one("& A8|c8|")) == ["overlay-without-voice"]


def test_a_section_edge_of_one_voice_is_one_of_all() -> None:
    for edge in ("||", "|\nP:B\n"):
        tune = one(f"V:1\nA2|B8|c6{edge}c2|A8|c6|\nV:2\nz2|C8|D6|D2|C8|D6|")
        assert codes(tune) == []


def test_an_upbeat_of_all_voices_is_said_once() -> None:
    assert codes(one("V:1\nA2|B8|c8|\nV:2\nC2|C8|D8|")) == ["pickup-mismatch"]


def test_a_voice_that_ends_early_is_named_where_it_ends() -> None:
    (finding,) = one("V:1\nA8|B8|c8|\nV:2\nC8|", key="C").findings
    assert (finding.code, finding.voice, finding.line, finding.bar) == ("voice-ends-early", "2", 9, 1)
    assert finding.message == "it ends after bar 1, voice 1 after bar 3"


def test_the_score_may_be_said_between_the_key_and_the_music() -> None:
    (tune,) = read_tunes("X:1\nM:4/4\nL:1/8\nV:B\nV:T\nK:C\n%%score T B\n[V:B]C8|\n[V:T]c8|\n")
    assert ([voice.id for voice in tune.voices], codes(tune)) == (["T", "B"], [])


def test_a_second_score_is_noted_at_its_line() -> None:
    (tune,) = read_tunes("X:1\nM:4/4\nL:1/8\n%%score T Q\nV:T\nK:C\n[V:T]c8|\n%%score B\nc8|\n")
    assert places(tune) == [("bad-score", "note", 4, 1), ("bad-score", "note", 8, 1)]


def test_a_voice_that_the_score_leaves_out_is_noted() -> None:
    (tune,) = read_tunes("X:1\n%%score 1\nM:4/4\nL:1/8\nV:1\nV:2\nK:C\n[V:1]c8|\n[V:2]C8|\n")
    (finding,) = tune.findings
    assert (finding.code, finding.line, finding.message) == (
        "bad-score", 2, "%%score 1 leaves out the voice 2, so it is played and not printed",
    )  # fmt: skip


def test_the_clef_of_a_later_line_of_a_voice_is_written_there() -> None:
    tune = one("V:1\nC8|\nV:2\nC8|G8|\nV:1 clef=bass octave=-1\nG8|")
    text = write_tune(tune)
    assert "V:1\n" in text
    assert [all_heard(each) for each in (tune, read_tunes(text)[0])] == [["C G,", "C G"]] * 2
