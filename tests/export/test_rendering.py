"""What a player adds, tick by tick: ornaments, swing, and an accompaniment."""

from fractions import Fraction

import pytest

from folkrnn.errors import ExportError
from folkrnn.export import rendering
from folkrnn.export.rendering import (
    BASS,
    OFFBEAT,
    STRUM,
    PerformedBar,
    PerformedNote,
    PlaybackSettings,
    Swing,
    accompaniment,
    default_style,
    default_swing,
    ornamented,
    performed_bars,
    swing_pair,
    to_ticks,
)
from folkrnn.notation import Tune, read_tunes
from folkrnn.notation.repeats import order_of
from folkrnn.notation.rhythms import HELD, SWING

LOUD = 90
"""The velocity of the notes that are adorned here."""


def tune(body: str, meter: str = "4/4", key: str = "C", rhythm: str = "") -> Tune:
    return read_tunes(f"X:1\nT:Test\nR:{rhythm}\nM:{meter}\nL:1/8\nK:{key}\n{body}\n")[0]


def bars(body: str, meter: str = "4/4", key: str = "C") -> list[PerformedBar]:
    read = tune(body, meter, key)
    return performed_bars(read, order_of(read.bars))


# Settings


@pytest.mark.parametrize(
    ("name", "bad", "good"),
    [
        ("tempo", (Fraction(9), Fraction(601)), (Fraction(10), Fraction(600))),
        ("swing", (Fraction(49, 100), Fraction(76, 100)), (Fraction(1, 2), Fraction(3, 4))),
        ("program", (-1, 128), (0, 127)),
        ("chord_program", (-1, 128), (0, 127)),
        ("count_in", (-1, 5), (0, 4)),
    ],
)
def test_settings_that_nobody_can_play_are_refused(name, bad, good) -> None:
    for value in good:
        assert getattr(PlaybackSettings(**{name: value}), name) == value
    for value in bad:
        with pytest.raises(ExportError, match=f"^{name}=.* should be "):
            PlaybackSettings(**{name: value})


def test_a_refusal_names_the_value_and_its_bounds() -> None:
    for settings, message in (
        ({"tempo": Fraction(5)}, "tempo=5 should be from 10 to 600 beats a minute"),
        ({"swing": Fraction(9, 10)}, "swing=0.9 should be from 0.5 (even) to 0.75 (dotted)"),
        ({"program": 128}, "program=128 should be a General MIDI program from 0 to 127"),
        ({"count_in": 5}, "count_in=5 should be from 0 to 4 bars"),
    ):
        with pytest.raises(ExportError) as caught:
            PlaybackSettings(**settings)
        assert str(caught.value) == message


# Bars and ticks


@pytest.mark.parametrize(
    ("position", "tick"),
    [("0", 0), ("1/4", 480), ("1", 1920), ("1/3", 640), ("1/7", 274), ("1/1920", 1), ("1/3840", 1), ("1/3841", 0)],
)
def test_a_position_is_the_nearest_tick(position: str, tick: int) -> None:
    assert to_ticks(Fraction(position)) == tick


def test_bars_have_their_onsets_as_they_are_played() -> None:
    found = bars("A|:BAGF EDCB|1 A7:|2 c7||")
    assert [str(each.onset) for each in found] == ["0", "1/8", "9/8", "2", "3"]
    assert found[0].completes_measure
    assert [str(each.measure_onset) for each in found] == ["-7/8", "1/8", "9/8", "2", "3"]


def test_a_free_bar_begins_its_own_measure() -> None:
    (free,) = bars("ABc|", "none")
    assert free._replace(onset=Fraction(2), completes_measure=True).measure_onset == 2


# Ornaments


def adorned(body: str, key: str = "C", plain: bool = False) -> list[tuple[int, ...]]:
    """(start, end, pitch, velocity) of the notes of some bars, adorned."""
    found = bars(body, key=key)
    notes = [
        PerformedNote(to_ticks(bar.onset + onset), to_ticks(bar.onset + onset + note.duration), pitch.midi, LOUD)
        for bar in found
        for onset, note in bar.bar.timed_notes()
        for pitch in note.pitches
    ]
    return [tuple(each) for each in (notes if plain else ornamented(notes, found))]


