"""What a tune says beside its music is in its exported text, line for line and in its order."""

import re
from itertools import count, islice, pairwise
from pathlib import Path

import music21
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folkrnn.notation import read_tunes
from folkrnn.notation.encoding import decode
from folkrnn.notation.lexer import split_lines
from folkrnn.notation.writer import write_tune

ANYWHERE = [
    "% comment #", "%\n% comment #", "%%scale 0.#", "%%text Between the lines #", "%%MIDI program #", "%% spaced #",
    "%%begintext\nX:1\nT:no title #\nV:2\n\n% no comment\nGABc|\n%%endtext", "%%begintext #", "%%beginning of it #",
    "N:a [note] in brackets #", "N:# \\% of it", "N: :| looks like a repeat #", "H:one\n+:two\n+:three #", "R:reel #",
    "C:Trad. #", "S:source #", "Z:someone #", "B:book #", "D:record #", "F:file #", "G:group #", "A:area #",
    "O:# Ireland", "r:remark #", "I:scale 0.#", "I:#", "U:T=!turn#!", "T:Title #", "T:One title\n+:of two lines #",
    "W:a verse #", "W:\nW:#", "W:a verse\n+:goes on #", "P:part #", 'Q:"Slowly #" 1/4=60', "E:no field #",
    "N:comment follows #\n% comment",
]  # fmt: skip
"""Lines that may stand anywhere in a tune; # stands for a number that tells them apart."""

MUSIC = [
    "GABc dedB | cBAG",
    "F4 G4 |",
    "|: G8 | A8 :|",
    "z4 (3ABA G2 |]",
    "G2 [r:remark #] e2 |",
    "G4 [I:indent #] E4|",
]


@st.composite
def tunes(draw: st.DrawFn) -> tuple[str, list[list[str]]]:
    """A tune with lines of all kinds in its header and its body, and these lines by the voice in which they stand."""
    numbers = count(10)
    told: list[list[str]] = []

    def section(*choices: str) -> str:
        text = ""
        for choice in draw(st.lists(st.sampled_from(choices), max_size=5)):
            line = choice.replace("#", str(next(numbers)))
            told[-1] += [line] * (choice not in MUSIC)
            text += f"{line}\n"
        return text

    told.append([])
    header = f"X:7\nT:Title\n{section(*ANYWHERE)}M:4/4\nL:1/8\n{section(*ANYWHERE)}K:G\n"
    voices = draw(st.sampled_from([[""], ["1", "2"], ["1", "2", "1"], ["2", "1"]]))
    lists: dict[str, list[str]] = {voice: [] for voice in voices}
    body = ""
    for voice in voices:
        told.append(lists[voice])
        # A comment just before V: is about that voice, so each part ends with music.
        body += f"V:{voice}\n" * bool(voice) + section(*ANYWHERE, *MUSIC) + "c8 |\n"
    told.append(lists[voices[-1]])
    return header + body + section(*ANYWHERE), [told[0], *lists.values()]


@settings(max_examples=60)
@given(tunes())
def test_every_line_is_written_where_it_stood(made: tuple[str, list[list[str]]]) -> None:
    text, voices = made
    (tune,) = read_tunes(text)
    written = write_tune(tune)
    shown = f"\n{written}".replace("\nN::|", "\nN: :|")  # the space is needed only among the music
    for lines in voices:
        # What has an effect inside a bar may stand in brackets there.
        places = [max(shown.find(f"\n{line}\n"), shown.find(f"[{line}]")) for line in lines]
        assert -1 not in places, lines[places.index(-1)]
        assert all(first < second for first, second in pairwise(places)), lines
    (again,) = read_tunes(written)
    assert write_tune(again) == written


SPELLED_ANEW = "XMLKQVmsw"
"""Fields that need not be as they were: what they say is read, and said again."""

MOST = 150
"""How many tunes of each collection are read: more than 500 of all."""

COLLECTIONS = Path(music21.__file__).parent / "corpus"


def information(tune: str) -> list[str]:
    """The lines of a tune that are no music, as they must come back: fields, directives, comments, in their order."""
    found = []
    in_music = False
    for line in split_lines(tune):
        start = next((match.start() for match in re.finditer(r"%", line) if line[: match.start()][-1:] != "\\"), None)
        if re.match(r"[A-Za-z+]:(?![|:])" if in_music else "[A-Za-z+]:", line) and line[0] not in SPELLED_ANEW:
            found.append(line[:2] + line[2:start].strip())
        if start is not None:
            found.append(line[start:])
        in_music |= line.startswith("K:")
    return found


@pytest.mark.parametrize(
    "books", ["airdsAirs/book*", "ryansMammoth/*Reel*", "oneills1850/0*", "miscFolk/*", "josquin/*"]
)
def test_the_information_of_real_tunes_is_written_line_for_line(books: str) -> None:
    originals = (
        f"X:{part}"
        for path in sorted(COLLECTIONS.glob(f"{books}.abc"))
        for part in re.split(r"^X:", decode(path.read_bytes()), flags=re.MULTILINE)[1:]
    )
    for original in islice(originals, MOST):
        (tune,) = read_tunes(original)
        if any(finding.code == "not-a-field" for finding in tune.findings):
            continue  # a line that is none becomes a comment
        before, after = information(original), information(write_tune(tune))
        # The lines of each voice stand together.
        assert (after == before) if len(tune.voices) == 1 else (sorted(after) == sorted(before)), original
