"""The learning curve of a run: a table that grows, and its drawing."""

import csv
import io
import logging
from pathlib import Path

from folkrnn.errors import ModelError
from folkrnn.files import whole_file, write_whole
from folkrnn.model.progress import TrainingProgress

COLUMNS = ("step", "passes", "seconds", "learning_rate", "train_bits", "validation_bits")


class Curve:
    """The table ``curve.csv`` and the drawing ``curve.png`` in the folder of a run."""

    def __init__(self, folder: Path) -> None:
        self._table = folder / "curve.csv"
        self._drawing = folder / "curve.png"

    def begin(self, after: int | None) -> None:
        """Start a new table; for a resumed run, keep the rows up to the step ``after``. Raise ModelError."""
        rows = [] if after is None else [row for row in self.rows() if float(row["step"]) <= after]
        table = io.StringIO(newline="")
        writer = csv.DictWriter(table, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
        try:
            write_whole(self._table, table.getvalue().encode())
        except OSError as error:
            raise ModelError(f"{self._table}: cannot be written: {error.strerror}") from None

    def add(self, progress: TrainingProgress) -> None:
        """Add one evaluation to the table. Raise ModelError if it cannot be written."""
        try:
            with self._table.open("a", newline="", encoding="utf-8") as file:
                csv.writer(file).writerow(
                    f"{getattr(progress, column):.6g}" if column != "step" else progress.step for column in COLUMNS
                )
        except OSError as error:
            raise ModelError(f"{self._table}: cannot be written: {error.strerror}") from None

    def rows(self) -> list[dict[str, str]]:
        """Return the rows of the table, by column; none if there is no table. Half a row is left out."""
        if not self._table.exists():
            return []
        with self._table.open(newline="", encoding="utf-8") as file:
            return [row for row in csv.DictReader(file) if all(row.get(column) for column in COLUMNS)]

    def draw(self) -> None:
        """Draw the table. Raise ModelError if the drawing cannot be written."""
        logging.getLogger("matplotlib").setLevel(logging.ERROR)  # without a home it says so, and does without
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        rows = self.rows()
        figure = Figure(figsize=(7, 4), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        passes = [float(row["passes"]) for row in rows]
        for column, label in (("train_bits", "training"), ("validation_bits", "validation")):
            axes.plot(passes, [float(row[column]) for row in rows], label=label)
        axes.set_xlabel("passes over the corpus")
        axes.set_ylabel("bits per character")
        axes.grid(alpha=0.3)
        axes.legend()
        try:
            with whole_file(self._drawing) as file:
                figure.savefig(file, dpi=120, format="png")
        except OSError as error:
            raise ModelError(f"{self._drawing}: cannot be written: {error.strerror}") from None
