"""The drawing of a system in as few elements as show it.

verovio makes an element of each sign, within elements that say what it is. A page needs only the outlines. typst holds
every element of a book in memory, so a book of outlines takes half the memory, and half the time.
"""

import re
from collections import defaultdict
from functools import lru_cache

_KNOWN = {
    "defs", "desc", "ellipse", "g", "path", "polygon", "polyline", "rect", "style", "svg", "text", "title", "tspan",
    "use",
}  # fmt: skip
_ELEMENT = re.compile(r"<(\w+)")
_OPENING = re.compile(r'<svg viewBox="[^"]*"')
_INNER = re.compile(r'<svg class="definition-scale"([^>]*)>')
_GLYPH = re.compile(r'<g id="(\w+)-[^"]*"><path transform="scale\(1,-1\)" d="([^"]*)"/></g>')
_HIDDEN = re.compile(r'<g [^>]*class="[^"]*placeholder[^"]*">(?:<ellipse [^>]*/>)*</g>')
_SIGN = re.compile(
    r'<use xlink:href="#(?P<glyph>\w+)-[^"]*" transform="translate\((?P<x>[-\d.]+), (?P<y>[-\d.]+)\) '
    r'scale\((?P<scale>[\d.]+), [\d.]+\)"/>'
    r'|<path d="(?P<path>[^"]*)"(?P<stroke>[^>]*)/>'
    r'|<polygon points="(?P<polygon>[^"]*)"/>'
    r'|<ellipse cx="(?P<cx>[-\d.]+)" cy="(?P<cy>[-\d.]+)" rx="(?P<rx>[\d.]+)" ry="(?P<ry>[\d.]+)"/>'
    r'|<rect x="(?P<left>[-\d.]+)" y="(?P<top>[-\d.]+)" height="(?P<height>[\d.]+)" width="(?P<width>[\d.]+)"/>'
    r"|(?P<polyline><polyline [^>]*/>)"
    r"|<text [^>]*/>|(?P<text><text .*?</text>)"
    r'|<g [^>]*(?P<turn>transform="rotate[^"]*")[^>]*>(?P<turned>.*?)</g>',
    re.DOTALL,
)
_MARGIN = re.compile(r'<g class="page-margin" (transform="[^"]*")>')
_CLASS = re.compile(r'class="(\w*)')
_NAMES = re.compile(r' (?:id|class)="[^"]*"')
_STYLES = {
    **dict.fromkeys(("voltaBracket", "fing", "reh", "tempo"), ' font-weight="bold"'),
    **dict.fromkeys(("dir", "dynam"), ' font-style="italic"'),
}
"""How verovio's style sheet sets the words of its groups."""


def outlines(drawing: str) -> str:
    """Return a drawing of verovio's with the same look, without names; as it is if it has an element not known here."""
    opening, inner = _OPENING.match(drawing), _INNER.search(drawing)
    if not opening or not inner or not _KNOWN.issuperset(_ELEMENT.findall(drawing)):
        return drawing
    try:
        glyphs = {name: _turned(data) for name, data in _GLYPH.findall(drawing)}
    except ValueError:
        return drawing
    content = _elements(_HIDDEN.sub("", drawing[inner.end() :]), glyphs)
    margin = _MARGIN.search(drawing, inner.end())
    return (
        f'{opening[0]} xmlns="http://www.w3.org/2000/svg" overflow="visible">'
        f"<svg{inner[1]}><g {margin[1] if margin else ''}>{content}</g></svg></svg>"
    )


@lru_cache(maxsize=512)
def _turned(data: str) -> str:
    """Return the outline of a glyph upside down, as SVG has it, relative to its place.

    Raises ValueError for an outline of other commands than those of the fonts of verovio.
    """
    start = (0.0, 0.0)
    commands: list[str] = []
    for letter, numbers in re.findall(r"([A-Za-z])([^A-Za-z]*)", data):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if letter == "M" and len(values) == 2 and (not commands or commands[-1] == "z"):
            values, start = [values[0] - start[0], values[1] - start[1]], (values[0], values[1])
        elif letter not in "clhsvzqt" and letter != "Z":
            raise ValueError(data)
        if letter == "v":
            values = [-value for value in values]
        elif letter != "h":
            values[1::2] = [-value for value in values[1::2]]
        commands.append(letter.lower() + " ".join(f"{value:g}" for value in values))
    return "".join(commands)


def _elements(drawing: str, glyphs: dict[str, str]) -> str:
    """Return the elements that show all signs of a drawing: the outlines of all that are painted alike are one."""
    paths: dict[str, list[str]] = defaultdict(list)
    others: list[str] = []
    for sign in _SIGN.finditer(drawing):
        kind = sign.lastgroup
        if kind == "text":
            name = _CLASS.search(drawing, max(0, drawing.rfind("<g ", 0, sign.start())), sign.start())
            style = _STYLES.get(name[1], "") if name else ""
            others.append(_NAMES.sub("", sign["text"]).replace("<text", f"<text{style}", 1))
        elif kind == "polyline":
            others.append(sign["polyline"].replace("<polyline", '<polyline stroke="black"'))
        elif kind == "turned":
            others.append(f"<g {sign['turn']}>{_elements(sign['turned'], glyphs)}</g>")
        elif kind is not None:
            paint, outline = _outline(sign, kind, glyphs)
            paths[paint].append(outline)
    return "".join(f'<path{paint} d="{"".join(found)}"/>' for paint, found in paths.items()) + "".join(others)


def _outline(sign: re.Match[str], kind: str, glyphs: dict[str, str]) -> tuple[str, str]:
    """Return how a sign is painted, and its outline; ``kind`` is the last of its parts."""
    if kind == "scale":
        name, x, y, scale = sign.group("glyph", "x", "y", "scale")
        return (
            f' transform="scale({scale})"',
            f"M{float(x) / float(scale):.0f} {float(y) / float(scale):.0f}{glyphs[name]}",
        )
    if kind == "stroke":
        return ' stroke="black"' + sign["stroke"], sign["path"]
    if kind == "polygon":
        return "", f"M{sign['polygon'].strip()}Z"
    if kind == "width":
        return "", f"M{sign['left']} {sign['top']}h{sign['width']}v{sign['height']}h-{sign['width']}z"
    x, y, rx, ry = map(float, sign.group("cx", "cy", "rx", "ry"))
    half = f"a{rx:g} {ry:g} 0 0 1"
    return "", f"M{x - rx:g} {y:g}{half} {2 * rx:g} 0{half} {-2 * rx:g} 0z"
