"""The tunes of a corpus as a table in a Parquet file, one row a tune, for DuckDB, pandas, Polars and their like."""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from folkrnn.corpus.build import CorpusTune
from folkrnn.errors import CorpusError
from folkrnn.files import whole_file
from folkrnn.notation import form, read_tunes
from folkrnn.processes import process_map

if TYPE_CHECKING:
    from folkrnn.cluster import Cluster

GROUP_ROWS = 10_000
"""The rows of a row group: that is how many are held while a file is written."""

MIN_SHARED_TUNES = 1000
"""Fewer tunes than this are read before other processes have started."""


class Record(NamedTuple):
    """What a table says of a tune of a corpus; the names are those of the columns.

    ``title``, ``rhythm``, ``meter`` and ``key`` are those of the tune's header, empty where it has none. ``form`` has
    the bars of each section, with ``:`` if it is repeated, else ``|``. ``notes`` counts notes and rests. ``playable``
    says that our reader found no error and no warning in the source, ``findings`` the codes of what it finds in the
    text of the corpus, sorted, each once. ``family``, ``split``, ``collection`` and ``source`` (file and line) are
    those of the ``CorpusTune``. ``digest`` is the SHA-256 of the text, in hexadecimal digits.
    """

    title: str
    rhythm: str
    meter: str
    key: str
    form: str
    notes: int
    playable: bool
    findings: list[str]
    family: str
    split: str
    collection: str
    source: str
    digest: str


def record_of(entry: CorpusTune) -> Record:
    """Return the record of a tune of a corpus, which depends on nothing else."""
    [tune] = read_tunes(entry.text)
    return Record(
        tune.title,
        tune.rhythm,
        str(tune.meter),
        str(tune.key),
        form(tune),
        entry.notes,
        entry.playable,
        sorted({finding.code for finding in tune.findings}),
        entry.family,
        entry.split,
        entry.collection,
        entry.source,
        hashlib.sha256(entry.text.encode()).hexdigest(),
    )


def records(tunes: tuple[CorpusTune, ...], jobs: int = 1, cluster: "Cluster | None" = None) -> Iterator[Record]:
    """Yield the records of tunes, in order, made by a ``cluster`` or by ``jobs`` processes."""
    if cluster:
        return cluster.map(record_of, tunes)
    return process_map(record_of, tunes, jobs) if jobs > 1 and len(tunes) >= MIN_SHARED_TUNES else map(record_of, tunes)


def check_records(path: Path, overwrite: bool = False) -> None:
    """Raise CorpusError or ClusterError if ``write_records`` cannot write there, or pyarrow is missing."""
    _pyarrow()
    if path.exists() and not overwrite:
        raise CorpusError(f"{path}: exists already; --force overwrites it")
    if not path.parent.is_dir():
        raise CorpusError(f"{path}: cannot be written: its folder is not there")


def write_records(rows: Iterable[Record], path: Path, overwrite: bool = False) -> None:
    """Write records to a Parquet file, whole or not at all; GROUP_ROWS of them are held.

    Raise CorpusError if it exists, unless ``overwrite``, or cannot be written; ClusterError if pyarrow is missing.
    """
    arrow = _pyarrow()
    from pyarrow import parquet

    types: dict[Any, Any] = {str: arrow.string(), int: arrow.int64(), bool: arrow.bool_()}
    schema = arrow.schema(
        [(name, types.get(kind, arrow.list_(arrow.string()))) for name, kind in Record.__annotations__.items()]
    )
    source = iter(rows)
    try:
        with whole_file(path, overwrite=overwrite) as file, parquet.ParquetWriter(file, schema) as writer:
            while group := list(islice(source, GROUP_ROWS)):
                writer.write_table(arrow.Table.from_pylist([row._asdict() for row in group], schema))
    except FileExistsError:
        raise CorpusError(f"{path}: exists already; --force overwrites it") from None
    except OSError as error:
        raise CorpusError(f"{path}: cannot be written: {error.strerror or error}") from None


def _pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        from folkrnn.cluster import needs

        raise needs(error) from None
    return pyarrow
