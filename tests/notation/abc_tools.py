"""Short ways to read a tune and to say what was read."""

from fractions import Fraction

from folkrnn.notation import NOTE, Tune, performed_order, read_tunes

FIRST_LINE = 6
"""The line of the file that the body of ``one`` starts on."""


def one(body: str, meter: str = "4/4", key: str = "C", unit: str = "1/8") -> Tune:
    """The tune with this body and these fields."""
    (tune,) = read_tunes(f"X:1\nT:Test\nM:{meter}\nL:{unit}\nK:{key}\n{body}\n")
    return tune


def pitches(tune: Tune) -> str:
    """The sounding pitches as ABC would spell them in C: ``^F G z [CE]``."""
    texts = []
    for note in tune.notes():
        names = [str(pitch) for pitch in note.pitches]
        texts.append(names[0] if len(names) == 1 else f"[{''.join(names)}]" if names else "z")
    return " ".join(texts)


def eighths(tune: Tune) -> list[Fraction]:
    """The sounding lengths, in eighth notes."""
    return [note.duration * 8 for note in tune.notes()]


def order(tune: Tune) -> str:
    """The first letter of each bar, in the order in which the bars are played."""
    return "".join(tune.bars[index].notes[0].pitches[0].letters[0] for index in performed_order(tune))


def codes(tune: Tune) -> list[str]:
    """The codes of all findings, as they stand."""
    return [finding.code for finding in tune.findings]


def problems(tune: Tune) -> list[str]:
    """The codes of the errors and warnings."""
    return [finding.code for finding in tune.findings if finding.level != NOTE]


def places(tune: Tune) -> list[tuple[str, str, int, int]]:
    """Code, level, line and column of each finding."""
    return [(finding.code, finding.level, finding.line, finding.column) for finding in tune.findings]
