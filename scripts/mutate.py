"""Mutation testing: change the code in many places, one at a time, and count the changes that the tests catch.

cosmic-ray knows the changes (operators, constants, conditions, loops …). Of all that it could make in the packages
below, a sample is drawn with a fixed seed. Each is made in a copy of the project, where the tests of its package
then run until one fails. A change that no test notices survives: look at it, and add the test that was missing.

Changes of type annotations are left out, because they change no behaviour.
"""

import argparse
import ast
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from typing import NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).parents[1]

TESTS = {
    "notation": ["tests/notation", "tests/validation", "tests/score", "tests/composition"],
    "generation": ["tests/generation", "tests/composition", "tests/cli/test_wishes.py"],
    "composition": ["tests/composition", "tests/test_api.py", "tests/cli"],
    "export": [
        "tests/export",
        "tests/cli/test_arranging.py",
        "tests/cli/test_commands.py",
        "tests/cli/test_bad_input.py",
    ],
}
"""The packages that are changed, each with the tests that should notice."""

COPIED = ("folkrnn", "tests", "corpora", "docs", "pyproject.toml", "README.md", "CHANGELOG.md")


class Mutant(NamedTuple):
    """A change: the module, the operator that makes it, which of its occurrences, and the line."""

    package: str
    module: str
    operator: str
    occurrence: int
    line: int


class Outcome(NamedTuple):
    """What the tests said: caught or not, after how many seconds, and the changed lines."""

    mutant: Mutant
    caught: bool
    seconds: float
    diff: str


def annotations(source: str) -> list[tuple[int, int, int, int]]:
    """Return the spans of the annotations of a module: lines from 1 and columns from 0."""
    found: list[ast.expr] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation:
            found.append(node.annotation)
        elif isinstance(node, ast.FunctionDef) and node.returns:
            found.append(node.returns)
        elif isinstance(node, ast.Assign) and _is_union(node.value):
            names = [name.id for name in ast.walk(node.value) if isinstance(name, ast.Name)]
            if all(name[:1].isupper() or name in ("str", "int", "float") for name in names):
                found.append(node.value)  # an alias of types
    return [(n.lineno, n.col_offset, n.end_lineno or n.lineno, n.end_col_offset or 0) for n in found]


def _is_union(value: ast.expr) -> bool:
    return isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr)


def mutants(package: str) -> Iterator[Mutant]:
    """Yield all changes that can be made in a package."""
    for path in sorted((ROOT / "folkrnn" / package).rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        spans = annotations(source)
        nodes = list(ast_nodes(get_ast(source)))
        for name in operator_names():
            operator_class = get_operator(name)
            if operator_class.arguments():
                continue
            positions = [place for node in nodes for place in operator_class().mutation_positions(node)]
            for occurrence, (start, _) in enumerate(positions):
                if not any(first[:2] <= start < first[2:] for first in spans):
                    yield Mutant(package, str(path.relative_to(ROOT)), name, occurrence, start[0])


def test_files(mutant: Mutant) -> list[str]:
    """Return the tests to run for a change, those first whose file is named like the module."""
    stem = Path(mutant.module).stem.rstrip("s")
    files: list[str] = []
    for place in TESTS[mutant.package]:
        path = ROOT / place
        files += [str(each.relative_to(ROOT)) for each in sorted(path.rglob("test_*.py"))] if path.is_dir() else [place]
    return sorted(files, key=lambda file: stem not in file)


def judge(mutant: Mutant, copy: Path, limit: float) -> Outcome:
    """Make a change in a copy of the project, run the tests, and undo it."""
    target = copy / mutant.module
    source = target.read_text(encoding="utf-8")
    changed = mutate_code(source, get_operator(mutant.operator)(), mutant.occurrence)
    began = time.monotonic()
    try:
        target.write_text(changed, encoding="utf-8")
        caught = not passes(copy, test_files(mutant), limit)
    finally:
        target.write_text(source, encoding="utf-8")
    old, new = source.splitlines(), changed.splitlines()
    lines = [f"    - {a.strip()}\n    + {b.strip()}" for a, b in zip(old, new, strict=False) if a != b]
    return Outcome(mutant, caught, time.monotonic() - began, "\n".join(lines[:1]))


def passes(copy: Path, files: Sequence[str], limit: float) -> bool:
    """Return whether all tests of some files pass in a copy within a time limit, in seconds."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--hypothesis-seed=1"]
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [*command, *files], cwd=copy, env=environment, capture_output=True, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def copy_project(folder: Path) -> Path:
    """Copy what the tests need and return the copy's place."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.is_file():
            shutil.copy(source, folder / name)
    return folder


def main() -> int:
    """Print each survivor, and the share that was caught by package; 0 if it is at least --floor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=150, help="how many changes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--package", action="append", choices=list(TESTS), help="only this one; repeatable")
    parser.add_argument("--limit", type=float, default=400, help="seconds for the tests of one change")
    parser.add_argument("--floor", type=float, default=0.85)
    parser.add_argument("--json", type=Path, help="write all outcomes to this file")
    options = parser.parse_args()
    every = [mutant for package in TESTS for mutant in mutants(package)]
    chosen = random.Random(options.seed).sample(every, min(options.count, len(every)))
    if options.package:
        chosen = [mutant for mutant in chosen if mutant.package in options.package]
    print(f"{len(every)} changes can be made, {len(chosen)} are", flush=True)
    copies: Queue[Path] = Queue()
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.jobs):
            copies.put(copy_project(Path(folder) / str(number)))

        def work(mutant: Mutant) -> Outcome:
            copy = copies.get()
            try:
                return judge(mutant, copy, options.limit)
            finally:
                copies.put(copy)

        with ThreadPoolExecutor(options.jobs) as pool:
            for outcome in pool.map(work, chosen):
                outcomes.append(outcome)
                word = "caught" if outcome.caught else "SURVIVED"
                where = f"{outcome.mutant.module}:{outcome.mutant.line} {outcome.mutant.operator}"
                print(f"{len(outcomes):3d} {word:8s} {outcome.seconds:4.0f} s  {where}", flush=True)
                if not outcome.caught:
                    print(outcome.diff, flush=True)
    totals = Counter(outcome.mutant.package for outcome in outcomes)
    caught = Counter(outcome.mutant.package for outcome in outcomes if outcome.caught)
    for package, total in totals.items():
        print(f"{package}: {caught[package]} of {total} caught ({caught[package] / total:.0%})")
    share = sum(caught.values()) / max(1, len(outcomes))
    print(f"together: {sum(caught.values())} of {len(outcomes)} caught ({share:.1%})")
    if options.json:
        rows = [{**each.mutant._asdict(), "caught": each.caught, "diff": each.diff} for each in outcomes]
        options.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")
    return int(share < options.floor)


if __name__ == "__main__":
    sys.exit(main())
