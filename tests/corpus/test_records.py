"""The table of a corpus: one row a tune, whole or not there at all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from folkrnn.corpus import build_corpus, recipe_of
from folkrnn.corpus.records import Record, check_records, record_of, write_records
from folkrnn.errors import CorpusError

parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra cluster")

BOOK = (
    "X:1\nT:One\nR:jig\nM:6/8\nL:1/8\nK:D\n|:dfd cec|BdB AFA|GBG FAF|E3 D3:|\n\n"
    "X:2\nT:Two\nM:4/4\nL:1/8\nK:Ador\nABcd efga|A4 B4|c8|A8|\n"
)


@pytest.fixture
def rows(tmp_path: Path) -> list[Record]:
    (tmp_path / "book.abc").write_text(BOOK)
    return [record_of(tune) for tune in build_corpus(recipe_of([str(tmp_path / "book.abc")])).tunes]


def test_a_table_has_a_row_a_tune(rows: list[Record], tmp_path: Path) -> None:
    write_records(rows, tmp_path / "tunes.parquet")
    read = parquet.read_table(tmp_path / "tunes.parquet")
    assert read.column_names == list(Record._fields)
    assert [Record(**row) for row in read.to_pylist()] == rows
    one, two = rows
    assert (one.title, one.rhythm, one.meter, one.key, one.form, one.notes) == ("One", "jig", "6/8", "D", "4:", 20)
    assert (two.title, two.form, two.playable, two.findings, two.collection) == ("Two", "4|", True, [], "book")
    assert two.source.endswith("book.abc:9")
    assert len(two.digest) == 64


def test_a_table_is_never_replaced_unasked(rows: list[Record], tmp_path: Path) -> None:
    path = tmp_path / "tunes.parquet"
    path.write_bytes(b"mine")
    for refused in (lambda: check_records(path), lambda: write_records(rows, path)):
        with pytest.raises(CorpusError, match="--force overwrites it"):
            refused()
    assert path.read_bytes() == b"mine"
    write_records(rows, path, overwrite=True)
    assert parquet.read_table(path).num_rows == 2


def test_a_failure_leaves_no_table(rows: list[Record], tmp_path: Path) -> None:
    def broken() -> Iterator[Record]:
        yield rows[0]
        raise CorpusError("no more")

    with pytest.raises(CorpusError, match="no more"):
        write_records(broken(), tmp_path / "tunes.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["book.abc"]
    with pytest.raises(CorpusError, match="its folder is not there"):
        check_records(tmp_path / "none" / "tunes.parquet")