SIGNS = {
    "~": [(0, 320, 69), (320, 400, 71), (400, 640, 69), (640, 720, 67), (720, 960, 69)],
    "!turn!": [(0, 240, 71), (240, 480, 69), (480, 720, 67), (720, 960, 69)],
    "P": [(0, 60, 69), (60, 120, 71), (120, 960, 69)],
    "!pralltriller!": [(0, 60, 69), (60, 120, 71), (120, 960, 69)],
    "M": [(0, 60, 69), (60, 120, 67), (120, 960, 69)],
    "!mordent!": [(0, 60, 69), (60, 120, 67), (120, 960, 69)],
    "J": [(0, 60, 67), (60, 960, 69)],
}


@pytest.mark.parametrize("sign", SIGNS)
def test_an_ornament_has_its_moves(sign: str) -> None:
    moves = [(*each, LOUD if each[0] == 0 else OFFBEAT) for each in SIGNS[sign]]
    assert adorned(f"{sign}A4 z4|") == moves


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # 240 and 120 ticks: the quick notes are shorter than a grace note.
        ("PA z z6|", [(0, 60, 69), (60, 120, 71), (120, 240, 69)]),
        ("PA/ z/ z7|", [(0, 30, 69), (30, 60, 71), (60, 120, 69)]),
        ("JA/ z/ z7|", [(0, 40, 67), (40, 120, 69)]),
        ("~A/ z/ z7|", [(0, 40, 69), (40, 50, 71), (50, 80, 69), (80, 90, 67), (90, 120, 69)]),
        # Less than two grace notes long: no ornament.
        ("PA// z3// z7|", [(0, 60, 69)]),
        ("PA3/8 z5/8 z7|", [(0, 90, 69)]),
    ],
)
def test_a_short_note_has_a_short_ornament_or_none(body, expected) -> None:
    assert [each[:3] for each in adorned(body)] == expected


