"""Measure time and memory of PDF books of 100 and of 1,000 tunes, with all processors and with one.

The tunes are playable ones of O'Neill's, Ryan's and Aird's. Each book is made in a process of its own, without and
with contents and index (--lists). On a busy machine the processor time, of all processes together, is the better
figure. If abcm2ps is installed, it typesets the same tunes.
"""

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarking import add_json_option, write_figures

from folkrnn.export import BookLayout, ExportSettings, export_tunes
from folkrnn.notation import read_tunes, write_tunebook
from folkrnn.processes import processors


def alone(book: Path, jobs: int, lists: bool) -> None:
    """Make one book; print the seconds, those of processors, and the peak megabytes here and of the largest child."""
    tunes = read_tunes(book.read_text(encoding="utf-8"))
    settings = ExportSettings(book=BookLayout(contents=lists, index=lists))
    begun = time.perf_counter()
    export_tunes(tunes, ["pdf"], book.with_suffix(".pdf"), settings=settings, jobs=jobs, overwrite=True)
    spent = time.perf_counter() - begun
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(spent, sum(each.ru_utime + each.ru_stime for each in used), *(each.ru_maxrss / 1024 for each in used))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="*", default=[100, 1000])
    add_json_option(parser)
    parser.add_argument("--lists", action="store_true", help="with contents and index")
    parser.add_argument("--alone", nargs=2, metavar=("BOOK", "JOBS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        alone(Path(options.alone[0]), int(options.alone[1]), options.lists)
        return
    from judge_reader import playable_tunes

    every = [tune for name in ("oneills1850", "ryansMammoth", "airdsAirs") for tune, _ in playable_tunes(name)]
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for count in options.counts:
            book = Path(folder) / "book.abc"
            book.write_text(write_tunebook(every[:: len(every) // count][:count]), encoding="utf-8")
            each: dict[int, float] = {}
            found: dict[str, Any] = {"processes": {}}
            figures[f"{count} tunes"] = found
            for jobs in (processors(), 1):
                lists = ["--lists"] if options.lists else []
                command = [sys.executable, __file__, *lists, "--alone", str(book), str(jobs)]
                printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                seconds, used, own, child = map(float, printed.split())
                each[jobs] = 1000 * seconds / count
                found["processes"][jobs] = {
                    "ms_a_tune": each[jobs],
                    "processor_ms_a_tune": 1000 * used / count,
                    "main_mb": own,
                    "largest_child_mb": child,
                }
                print(
                    f"{count:5d} tunes, {jobs} processes: {seconds:6.1f} s, {each[jobs]:5.1f} ms a tune, "
                    f"{1000 * used / count:.1f} ms of processors; {own:.0f} MB, each child {child:.0f} MB",
                    flush=True,
                )
            print(f"      one process / all: {each[1] / each[processors()]:.2f}")
            if shutil.which("abcm2ps"):
                begun = time.perf_counter()
                subprocess.run(["abcm2ps", book, "-O", f"{folder}/book.ps"], capture_output=True, check=False)
                found["abcm2ps_ms_a_tune"] = 1000 * (time.perf_counter() - begun) / count
                print(f"      abcm2ps: {found['abcm2ps_ms_a_tune']:.1f} ms a tune (PostScript)")
    write_figures(options, figures)


if __name__ == "__main__":
    main()
