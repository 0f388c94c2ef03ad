"""Files of tunes: which ones are made, what they hold, and how they are written.

A file appears whole or not at all, and replaces another only with ``overwrite=True``.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain, count, islice
from os import PathLike
from pathlib import Path
from tempfile import SpooledTemporaryFile, gettempdir
from typing import Any, BinaryIO, NamedTuple

from folkrnn.errors import ExportError, FolkrnnError, TargetExistsError
from folkrnn.export.filenames import file_names
from folkrnn.export.formats import format_for, format_named, format_of
from folkrnn.export.settings import DEFAULT_SETTINGS, ExportSettings
from folkrnn.files import whole_file
from folkrnn.notation import Tune
from folkrnn.notation.articles import shown_title
from folkrnn.notation.limits import MOST_WRITTEN, written
from folkrnn.processes import process_map
from folkrnn.spool import Spooled, identity

MAX_SERIAL_RENDERS = 16
"""The most renders that this process makes faster alone than with new processes."""

MOST_HELD_BYTES = 64 * 2**20
"""The most bytes of files that are in memory until all are made; more are in a temporary file."""

_BLOCK = 2**20

Step = Callable[[], None]
"""A function that is called after each render, to show the progress."""


OnError = Callable[[ExportError], None]
"""A function that gets the error of a tune that a format cannot show; it may raise it."""


def _refuse(error: ExportError) -> None:
    raise error


class Output(NamedTuple):
    """A file to be made: its path, its format, and its tunes."""

    path: Path
    format: str
    tunes: Sequence[Tune]


def export_tunes(
    tunes: Sequence[Tune],
    formats: Sequence[str],
    target: str | PathLike[str],
    *,
    name: str = "tunes",
    prefix: str = "",
    settings: ExportSettings = DEFAULT_SETTINGS,
    separate: bool = False,
    overwrite: bool = False,
    jobs: int = 1,
    step: Step = lambda: None,
    on_error: OnError = _refuse,
) -> list[Path]:
    """Write tunes in some formats and return the paths of the files, in order.

    ``target`` is a folder, which is made where it is missing. It is a file if its name has the ending of the one
    file to be written (see ``format_of``). In a folder, a file of all tunes is called ``name``, and the names of
    other files begin with ``prefix``. ``separate`` gives each tune a file of its own in every format.

    ``step`` is called ``render_count`` times. With ``jobs`` above 1, processes share the work; the program must then
    be guarded by ``if __name__ == "__main__":``. Raises ExportError for an unknown format, a file ending that no
    format has, or a tune that a format cannot show. With ``on_error``, which gets the errors of such tunes, they are
    left out instead. Raises TargetExistsError for an existing file without ``overwrite``. All this comes before
    anything is written.
    """
    outputs = plan_outputs(tunes, formats, target, name=name, prefix=prefix, separate=separate, settings=settings)
    if not overwrite:
        for output in outputs:
            refuse_existing(output.path)
    # Everything is made before anything is written: a tune that cannot be drawn leaves no half of a set behind.
    sizes: list[tuple[Path, int]] = []
    with SpooledTemporaryFile(MOST_HELD_BYTES) as made:
        for path, pieces in pieces_of(outputs, settings, jobs, step, on_error):
            size = 0
            for piece in pieces:
                with system_errors(Path(gettempdir())):
                    size += made.write(piece)
            sizes.append((path, size))
        made.seek(0)
        for path, size in sizes:
            with new_file(path, overwrite) as file:
                for start in range(0, size, _BLOCK):
                    file.write(made.read(min(_BLOCK, size - start)))
    return [path for path, _ in sizes]


def render_count(formats: Sequence[str], count: int) -> int:
    """Return the number of renders that ``count`` tunes need in some formats."""
    return len({format_named(each) for each in formats}) * count


def render_outputs(
    outputs: Sequence[Output], settings: ExportSettings, jobs: int = 1, step: Step = lambda: None
) -> Iterator[bytes]:
    """Yield the content of each file; ``jobs`` processes make more than MAX_SERIAL_RENDERS. Raises ExportError."""
    return (content for _, content in contents_of(outputs, settings, jobs, step))


def contents_of(
    outputs: Sequence[Output],
    settings: ExportSettings,
    jobs: int = 1,
    step: Step = lambda: None,
    on_error: OnError = _refuse,
) -> Iterator[tuple[Path, bytes]]:
    """Yield the path and the content of each file, as ``render_outputs`` makes them.

    A tune that a format cannot show is left out if ``on_error`` does not raise, and so is a file without any tune.
    """
    for path, pieces in pieces_of(outputs, settings, jobs, step, on_error):
        yield path, b"".join(pieces)


def pieces_of(
    outputs: Sequence[Output],
    settings: ExportSettings,
    jobs: int = 1,
    step: Step = lambda: None,
    on_error: OnError = _refuse,
) -> Iterator[tuple[Path, Iterator[bytes]]]:
    """Yield what ``contents_of`` yields, with each content in pieces: those of an appendable format, tune by tune.

    The pieces are made as they are taken, before the next file.
    """
    sharing = _sharing(outputs, settings)
    shared = _shared(outputs, sharing, settings)
    single = sum(len(output.tunes) for output in outputs if output.format not in sharing)
    tasks = _tasks(outputs, shared, settings)
    many = single + len(shared) > MAX_SERIAL_RENDERS and jobs > 1
    waiting: dict[_Key, dict[str, Any]] = {}  # what a task made for formats whose turn is still to come

    def rendered(output: Output, keys: Iterator[_Key]) -> Iterator[Any]:
        for key in keys:
            made = waiting.pop(key, {})
            if output.format not in made:
                made = next(renders)
            render = made.pop(output.format)
            if made:
                waiting[key] = made
            step()
            if isinstance(render, ExportError):
                on_error(render)
            else:
                yield render

    with closing(process_map(_render, tasks, jobs if many else 1)) as renders:
        combined: tuple[Any, list[Any], Any] = None, [], None
        for output, keys in _keys(outputs, settings):
            kind, own = format_for(output.format, settings), rendered(output, keys)
            if kind.appendable or not kind.combine:
                for first in islice(own, 1):
                    yield output.path, chain([first], own)
                continue
            parts = list(own)
            if not parts:
                continue
            if combined[0] != kind.combine or [*map(id, combined[1])] != [*map(id, parts)]:
                combined = kind.combine, parts, kind.combine(parts, settings)
            yield output.path, iter([kind.encode(combined[2])])


class _Key(NamedTuple):
    """What formats must have in common to share a render: how a tune is rendered, and which one.

    That is its place among all tunes of the format, its identity, and its number in the file.
    """

    place: int
    tune: Hashable
    number: int
    render: Callable[[Tune, int, ExportSettings], Any]


class _Task(NamedTuple):
    """A tune to be rendered once, for some formats."""

    formats: tuple[str, ...]
    tune: Tune
    number: int
    settings: ExportSettings


def _keys(outputs: Sequence[Output], settings: ExportSettings) -> Iterator[tuple[Output, Iterator[_Key]]]:
    """Yield each output with the keys of the renders of its tunes, to be taken before the next output."""
    places: dict[str, Iterator[int]] = defaultdict(count)
    for output in outputs:
        render = format_for(output.format, settings).render
        yield (
            output,
            (
                _Key(next(places[output.format]), identity(output.tunes, place), place + 1, render)
                for place in range(len(output.tunes))
            ),
        )


def _sharing(outputs: Sequence[Output], settings: ExportSettings) -> frozenset[str]:
    """Return the formats that have their way to render a tune in common with another of the outputs' formats."""
    renders = {name: format_for(name, settings).render for name in {output.format for output in outputs}}
    often = Counter(renders.values())
    return frozenset(name for name, render in renders.items() if often[render] > 1)