@pytest.mark.parametrize(("length", "ticks", "count"), [("4", 960, 17), ("", 240, 5), ("3/4", 180, 3), ("/", 120, 3)])
def test_a_trill_begins_and_ends_on_its_note(length: str, ticks: int, count: int) -> None:
    notes = adorned(f"TA{length} z|")
    assert [pitch for _, _, pitch, _ in notes] == [69, 71] * (count // 2) + [69]
    assert [start for start, *_ in notes] == [round(Fraction(ticks * place, count)) for place in range(count)]
    assert [end for _, end, *_ in notes] == [start for start, *_ in notes[1:]] + [ticks]
    assert [velocity for *_, velocity in notes] == [LOUD] + [OFFBEAT] * (count - 1)


@pytest.mark.parametrize(
    ("body", "key", "pitches"),
    [
        ("~E4 z4|", "D", [64, 66, 64, 62, 64]),
        ("~B4 z4|", "C", [71, 72, 71, 69, 71]),
        ("~c4 z4|", "C", [72, 74, 72, 71, 72]),
        ("~B4 z4|", "F", [70, 72, 70, 69, 70]),
        ("~C4 z4|", "Eb", [60, 62, 60, 58, 60]),
        ("A4 [K:A]~B4|", "C", [69, 71, 72, 71, 69, 71]),  # the key is the one at the beginning of the bar
    ],
)
def test_neighbours_are_notes_of_the_key(body: str, key: str, pitches: list[int]) -> None:
    assert [pitch for _, _, pitch, _ in adorned(body, key)] == pitches


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{g}e4 z4|", [(0, 60, 79, OFFBEAT), (60, 960, 76, LOUD)]),
        ("{gf}e4 z4|", [(0, 60, 79, OFFBEAT), (60, 120, 77, OFFBEAT), (120, 960, 76, LOUD)]),
        # The grace notes together take half of a short note at most.
        ("{g}e/ z/|", [(0, 60, 79, OFFBEAT), (60, 120, 76, LOUD)]),
        ("{gf}e/ z/|", [(0, 30, 79, OFFBEAT), (30, 60, 77, OFFBEAT), (60, 120, 76, LOUD)]),
        ("{g}e3/8 z|", [(0, 45, 79, OFFBEAT), (45, 90, 76, LOUD)]),
        (
            "{gfg}e/ z/|",
            [(0, 20, 79, OFFBEAT), (20, 40, 77, OFFBEAT), (40, 60, 79, OFFBEAT), (60, 120, 76, LOUD)],
        ),
        # The ornament has what the grace notes leave.
        ("{g}Je4 z4|", [(0, 60, 79, OFFBEAT), (60, 120, 74, LOUD), (120, 960, 76, OFFBEAT)]),
        ("{g}Je3/4 z|", [(0, 60, 79, OFFBEAT), (60, 100, 74, LOUD), (100, 180, 76, OFFBEAT)]),
        ("{g}Je/ z/|", [(0, 60, 79, OFFBEAT), (60, 120, 76, LOUD)]),
    ],
)
def test_grace_notes_take_the_time_of_their_note(body, expected) -> None:
    assert adorned(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (".A4 z4|", [(0, 480, 69, LOUD)]),
        ("!accent!A4 z4|", [(0, 960, 69, LOUD + 14)]),
        ("!emphasis!A4 z4|", [(0, 960, 69, LOUD + 14)]),
        (".!accent!A4 z4|", [(0, 480, 69, LOUD + 14)]),
        (".[CE]4 z4|", [(0, 480, 60, LOUD), (0, 480, 64, LOUD)]),
        ("~[CE]4 z4|", [(0, 960, 60, LOUD), (0, 960, 64, LOUD)]),
        ("{g}[CE]4 z4|", [(0, 960, 60, LOUD), (0, 960, 64, LOUD)]),
        (".{g}e4 z4|", [(0, 60, 79, OFFBEAT), (60, 510, 76, LOUD)]),
        ("!fermata!A4 z4|", [(0, 960, 69, LOUD)]),
    ],
)
def test_notes_are_articulated(body, expected) -> None:
    assert adorned(body) == expected


def test_an_accent_is_no_louder_than_midi_can_say_and_staccato_no_shorter_than_a_tick() -> None:
    found = bars(".!accent!A8|")
    for end, velocity, expected in ((1, 120, (0, 1, 69, 127)), (2, 113, (0, 1, 69, 127)), (3, 112, (0, 1, 69, 126))):
        (note,) = ornamented([PerformedNote(0, end, 69, velocity)], found)
        assert note == expected


def test_other_notes_stay_as_they_are() -> None:
    assert adorned("~A4 B4|c8|")[5:] == adorned("~A4 B4|c8|", plain=True)[1:]
    assert adorned("A4 ~B4|")[0] == (0, 960, 69, LOUD)


# Swing

TWO_THIRDS = Fraction(2, 3)


@pytest.mark.parametrize(
    ("tick", "moved"),
    [
        (-1, -1), (0, 0), (1, 1), (120, 160), (239, 319), (240, 320), (241, 321), (360, 400), (479, 479), (480, 480),
        (720, 800), (1680, 1760), (1919, 1919), (1920, 1920), (2160, 2160),
    ],
)  # fmt: skip
def test_swing_moves_what_stands_between_the_beats(tick: int, moved: int) -> None:
    assert Swing(bars("ABcd efga|"), TWO_THIRDS)(tick) == moved


def test_even_swing_moves_nothing() -> None:
    swing = Swing(bars("ABcd efga|ABcd efga|"), Fraction(1, 2))
    assert [swing(tick) for tick in range(4000)] == list(range(4000))


