"""The files that other programs write: which kind one is, and its bytes, checked before anything reads them.

``.mxl`` is a ZIP archive whose ``META-INF/container.xml`` names the score (MusicXML 4.0, "Compressed .mxl files").
"""

import io
import zipfile
import zlib
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.parsers import expat

from folkrnn.errors import InputError
from folkrnn.files import reading

MUSICXML_ENDINGS, MIDI_ENDINGS = (".musicxml", ".xml", ".mxl"), (".mid", ".midi")
ENDINGS = (*MUSICXML_ENDINGS, *MIDI_ENDINGS)
"""The endings of the names of the files that can be imported."""

MAX_FILE_BYTES = MAX_XML_BYTES = 64 * 2**20
"""The longest file, and the longest MusicXML document: an archive may hold a longer one than it has bytes itself."""

MAX_NOTES = 50_000
"""The most notes of a tune: ten times those of the longest set that a session plays."""

MAX_DEPTH = 64
"""The deepest nesting of elements; MusicXML needs about ten."""

_CONTAINER = "META-INF/container.xml"
_ZIP = b"PK\x03\x04"


def is_importable(name: str | Path) -> bool:
    """Whether a file's name ends like that of a MusicXML or MIDI file."""
    return Path(name).suffix.lower() in ENDINGS


def file_bytes(path: str | Path) -> bytes:
    """Return the content of a file. Raises InputError, in one line, where it cannot be read or is empty."""
    with reading(path, "a MusicXML or MIDI file"), open(path, "rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if not data:
        raise InputError(f"{path}: is empty; expected a MusicXML or MIDI file")
    if len(data) > MAX_FILE_BYTES:
        raise InputError(f"{path}: is too long for one tune; expected a file of at most {MAX_FILE_BYTES >> 20} MiB")
    return data


def xml_root(data: bytes, name: str) -> Element:
    """Return the root of a MusicXML document, compressed or not. Raises InputError for anything else."""
    if data[:4] == _ZIP or name.lower().endswith(".mxl"):
        data = _unpacked(data, name)
    root = _parsed(data, name)
    if root.tag != "score-partwise":
        wanted = "expected MusicXML with score-partwise as its root"
        raise InputError(f"{name}: is no MusicXML that can be read: its root is {root.tag[:40]!r}; {wanted}")
    return root


def _unpacked(data: bytes, name: str) -> bytes:
    """Return the score of an archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            return _member(archive, _score_name(archive, names, name), name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise InputError(f"{name}: is a damaged .mxl file: {error or 'it ends too soon'}") from None


def _score_name(archive: zipfile.ZipFile, names: list[str], name: str) -> str:
    """Return the name of the score in an archive: what the container says, else the first one that looks like it."""
    if _CONTAINER in names:
        container = _parsed(_member(archive, _CONTAINER, name), name)
        roots = [each for each in container.iter() if each.tag.rpartition("}")[2] == "rootfile"]
        if roots and roots[0].get("full-path") in names:
            return str(roots[0].get("full-path"))
    found = [each for each in names if each.endswith((".musicxml", ".xml")) and not each.startswith("META-INF/")]
    if not found:
        raise InputError(f"{name}: holds no score; expected a .musicxml or .xml file in it")
    return found[0]


def _member(archive: zipfile.ZipFile, member: str, name: str) -> bytes:
    """Return a file of an archive; no more than the longest score is ever unpacked."""
    with archive.open(member) as file:
        content = file.read(MAX_XML_BYTES + 1)
    if len(content) > MAX_XML_BYTES:
        limit = MAX_XML_BYTES >> 20
        raise InputError(f"{name}: {member} in it has more than {limit} MiB; expected a score of at most that")
    return content


def _parsed(data: bytes, name: str) -> Element:
    """Return the root of an XML document that declares no entities."""
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise InputError(f"{name}:{parser.CurrentLineNumber}: elements are nested too deeply for MusicXML")
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def entity(*_: object) -> None:
        line = parser.CurrentLineNumber
        raise InputError(f"{name}:{line}: declares an entity, which no score needs; expected MusicXML without entities")

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, builder.data
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(data, True)
        return builder.close()
    except expat.ExpatError as error:
        why = expat.ErrorString(error.code)
        raise InputError(f"{name}:{error.lineno}: is no MusicXML: {why}; expected a whole XML document") from None
    except (ParseError, ValueError, LookupError, AssertionError) as error:
        raise InputError(f"{name}: is no MusicXML: {error}") from None