def _shared(
    outputs: Sequence[Output], sharing: frozenset[str], settings: ExportSettings
) -> dict[_Key, tuple[str, ...]]:
    """Return the formats that each render is for, of those formats that may share it."""
    found: dict[_Key, tuple[str, ...]] = {}
    for output, keys in _keys([each for each in outputs if each.format in sharing], settings):
        for key in keys:
            found[key] = (*found.get(key, ()), output.format)
    return found


def _tasks(outputs: Sequence[Output], shared: dict[_Key, tuple[str, ...]], settings: ExportSettings) -> Iterator[_Task]:
    """Yield a task for each render, in the order in which they are first needed."""
    for output, keys in _keys(outputs, settings):
        for key, tune in zip(keys, format_for(output.format, settings).prepare(output.tunes), strict=True):
            formats = shared.get(key, (output.format,))
            if formats[0] == output.format:
                yield _Task(formats, tune, key.number, settings)


def _render(task: _Task) -> dict[str, Any]:
    """Return for each format what it makes of a tune, or the ExportError that says why it makes nothing.

    The content of a file of one tune is encoded already; where formats combine renders, they get the same one.
    """
    made: dict[str, Any] = {}
    kinds = {name: format_for(name, task.settings) for name in task.formats}
    try:
        if not all(kind.appendable for kind in kinds.values()) and (size := written(task.tune.voices)) > MOST_WRITTEN:
            raise ExportError(f"it has {size:,} bars and notes; expected at most {MOST_WRITTEN:,}")
        render = kinds[task.formats[0]].render(task.tune, task.number, task.settings)
    except Exception as error:  # whatever is the matter with one tune, it stops no book
        return {name: _refusal(task.tune, name, error) for name in kinds}
    for name, kind in kinds.items():
        try:
            made[name] = render if kind.combine else kind.encode(render)
        except Exception as error:
            made[name] = _refusal(task.tune, name, error)
    return made