def test_dotted_swing_is_three_to_one() -> None:
    swing = Swing(bars("ABcd efga|"), Fraction(3, 4))
    assert [swing(tick) for tick in (0, 120, 240, 300, 360, 479, 480)] == [0, 180, 360, 390, 420, 480, 480]


def test_swing_keeps_the_order_of_ticks() -> None:
    swing = Swing(bars("A|BAGF EDCB|c7|"), Fraction(3, 5))
    moved = [swing(tick) for tick in range(4200)]
    assert moved == sorted(moved)


def test_the_shorter_the_bar_the_shorter_the_pair() -> None:
    swing = Swing(bars("ABcd|", "2/4"), TWO_THIRDS)
    assert [swing(tick) for tick in (60, 120, 180, 240, 360)] == [80, 160, 200, 240, 400]


def test_pairs_of_a_pickup_are_counted_from_its_end() -> None:
    # One eighth: its pair began before the tune.
    swing = Swing(bars("A|BAGF EDCB|c7|"), TWO_THIRDS)
    assert [swing(tick) for tick in (0, 120, 240, 480, 720)] == [0, 120, 240, 560, 720]
    # Three eighths: one pair is whole.
    swing = Swing(bars("ABc|BAGF EDCB|c5|"), TWO_THIRDS)
    assert [swing(tick) for tick in (0, 120, 240, 480, 720, 960)] == [0, 120, 240, 560, 720, 1040]


def test_a_short_last_bar_has_pairs_from_its_beginning() -> None:
    swing = Swing(bars("A|BAGF EDCB|c7|"), TWO_THIRDS)
    assert swing(240 + 1920 + 240) == 240 + 1920 + 320
    assert swing(240 + 1920 + 1440 + 240) == 240 + 1920 + 1440 + 320


@pytest.mark.parametrize(
    ("meter", "pair"),
    [
        ("4/4", "1/4"), ("C|", "1/4"), ("2/2", "1/4"), ("3/4", "1/4"), ("5/4", "1/4"), ("3/2", "1/4"), ("2/4", "1/8"),
        ("1/2", "1/8"), ("6/8", None), ("9/8", None), ("3/8", None), ("5/8", None), ("2+3/4", None), ("none", None),
    ],
)  # fmt: skip
def test_which_pairs_swing_depends_on_the_meter(meter: str, pair: str | None) -> None:
    assert swing_pair(tune("A2|", meter).bars[0]) == (None if pair is None else Fraction(pair))


def test_meters_without_pairs_do_not_swing() -> None:
    for meter in ("6/8", "5/8", "2+3/4", "none"):
        swing = Swing(bars("ABcd efga|", meter), TWO_THIRDS)
        assert [swing(tick) for tick in range(1000)] == list(range(1000))


@pytest.mark.parametrize(
    ("body", "meter", "rhythm", "swing"),
    [
        ("ABcd efga|", "4/4", "hornpipe", "3/5"),
        ("ABcd efga|", "4/4", "Sailor's Hornpipe", "3/5"),
        ("ABcd efga|", "4/4", "reel", "1/2"),
        ("ABcd efga|", "4/4", "", "1/2"),
        ("A>Bc>d e>fg>a|", "4/4", "hornpipe", "1/2"),
        ("A>Bcd e4|", "4/4", "hornpipe", "1/2"),  # as much of the one as of the other
        ("A>Bcd ef g2|", "4/4", "hornpipe", "3/5"),
        ("A>Bc>d ef g2|", "4/4", "hornpipe", "1/2"),
        ("A2 B2 c2 d2|", "4/4", "hornpipe", "1/2"),
        ("ABc def|", "6/8", "hornpipe", "1/2"),
        ("A/B/c/d/ e/f/g/a/|", "2/4", "hornpipe", "3/5"),
        ("ABcd|", "2/4", "hornpipe", "1/2"),
        ("ABcd efga|", "4/4", "Hornpipes", "3/5"),
        ("ABcd efga|", "4/4", "clog", "3/5"),
        ("ABcd efga|", "4/4", "Barn Dance", "3/5"),
        ("ABcd efga|", "4/4", "schottische", "3/5"),
        ("A/B/c/d/ e/f/g/a/|", "2/4", "schottische", "3/5"),
        ("ABcd efga|", "C|", "highland", "3/5"),
        ("ABcd efga|", "C|", "Highland Fling", "3/5"),
        ("A>Bc<d e>fg<a|", "C|", "highland", "1/2"),
        ("ABcd efga|", "4/4", "set dance", "3/5"),
        ("ABc def|", "6/8", "set dance", "1/2"),
        ("ABcd efga|", "4/4", "strathspey", "1/2"),
        ("ABcd efga|", "4/4", "polka", "1/2"),
        ("ABcd efga|", "4/4", "march", "1/2"),
    ],
)
def test_only_an_even_dance_that_players_swing_swings_by_itself(body: str, meter: str, rhythm: str, swing: str) -> None:
    assert default_swing(tune(body, meter, rhythm=rhythm)) == Fraction(swing)


