"""Measure the studio: the time to its page, to the first tune and to a drawing, beside the same without it; memory.

The baselines of the same run are ``folkrnn --version`` for the start, ``Composer.generate`` in a warm process for the
first tune, and the same drawing by the library. Memory is the proportional set size (PSS) of all processes, on Linux.
"""

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarking import add_json_option, write_figures

from folkrnn.composition.composer import Composer
from folkrnn.export.page import page_entry
from folkrnn.notation import read_tunes

TUNE = "X:1\nT:The Wheelwright\nR:reel\nM:4/4\nL:1/8\nK:D\n" + "|:DFAF dFAF|EGBG eGBG|DFAF dFAd|cAGE D4:|\n" * 4


def seconds(work: Callable[[], object]) -> float:
    """Return the seconds that some work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


class Run:
    """A run of the studio over a folder, and how long it took until its page and its model were there."""

    def __init__(self, folder: str) -> None:
        begun = time.perf_counter()
        command = [sys.executable, "-m", "folkrnn", "studio", folder, "--no-browser", "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout
        address, _, self._token = self.process.stdout.readline().strip().partition("/?token=")
        self._port = int(address.rpartition(":")[2])
        self.ask("GET", "/")
        self.ask("GET", "/api/about")
        self.page = time.perf_counter() - begun
        while json.loads(self.ask("GET", "/api/about"))["model"]["state"] == "loading":
            time.sleep(0.05)
        self.model = time.perf_counter() - begun

    def ask(self, method: str, path: str, body: Any = None, until: bytes = b"") -> bytes:
        """Return the answer to a request; of a stream the lines up to one that begins so."""
        host = f"127.0.0.1:{self._port}"
        headers = {"Cookie": f"folkrnn-{self._port}={self._token}", "Origin": f"http://{host}"}
        with closing(http.client.HTTPConnection(host, timeout=300)) as connection:
            connection.request(method, path, body and json.dumps(body), headers | {"Content-Type": "application/json"})
            answer = connection.getresponse()
            if not until:
                return answer.read()
            while (line := answer.readline()) and not line.startswith(until):
                pass
            return line

    def first_tune(self, count: int, seed: int) -> None:
        """Compose, and return when the first tune is there; the rest is stopped."""
        job = json.loads(self.ask("POST", "/api/jobs", {"kind": "compose", "count": count, "seed": seed}))["id"]
        self.ask("GET", f"/api/jobs/{job}/events", until=b"event: tune")
        self.ask("DELETE", f"/api/jobs/{job}")
        self.ask("GET", f"/api/jobs/{job}/events", until=b"event: done")

    def megabytes(self) -> float:
        """Return the memory of all processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        found = 0
        for each in (self.process.pid, *children):
            lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
            found += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return found / 1024


def main() -> None:
    """Print seconds, ratios and megabytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    add_json_option(parser)
    arguments = parser.parse_args()
    rounds = range(arguments.rounds)

    def median(work: Callable[[int], object]) -> float:
        return statistics.median(seconds(partial(work, number)) for number in rounds)

    version = [sys.executable, "-m", "folkrnn", "--version"]
    start = median(lambda _: subprocess.run(version, check=True, stdout=subprocess.DEVNULL))
    with TemporaryDirectory() as folder:
        run = Run(folder)
        try:
            run.first_tune(1, 99)
            drawn = median(lambda _: run.ask("POST", "/api/draw", {"abc": TUNE}))
            one = median(lambda seed: run.first_tune(1, seed))
            five = median(lambda seed: run.first_tune(5, seed))
            run.ask("POST", "/api/export", {"abc": TUNE, "format": "pdf"})
            memory = run.megabytes()
        finally:
            run.process.terminate()
            run.process.communicate()
    tune, composer = read_tunes(TUNE)[0], Composer()
    next(composer.generate(1, seed=99))
    page_entry(tune, 1)
    by_library = median(lambda _: page_entry(tune, 1))
    alone = median(lambda seed: next(composer.generate(1, seed=seed)))
    five_alone = median(lambda seed: next(composer.generate(5, seed=seed)))
    figures: dict[str, Any] = {"megabytes": memory, "model_seconds": run.model}
    print(f"{'':28}  seconds  baseline  ratio")
    for name, found, baseline in (
        ("page", run.page, start),
        ("drawing", drawn, by_library),
        ("first tune of 1", one, alone),
        ("first tune of 5", five, five_alone),
    ):
        figures[name] = {"seconds": found, "baseline": baseline, "ratio": found / baseline}
        print(f"{name:28}  {found:7.3f}  {baseline:8.3f}  {found / baseline:5.2f}")
    print(f"model ready after {run.model:.1f} s; {memory:.0f} MB in all processes")
    write_figures(arguments, figures)


if __name__ == "__main__":
    main()
