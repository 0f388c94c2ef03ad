"""The README's commands exist, with the options it gives them."""

import re
import shlex
from pathlib import Path

import click
import pytest

from folkrnn.cli import cli

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
COMMANDS = [line.split("#")[0].strip() for line in README.splitlines() if re.match(r"    folkrnn [a-z]+ ", line)]
COMMANDS = [line for line in COMMANDS if not line.startswith("folkrnn/")]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_readme_is_understood(line: str) -> None:
    words = shlex.split(line)[1:]
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group):
        command = command.get_command(context, words.pop(0)) or pytest.fail(line)
    command.make_context("folkrnn", words)  # raises for an unknown option or a value it does not take


def test_the_readme_shows_commands() -> None:
    assert len(COMMANDS) > 8


@pytest.mark.parametrize("path", re.findall(r"\]\(([\w./-]+)\)|^    ((?:folkrnn|corpora|scripts)/\w*)", README, re.M))
def test_what_the_readme_points_to_is_there(path: tuple[str, str]) -> None:
    assert (Path(__file__).parents[1] / (path[0] or path[1])).exists()