# Accompaniment


def strokes(body: str, meter: str = "4/4") -> list[tuple[int, int, str]]:
    """(start, end, pitches) of what the guitar plays; each stroke has one velocity."""
    found: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for start, end, pitch, velocity in accompaniment(bars(body, meter)):
        found.setdefault((start, end), []).append((pitch, velocity))
    for notes in found.values():
        assert {velocity for _, velocity in notes} == {BASS if len(notes) == 1 else STRUM}
    return [(*times, " ".join(str(pitch) for pitch, _ in notes)) for times, notes in found.items()]


G, GBD = "43", "55 59 62"
STYLES = {
    "4/4": [(0, 480, G), (480, 960, GBD), (960, 1440, G), (1440, 1920, GBD)],
    "C|": [(0, 480, G), (480, 960, GBD), (960, 1440, G), (1440, 1920, GBD)],
    "2/4": [(0, 240, G), (240, 480, GBD), (480, 720, G), (720, 960, GBD)],
    "3/4": [(0, 480, G), (480, 960, GBD), (960, 1440, GBD)],
    "3/2": [(0, 960, G), (960, 1920, GBD), (1920, 2880, GBD)],
    "6/8": [(0, 480, G), (480, 720, GBD), (720, 1200, G), (1200, 1440, GBD)],
    "9/8": [(0, 480, G), (480, 720, GBD), (720, 1200, G), (1200, 1440, GBD), (1440, 1920, G), (1920, 2160, GBD)],
    "3/8": [(0, 720, G)],
    "5/8": [(0, 720, G), (720, 1200, GBD)],
    "7/8": [(0, 480, G), (480, 960, GBD), (960, 1440, GBD)],
    "2+3/4": [(0, 960, G), (960, 2400, GBD)],
    "5/4": [(0, 480, G), (480, 960, GBD), (960, 1440, G), (1440, 1920, GBD), (1920, 2400, G)],
}
LENGTHS = {"C|": 8, "2/4": 4, "3/2": 12, "4/4": 8, "3/4": 6, "2+3/4": 10, "5/4": 10}


@pytest.mark.parametrize("meter", STYLES)
def test_a_guitar_plays_in_the_style_of_the_meter(meter: str) -> None:
    length = LENGTHS.get(meter) or int(meter.split("/")[0])
    starts = [(start, min(end, length * 240), pitches) for start, end, pitches in STYLES[meter]]
    assert strokes(f'"G"G{length}|', meter) == [each for each in starts if each[0] < length * 240]


def test_a_chord_symbol_holds_until_the_next_one() -> None:
    assert strokes('G2 "D7"G2 "C/E"G4|A8|"Am"A2 "F#dim"A6|') == [
        (480, 960, "57 60 62 66"), (960, 1440, "40"), (1440, 1920, "55 60 64"),
        (1920, 2400, "40"), (2400, 2880, "55 60 64"), (2880, 3360, "40"), (3360, 3840, "55 60 64"),
        (3840, 4320, "45"), (4320, 4800, "57 60 66"), (4800, 5280, "42"), (5280, 5760, "57 60 66"),
    ]  # fmt: skip


