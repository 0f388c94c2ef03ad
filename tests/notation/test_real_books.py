"""Tunes as real tunebooks hold them: what is written of them, read again, is the same."""

import pytest
from abc_tools import problems

from folkrnn.notation import Tune, performance, read_tunes, write_tunebook

SESSION = r"""% Tuesday night
M: 6/8
L: 1/8

X: 1
T: The Kesh
T: Kincora, The
R: jig
S: "The Crown" 50\% of the time
Q: 3/8=116 "Lively"
K: Gmaj
"g"~G3 GAB|"d"A3 ABd|"g"edd gdd|"em"edB "d"dBA|
"g"~G3 GAB|"d"A3 ABd|"g"edd gdB|1 "d"AGF "g"G3:|2 "d"AGF "g"G2A||
% second part
|:"g"B2B dBd|"c"ege "g"dBG|"g"B2B dBG|"d"ABA AGA:|
N: then Morrison's

X: 2
T: Drowsy Maggie
M: C|
P: AB
K: Edor
P: A
|:"em"E2BE dEBE|E2BE "d"AFDF:|
P: B
K: D
"d"d2fd "a"c2ec|"d"defg "(em)"afge|afge fdec|"em"BABc "d"dAFA||
"""

HYMN = r"""%abc-2.1
X:1
T:Old Hundredth
M:4/4
L:1/4
%%score [(S A) (T B)]
V:S clef=treble name="Soprano" snm="S."
V:A clef=treble
V:T clef=bass
V:B clef=bass name="Bass"
K:G
[V:S] G | G F E D | G A HB :|
w: All peo-ple that on earth do dwell
w: The~Lord, ye know_ is God in-deed
[V:A] D | D D B, B, | D D D :|
[V:T] B, | B, A, G, F, | G, F, G, :|
[V:B] G, | G, D, E, B,, | B,, D, G,, :|
W:O enter then his gates with praise,
W:
W:Approach with joy
"""

PIPES = """X:1
T:Scotland the Brave
M:4/4
L:1/8
%%graceslurs no
K:HP
|: {Gdc}d>e {g}A2{d}A>B | {gcd}c>A {/gcd}c<e {[ce]}a2{g}a2 :|
"""

PLAYFORD = """X:15
T:Parson's Farewell
P:AABA
M:C|
L:1/8
K:Dm
P:A
d2A2 B2A2|G3F E2D2|
P:B
f2f2 e2e2!fine!|d2cB A4|!segno!d2A2 B2A2|D8!D.C.!|]
"""

POLSKA = r"""X:1
T:Polska fr\aan \"Alvkarleby
M:3/4
L:1/16
%%staves (1 2) 3
V:1 name="Fiol 1" stem=up
V:2 stem=down
V:3 clef=bass octave=-1 transpose=-2
K:Gm
V:1
|: "Gm"G2B2 d4 d2c2 |1 "D7"^f4 g8 :|2 {B}^f4 g4 z4 |]
V:2
|: D8 B4 & z4 (3A2B2c2 d4 |1 A4 B8 :|2 A4 B4 z4 |]
V:3
|: G4 d4 z4 |1 d4 G8 :|2 d4 [K:treble]G4 z4 |]
"""

OLD = """X:1
T:The Rakes of Mallow
H:This tune is known since 1740.
It was printed by Burk Thumoth.
M:2/4
L:1/8
Q:120
K:G
+trill+GBGB|c/B/A/G/ FA|GBGB|+Gce+2 d2|!
GBGB|c/B/A/G/ FA|GBg>f|e/d/c/B/ AG:|
"""

PROGRAMS = r"""%%scale 0.75
%%MIDI gchordon

X:1
T:From other programs
L:1/8
M:4/4
I:linebreak $
K:Bb
V:1 treble nm="Fl\^ute" snm="Fl."
%%MIDI program 73
V:2 bass
V:1
!mf!B2 (dc BAGF) | [Bdf]4 [Ace-]4- |$ "^rit."[eg]8 | !<(!e8!<)! |]
w: la- * * * * * * doo
V:2
B,,8 | F,4 F,,4 |$ [K:treble] z8 | [K:bass] [B,,F,]8 |]
"""

BOOKS = {
    "session": SESSION, "hymn": HYMN, "pipes": PIPES, "playford": PLAYFORD, "polska": POLSKA, "old": OLD,
    "programs": PROGRAMS, "windows": SESSION.replace("\n", "\r\n"),
}  # fmt: skip


def sounds(tune: Tune) -> list[object]:
    return [performance(tune.alone(voice)) for voice in tune.voices]


def signs(tune: Tune) -> list[object]:
    """What hangs on the notes, voice by voice."""
    return [
        (note.chord_symbols, note.annotations, sorted(note.decorations), note.graces, note.lyrics, note.tied)
        for voice in tune.voices
        for bar in voice.bars
        for layer in bar.layers
        for note in layer
    ]


@pytest.mark.parametrize("name", BOOKS)
def test_a_book_that_is_written_and_read_again_is_the_same(name: str) -> None:
    tunes = read_tunes(BOOKS[name])
    text = write_tunebook(tunes)
    again = read_tunes(text)
    assert write_tunebook(again) == text
    for before, after in zip(tunes, again, strict=True):
        assert problems(before) == problems(after) == []
        assert [voice.name for voice in before.voices] == [voice.name for voice in after.voices]
        assert (sounds(before), signs(before)) == (sounds(after), signs(after))
        assert (before.all_fields("T"), before.words) == (after.all_fields("T"), after.words)
