"""Who may import whom, and what stays out until it is needed."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "folkrnn"

FREE = {"cluster", "errors", "files", "spool", "processes", "__version__"}
"""What every room may import."""

MAY_IMPORT = {
    "errors": set(),
    "files": set(),
    "processes": set(),
    "cluster": set(),
    "notation": set(),
    "score": {"notation"},
    "importing": {"notation", "score"},
    "corpus": {"notation", "importing"},
    "model": {"notation"},
    "generation": {"notation", "model"},
    "validation": {"notation", "score"},
    "player": set(),
    "export": {"notation", "score", "player"},
    "notebook": {"notation", "export"},
    "analysis": {"notation", "corpus"},
    "composition": {"notation", "corpus", "model", "generation", "validation", "analysis"},
    "evaluation": {"notation", "corpus", "model", "generation", "score", "validation", "analysis", "composition"},
    "training": {"notation", "corpus", "model", "analysis", "composition", "evaluation"},
    "api": {"notation", "corpus", "validation", "export", "importing", "composition", "training"},
    "studio": {"notation", "model", "validation", "player", "export", "importing", "composition"},
}
HEAVY = {
    "torch": {"model", "generation", "composition"},
    "music21": {"score", "importing"},
    "verovio": {"export"},
    "typst": {"export"},
    "sklearn": {"evaluation"},
    "distributed": {"cluster.py"},
    "pyarrow": {"corpus"},
    "duckdb": {"analysis"},
}


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def modules(room: str) -> list[Path]:
    return sorted((PACKAGE / room).rglob("*.py")) if (PACKAGE / room).is_dir() else [PACKAGE / f"{room}.py"]


UPWARDS = {("notation/tune.py", "notebook")}
"""The one import in the other direction: a notebook finds the method of a tune by its name."""


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_point_upwards_only(room: str) -> None:
    for path in modules(room):
        rooms = {name.split(".")[1] for name in imports(path) if name.startswith("folkrnn.")}
        rooms -= {up for place, up in UPWARDS if path == PACKAGE / place}
        assert rooms - MAY_IMPORT[room] - FREE - {room} == set(), path


@pytest.mark.parametrize("name", HEAVY)
def test_a_heavy_library_is_imported_in_its_own_rooms_only(name: str) -> None:
    for path in PACKAGE.rglob("*.py"):
        if any(each.split(".")[0] == name for each in imports(path)):
            assert path.relative_to(PACKAGE).parts[0] in HEAVY[name], path


def loaded_by(*arguments: str) -> set[str]:
    code = (
        "import sys\nfrom folkrnn.cli import main\n"
        f"try:\n    main({list(arguments)!r})\nexcept SystemExit:\n    pass\n"
        "print('\\n'.join(sorted({name.split('.')[0] for name in sys.modules})), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stderr.split())


def test_help_loads_nothing_heavy() -> None:
    assert not loaded_by("--help") & {"torch", "music21", "verovio", "typst", "mido", "matplotlib", "numpy"}


@pytest.mark.parametrize(
    "arguments",
    [
        "generate --key H",
        "generate --rhythm nonsense",
        "generate --model nowhere",
        "generate -o README.md",
        "generate -o x.m4a",
        "generate --start ABC[",
        "continue nowhere.abc --bars 4",
        "continue TUNE --bars 4 --model nowhere",
        "rewrite TUNE --bars 3",
        "rewrite TUNE --tune 2 --bars 1",
        "vary TUNE --closeness 11",
        "vary TUNE --model nowhere",
        "train nowhere.toml",
        "train --from nowhere -o nowhere",
        "train --resume -o nowhere",
        "evaluate --model nowhere",
        "originality nowhere.abc",
        "validate nowhere.abc",
        "export nowhere.abc --format midi",
        "play nowhere.abc",
    ],
)
def test_bad_arguments_are_refused_before_anything_heavy_is_loaded(arguments: str, tmp_path: Path) -> None:
    tune = tmp_path / "tune.abc"
    tune.write_text("X:1\nT:One\nM:2/4\nL:1/8\nK:D\nDEFG|A4|\n")
    loaded = loaded_by(*arguments.replace("TUNE", str(tune)).split())
    assert not loaded & {"torch", "music21", "verovio", "typst", "mido", "matplotlib"}


def test_validate_never_loads_torch(tmp_path: Path) -> None:
    tune = tmp_path / "tune.abc"
    tune.write_text("X:1\nT:One\nM:2/4\nL:1/8\nK:D\nDEFG|A4|\n")
    loaded = loaded_by("validate", str(tune))
    assert "music21" in loaded
    assert "torch" not in loaded


def test_every_package_is_in_the_wheel() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    found = {".".join(path.parent.relative_to(ROOT).parts) for path in PACKAGE.rglob("__init__.py")}
    assert listed == found | {"folkrnn.recipes"}
