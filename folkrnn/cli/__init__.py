"""The command line: parse, call, print. What is heavy is imported inside the commands."""

from folkrnn.cli.app import cli, main

__all__ = ["cli", "main"]
