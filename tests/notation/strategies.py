"""Tunes built from the pieces of ABC, for hypothesis."""

from hypothesis import strategies as st

LETTERS = st.sampled_from([*"ABCDEFGabcdefg", "G,", "A,", "c'", "d'"])
KEYS = ["C", "D", "Gm", "Ador", "Amix", "Eb", "F#m", "none", "HP", "D exp ^f", "Bphr ^d", "C# ", "Cb"]
METERS = {"4/4": 8, "C|": 8, "3/4": 6, "6/8": 6, "9/8": 9, "2/4": 4, "2+3/8": 5}
"""Meters with the eighth notes of a full bar."""


def _pitch(draw: st.DrawFn) -> str:
    return draw(st.sampled_from(["", "", "", "", "^", "_", "=", "^^", "__"])) + draw(LETTERS)


def _sounding(draw: st.DrawFn) -> str:
    """One note or chord without its length."""
    if draw(st.integers(0, 5)):
        return _pitch(draw)
    return f"[{''.join(_pitch(draw) for _ in range(draw(st.integers(2, 3))))}]"


def _ornament(draw: st.DrawFn) -> str:
    """What may stand before a note."""
    kind = draw(st.integers(0, 11))
    if kind == 0:
        return "{" + "".join(_pitch(draw) for _ in range(draw(st.integers(1, 3)))) + "}"
    if kind == 1:
        return draw(st.sampled_from(["~", "T", ".", "!fermata!", "!trill!.", '"G7"', '"Am""^slow"', "u", "H{c}", "("]))
    return ""


def _group(draw: st.DrawFn, room: int, compound: bool) -> tuple[str, int]:
    """A few notes that take at most ``room`` eighths, and how many they take."""
    kind = draw(st.integers(0, 9))
    before = _ornament(draw)
    if kind <= 3:
        length = draw(st.integers(1, min(room, 4)))
        return before + _sounding(draw) + (str(length) if length > 1 else ""), length
    if kind == 4:
        return before + _sounding(draw) + "/" + _sounding(draw) + "/2", 1
    if kind == 5:
        return draw(st.sampled_from("zx")), 1
    if kind == 6 and room >= 2:
        sign = draw(st.sampled_from([">", "<", ">>", "<<", " > ", ">>>"]))
        return before + _sounding(draw) + sign + _ornament(draw) + _sounding(draw), 2
    if kind == 7 and room >= 2:
        return draw(st.sampled_from(["(3", "(3:2:3", "(3::"])) + "".join(_sounding(draw) for _ in range(3)), 2
    if kind == 8 and room >= 3:
        if draw(st.booleans()):
            return "(2" + _sounding(draw) + _sounding(draw), 3
        sign = "(5" if compound else "(5:3:5"
        return sign + "".join(_sounding(draw) for _ in range(5)), 3
    if kind == 9 and room >= 2:
        name = _pitch(draw)
        return before + f"{name}-{name.lstrip('^_=')}", 2
    return before + _sounding(draw), 1


def _bar(draw: st.DrawFn, size: int, compound: bool) -> str:
    text = ""
    while size:
        group, used = _group(draw, size, compound)
        text += group + draw(st.sampled_from(["", " "]))
        size -= used
    # Across the bar line, to the same pitch or another: a wrong one is a warning, and still music.
    return text.rstrip() + (
        draw(st.sampled_from(["", "", "", "-", ")"])) if not text.rstrip().endswith(("z", "x")) else ""
    )