def _refusal(tune: Tune, format: str, error: Exception) -> ExportError:
    """Return the error of a tune that a format cannot show."""
    why = str(error) if isinstance(error, FolkrnnError) else f"{type(error).__name__}: {error}"
    where = f"{tune.source or 'tune'}:{tune.line}: {shown_title(tune.title)}"
    return ExportError(f"{where}: cannot be written as {format}: {why}")


def plan_outputs(
    tunes: Sequence[Tune],
    formats: Sequence[str],
    target: str | PathLike[str],
    *,
    name: str = "tunes",
    prefix: str = "",
    separate: bool = False,
    settings: ExportSettings = DEFAULT_SETTINGS,
) -> list[Output]:
    """Return the files that tunes make in some formats, without making any of them.

    Raises ExportError for an unknown format, for no tune, and for a target that is no name for the file.
    """
    if not tunes:
        raise ExportError("there is no tune to export")
    one_file = is_one_file(target, formats, len(tunes), separate, settings)
    given = tunes if isinstance(tunes, Spooled) else tuple(tunes)
    folder = Path(target)
    outputs: list[Output] = []
    kinds = {each: format_for(each, settings) for each in dict.fromkeys(map(format_named, formats))}
    all_in_one = [each for each, kind in kinds.items() if kind.holds_all and not separate]
    names = file_names(tune.title for tune in tunes) if len(all_in_one) < len(kinds) else []
    for each, kind in kinds.items():
        if each in all_in_one:
            outputs.append(Output(folder / f"{name}{kind.extension}", each, given))
        else:
            outputs += [
                Output(folder / f"{prefix}{stem}{kind.extension}", each, given[place : place + 1])
                for place, stem in enumerate(names)
            ]
    return [outputs[0]._replace(path=folder)] if one_file else outputs


def is_one_file(
    target: str | PathLike[str],
    formats: Sequence[str],
    count: int,
    separate: bool = False,
    settings: ExportSettings = DEFAULT_SETTINGS,
) -> bool:
    """Return whether a target names the one file that ``count`` tunes make, and no folder.

    Raises ExportError for an unknown format, and where the target is a file's name but not that of the file made.
    """
    names = list(dict.fromkeys(map(format_named, formats)))
    kinds = [format_for(each, settings) for each in names]
    named = format_of(target)
    if not named:
        return False
    files = sum(1 if kind.holds_all and not separate else count for kind in kinds)
    if files > 1:
        raise ExportError(f"{target} names one file, but {files} are to be written; expected a folder")
    if named != names[0]:
        raise ExportError(f"{target} is no name for {names[0]}; expected one that ends in {kinds[0].extension}")
    return True


def check_target(target: Path, *, overwrite: bool = False) -> None:
    """Check, before any work is done, that a folder or a file can be written.

    Raises TargetExistsError for an existing file without ``overwrite``, and ExportError where the place is no folder
    or is read-only.
    """
    if target.is_file() and not overwrite:
        refuse_existing(target)
    place = next((each for each in (target, *target.parents) if os.path.lexists(each)), Path())
    if place != target and not place.is_dir():
        raise ExportError(f"{target} cannot be written: {place} is not a folder")
    if place.is_dir() and not os.access(place, os.W_OK | os.X_OK):
        raise ExportError(f"{target} cannot be written: {place} is read-only")


def refuse_existing(path: Path) -> None:
    """Raise TargetExistsError if something exists at a path, be it a link to nothing."""
    if os.path.lexists(path):
        raise TargetExistsError(path)


def write_file(path: Path, content: bytes, *, overwrite: bool = False) -> None:
    """Write a file whole or not at all, and make its folder where it is missing.

    Raises TargetExistsError where it exists and ``overwrite`` is false, and ExportError where it cannot be written.
    """
    with new_file(path, overwrite) as file:
        file.write(content)


@contextmanager
def new_file(path: Path, overwrite: bool) -> Iterator[BinaryIO]:
    """Open a file to be written piece by piece in the block, under the promises and errors of ``write_file``."""
    if not overwrite:
        refuse_existing(path)
    with system_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with system_errors(path), whole_file(path, overwrite=overwrite) as file:
            yield file
    except ExportError as error:
        if isinstance(error.__cause__, FileExistsError) and not overwrite:
            raise TargetExistsError(path) from None
        raise


@contextmanager
def system_errors(path: Path) -> Iterator[None]:
    """Turn what the system raises about a file into an ExportError."""
    try:
        yield
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror or error}") from error
