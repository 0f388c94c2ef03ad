"""Reading the tunes that a command is given."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from folkrnn.cli.console import complain
from folkrnn.corpus import SourceSettings, iter_tunes_in, read_text, source_files
from folkrnn.errors import InputError
from folkrnn.importing import is_importable, read_music
from folkrnn.notation import Tune
from folkrnn.spool import Spool

_LIKE = "like "
"""What stands before the file whose tune has the plan that is wished."""


def picked(tunes: Iterable[Tune], numbers: tuple[int, ...] | None) -> Sequence[Tune]:
    """Return the tunes of these places, from 1, or all of them; few of them are in memory.

    Raises InputError for a place without a tune.
    """
    wanted = None if numbers is None else set(numbers)
    kept = Spool[Tune]()
    places: dict[int, int] = {}  # in the spool, by number
    count = 0
    for count, tune in enumerate(tunes, 1):
        if wanted is None or count in wanted:
            places[count] = len(places)
            kept.append(tune)
    if numbers is None:
        return kept.items()
    missing = [number for number in numbers if number not in places]
    if missing:
        raise InputError(f"there is no tune {missing[0]}; expected numbers from 1 to {count}")
    return kept.items().in_order(places[number] for number in numbers)


def read_files(names: Sequence[str], on_error: Callable[[InputError], None]) -> list[tuple[str, list[Tune]]]:
    """Return the tunes of each file, of each folder's ABC files, or of standard input for ``-``.

    A MusicXML or MIDI file holds one tune: its melody.

    ``on_error`` gets the error of each file that cannot be read or holds no tune; it may raise it.
    """
    return [(name, list(_tunes_in(source_files(SourceSettings(path=name)), on_error))) for name in names]


def stream_files(names: Sequence[str], on_error: Callable[[InputError], None]) -> Iterator[tuple[str, Tune]]:
    """Yield the tunes that ``read_files`` returns, with the name that each was read for, while they are read."""
    found = [(name, source_files(SourceSettings(path=name))) for name in names]  # an error here comes before any tune
    return ((name, tune) for name, files in found for tune in _tunes_in(files, on_error))


def _tunes_in(files: Iterable[str], on_error: Callable[[InputError], None]) -> Iterator[Tune]:
    for file in files:
        try:
            shown = "<stdin>" if file == "-" else file
            yield from [read_music(file)] if is_importable(file) else iter_tunes_in(read_text(file), shown)
        except InputError as error:
            on_error(error)


class AllTunes:
    """The tunes of all files while they are read; which file holds none is printed on stderr.

    Where none does, iterating raises InputError. ``all_read`` says whether each file that was reached held some.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._tunes = stream_files(names, self._fail)
        self._waiting: list[InputError] | None = []  # until there is a tune
        self.all_read = True

    def _fail(self, error: InputError) -> None:
        self.all_read = False
        if self._waiting is None:
            complain(f"folkrnn: {error}")
        else:
            self._waiting.append(error)

    def __iter__(self) -> Iterator[Tune]:
        for _, tune in self._tunes:
            for error in self._waiting or ():
                complain(f"folkrnn: {error}")
            self._waiting = None
            yield tune
        if self._waiting:
            raise self._waiting[0]


def refuse(error: InputError) -> None:
    """Raise the error of a file that cannot be read, as commands on a single file do."""
    raise error


def plan_wish(text: str | None) -> str | Tune | None:
    """Return a wish for a plan: as it is, or for ``like FILE`` the first tune of the file. Raises InputError."""
    if text is None or not text.startswith(_LIKE):
        return text
    [(_, tunes)] = read_files([text.removeprefix(_LIKE).strip()], refuse)
    return tunes[0]
