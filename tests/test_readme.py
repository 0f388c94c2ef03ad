"""The README's commands and calls exist, with the options it gives them; links in documents lead somewhere."""

import ast
import inspect
import re
import shlex
from pathlib import Path

import click
import pytest

import folkrnn
from folkrnn.cli import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [line.split("#")[0].strip() for line in README.splitlines() if re.match(r"    folkrnn [a-z]+( |$)", line)]
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.S)
CALLS = [
    node
    for snippet in SNIPPETS
    for node in ast.walk(ast.parse(snippet))
    if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("folkrnn.")
]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_readme_is_understood(line: str) -> None:
    words = shlex.split(line)[1:]
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group):
        command = command.get_command(context, words.pop(0)) or pytest.fail(line)
    command.make_context("folkrnn", words)  # raises for an unknown option or a value it does not take


def test_the_readme_shows_commands() -> None:
    assert len(COMMANDS) > 20


@pytest.mark.parametrize("call", CALLS, ids=ast.unparse)
def test_a_call_of_the_readme_takes_these_arguments(call: ast.Call) -> None:
    function = getattr(folkrnn, ast.unparse(call.func).removeprefix("folkrnn."))
    # Raises TypeError for an argument that the function does not take.
    inspect.signature(function).bind(*call.args, **{keyword.arg: None for keyword in call.keywords if keyword.arg})


def test_the_readme_shows_calls() -> None:
    assert len(CALLS) > 5


DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
LINKS = [
    (str(document.relative_to(ROOT)), target)
    for document in DOCUMENTS
    for target in re.findall(r"\]\(([\w./-]+)(?:#[\w-]*)?\)", document.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(("document", "target"), LINKS)
def test_what_a_document_points_to_is_there(document: str, target: str) -> None:
    assert ((ROOT / document).parent / target).exists()


HEADINGS = [
    (document, path or document.name, heading)
    for document in DOCUMENTS
    for path, heading in re.findall(r"\]\(([\w./-]*\.md|)#([\w-]+)\)", document.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(("document", "path", "heading"), HEADINGS, ids=lambda each: str(getattr(each, "name", each)))
def test_the_heading_that_a_document_points_to_is_there(document: Path, path: str, heading: str) -> None:
    lines = (document.parent / path).read_text(encoding="utf-8").splitlines()
    titles = [line.lstrip("#").strip().lower() for line in lines if line.startswith("#")]
    assert heading in [re.sub(r"[^\w -]", "", title).replace(" ", "-") for title in titles]


def test_every_module_has_its_place_in_the_architecture() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    modules = {path.stem for path in (ROOT / "folkrnn").rglob("*.py")} - {"__init__", "__main__"}
    assert sorted(each for each in modules if not re.search(rf"\b{each}\b", text)) == []


@pytest.mark.parametrize("path", re.findall(r"^    ((?:folkrnn|corpora|scripts)/[\w.]*)", README, re.M))
def test_the_rooms_of_the_readme_are_there(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_readme_installs_the_torch_that_was_tested() -> None:
    pinned = re.search(r"^torch==.*$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.M)
    assert pinned
    assert f"install {pinned[0]} " in README
