"""Reading the tunes that a command is given."""

from collections.abc import Callable, Iterator, Sequence

from folkrnn.cli.console import complain
from folkrnn.corpus import SourceSettings, iter_tunes_in, read_text, source_files
from folkrnn.errors import InputError
from folkrnn.importing import is_importable, read_music
from folkrnn.notation import Tune

_LIKE = "like "
"""What stands before the file whose tune has the plan that is wished."""


def picked(tunes: list[Tune], numbers: tuple[int, ...] | None) -> list[Tune]:
    """Return the tunes of these places, from 1, or all of them. Raises InputError for a place without a tune."""
    if numbers is None:
        return tunes
    missing = [number for number in numbers if not 1 <= number <= len(tunes)]
    if missing:
        raise InputError(f"there is no tune {missing[0]}; expected numbers from 1 to {len(tunes)}")
    return [tunes[number - 1] for number in numbers]


def read_files(names: Sequence[str], on_error: Callable[[InputError], None]) -> list[tuple[str, list[Tune]]]:
    """Return the tunes of each file, of each folder's ABC files, or of standard input for ``-``.

    A MusicXML or MIDI file holds one tune: its melody.

    ``on_error`` gets the error of each file that cannot be read or holds no tune; it may raise it.
    """
    return [(name, list(_tunes_of(name, on_error))) for name in names]


def stream_files(names: Sequence[str], on_error: Callable[[InputError], None]) -> Iterator[tuple[str, Tune]]:
    """Yield the tunes that ``read_files`` returns, with the name that each was read for, while they are read."""
    return ((name, tune) for name in names for tune in _tunes_of(name, on_error))


def _tunes_of(name: str, on_error: Callable[[InputError], None]) -> Iterator[Tune]:
    for file in source_files(SourceSettings(path=name)):
        try:
            shown = "<stdin>" if file == "-" else file
            yield from [read_music(file)] if is_importable(file) else iter_tunes_in(read_text(file), shown)
        except InputError as error:
            on_error(error)


def read_all(names: Sequence[str]) -> tuple[list[Tune], bool]:
    """Return the tunes of all files, and whether each file held some; print on stderr which one did not.

    Raises InputError if none did.
    """
    errors: list[InputError] = []
    tunes = [tune for _, found in read_files(names, errors.append) for tune in found]
    if errors and not tunes:
        raise errors[0]
    for error in errors:
        complain(f"folkrnn: {error}")
    return tunes, not errors


def refuse(error: InputError) -> None:
    """Raise the error of a file that cannot be read, as commands on a single file do."""
    raise error


def plan_wish(text: str | None) -> str | Tune | None:
    """Return a wish for a plan: as it is, or for ``like FILE`` the first tune of the file. Raises InputError."""
    if text is None or not text.startswith(_LIKE):
        return text
    [(_, tunes)] = read_files([text.removeprefix(_LIKE).strip()], refuse)
    return tunes[0]