@st.composite
def playable_tunes(draw: st.DrawFn) -> str:
    """ABC text of a tune without errors."""
    meter = draw(st.sampled_from(sorted(METERS)))
    compound = meter in ("6/8", "9/8")
    full = METERS[meter]

    def bars(first: int, last: int) -> str:
        """Some bars, the first and last of them of these sizes, without lines around them."""
        between = draw(st.integers(0, 2))
        sizes = [first, *([full] * between), last]
        line = ["|", "|", " | ", "|\n", "|[K:G]", "|\nP:B\n", "[K:D]|"]
        text = _bar(draw, sizes[0], compound)
        for size in sizes[1:]:
            text += draw(st.sampled_from(line)) + _bar(draw, size, compound)
        return text

    body = ""
    for _ in range(draw(st.integers(1, 3))):
        pickup = draw(st.sampled_from([0, 0, 1, 2]))
        first, last = (pickup or full), full - pickup
        kind = draw(st.integers(0, 4))
        if kind == 0:
            body += bars(first, last) + draw(st.sampled_from(["||", "|]", "||\n"]))
        elif kind == 1:
            body += "|:" + bars(first, last) + ":|\n"
        elif kind == 2:
            body += "|:" + bars(first, full) + draw(st.sampled_from(["|1", "|[1 "])) + _bar(draw, last, compound)
            body += (
                draw(st.sampled_from([":|2", ":|[2 "]))
                + _bar(draw, last, compound)
                + draw(st.sampled_from(["|]", "||", ":|"]))
            )
        elif kind == 3:
            body += "|::" + bars(first, last) + "::|"
        else:
            body += (
                "|:"
                + bars(first, full)
                + "|1,3"
                + _bar(draw, last, compound)
                + ":|2"
                + _bar(draw, last, compound)
                + ":|"
            )
    title = draw(st.sampled_from(["The Test", "  A   spaced title ", "50\\% Reel", "Été", ""]))
    key = draw(st.sampled_from(KEYS))
    return f"X:1\nT:{title}\nR:{draw(st.sampled_from(['reel', '']))}\nM:{meter}\nL:1/8\nK:{key}\n{body}\n"


_TOKENS = r"""
    A B c d' G, ^F _B =c __e ^^g 2 / /2 3/2 // 4 6 > < >> <<< ( ) (3 (2 (5 (3:2:4 (3:2:2 - | || :| |: :: |] [| |1 |2
    [1 [2 :|2 |1,3 [1-2 [1-2-3 ::| z z4 Z Z3 x X y [CEG] [C2E2] [A^cd]/2 {g} {/ab} {^c=c} "Am" "^text" !trill! +fermata+
    ~ . T H u h & [K:Dm] [K:] [K:bass] [K:D^g] [M:3/4] [M:none] [L:1/16] [V:2] [V:1] \ $ ` ; # ? [r:hi] [P:A] G999999
    G/0 ^_G (0 [CEG "Am {ab ] } ! + * : w: X:1 K:C F:: A:| %% % é ٣ ²
"""
_LINES = """
    X:1 X:2 X: K:C K:D K:Ebmin K:HP K:none K:zz K: M:6/8 M:C| M:2+3/8 M:4/0 M:none L:1/4 L:1/0 L:1 T:x V:1 V:2 V:
    w:a-b*|c w:-- W:x +:more %%begintext %%endtext %c U:T=!x! U:T= P:A Q:1/4=120 s:x R:reel O:x
"""
_LONG_LINES = [
    "",
    "K:G exp ^f",
    "F:: A",
    "A:| B",
    "w:a-b _ * | c",
    "M:" + "9" * 5000 + "/4",
    "%%propagate-accidentals octave",
    "I:propagate-accidentals not",
]
TOKENS = st.sampled_from(_TOKENS.split())
LINES = st.sampled_from([*_LINES.split(), *_LONG_LINES])
MUSIC = st.builds(str.join, st.sampled_from(["", " "]), st.lists(TOKENS, max_size=20))
HEADERS = st.sampled_from(
    ["", "X:1\nT:t\nM:4/4\nL:1/8\nK:C\n", "X:1\nM:6/8\nK:D\n", "X:1\nK:G\n", "K:C\n", "M:3/4\n\nX:1\nK:Am\n"]
)
TOKEN_SOUP = st.builds(
    lambda header, lines, end: end.join((header + "\n".join(lines)).split("\n")),
    HEADERS,
    st.lists(st.one_of(LINES, MUSIC, MUSIC), max_size=10),
    st.sampled_from(["\n", "\n", "\r\n", "\r"]),
)