def test_a_chord_between_the_strokes_is_heard_at_the_next_one() -> None:
    assert strokes('"G"G3 "C"G5|') == [(0, 480, G), (480, 960, GBD), (960, 1440, "48"), (1440, 1920, "55 60 64")]
    assert strokes('"G"G7 "C"G|A8|')[4] == (1920, 2400, "48")


def test_no_chord_silences_the_strokes_until_the_next_chord() -> None:
    assert strokes('"G"G4 "N.C."G4|A8|"C (Am)"G8|') == [
        (0, 480, G), (480, 960, GBD),
        (3840, 4320, "48"), (4320, 4800, "55 60 64"), (4800, 5280, "48"), (5280, 5760, "55 60 64"),
    ]  # fmt: skip


def test_two_chords_in_one_text_share_the_bar() -> None:
    assert strokes('"G C"GABc dBAG|') == [
        (0, 480, G), (480, 960, GBD), (960, 1440, "48"), (1440, 1920, "55 60 64"),
    ]  # fmt: skip


def test_a_pickup_has_no_stroke_but_its_chord_holds() -> None:
    played = strokes('"C"G|A8|c7|')
    assert played[0] == (240, 720, "48")
    # The last bar lacks an eighth, and so does its last stroke.
    assert played[-1] == (3600, 3840, "55 60 64")


def test_held_chords_sound_until_the_chord_changes_or_the_bar_ends() -> None:
    read = bars('"G"G3 "C"G5|A8|"D7"A8|')
    played = [(each.start, each.end) for each in accompaniment(read, HELD) if each.velocity == BASS]
    assert played == [(0, 720), (720, 1920), (1920, 3840), (3840, 5760)]
    chord = [each for each in accompaniment(read, HELD) if each.start == 720]
    assert [each.pitch for each in chord] == [48, 55, 60, 64]


def test_airs_and_laments_hold_their_chords() -> None:
    for rhythm, style in (("air", HELD), ("Slow Air", HELD), ("lament", HELD), ("song", ""), ("reel", ""), ("", "")):
        assert default_style(tune("A8|", rhythm=rhythm)) == style


def test_a_short_bar_ends_the_strokes() -> None:
    assert strokes('"G"A8|G4|]')[-2:] == [(1920, 2400, G), (2400, 2880, GBD)]


def test_a_free_bar_has_no_stroke_and_no_chord_no_sound() -> None:
    assert strokes('"G"G8|', "none") == []
    assert strokes("G8|A8|") == []
    read = tune('"G"G8|[M:4/4]A8|', "none")
    assert [start for start, *_ in accompaniment(performed_bars(read, [0, 1]))][:1] == [1920]


def test_every_bass_note_and_chord_has_its_octave() -> None:
    for place, root in enumerate(["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]):
        (_, _, bass), (_, _, chord), *_ = strokes(f'"{root}"G8|')
        assert int(bass) == (48 + place if place < 4 else 36 + place)
        pitches = [int(each) for each in chord.split()]
        assert {pitch % 12 for pitch in pitches} == {(place + step) % 12 for step in (0, 4, 7)}
        assert 55 <= pitches[0] < pitches[1] < pitches[2] <= 66


def test_an_unplayed_bar_leaves_its_order() -> None:
    read = tune("|:A8|1 B8:|2 c8|]")
    assert [str(each.onset) for each in performed_bars(read, [0, 2])] == ["0", "1"]
    assert performed_bars(read.with_bars(()), []) == []


def test_velocities_and_lengths_have_their_values() -> None:
    velocities = rendering.DOWNBEAT, rendering.BEAT, rendering.OFFBEAT, rendering.BASS, rendering.STRUM
    assert velocities == (96, 86, 78, 72, 58)
    assert (14, 60, Fraction(3, 5)) == (rendering.ACCENTED, rendering.MAX_GRACE, SWING)
