"""``folkrnn corpus``: list, build and describe corpora."""

import json
import logging
from pathlib import Path

import click

from folkrnn.cli.clusters import cluster_option, on_cluster
from folkrnn.cli.console import quiet_option, tell
from folkrnn.cli.interrupts import Interrupts, Stopped
from folkrnn.cli.outputs import counted, table
from folkrnn.processes import processors


@click.group()
def corpus() -> None:
    """List, build and describe corpora."""


@corpus.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(as_json: bool) -> None:
    """List the recipes that ship with folkrnn."""
    from folkrnn.corpus import list_recipes

    recipes = list_recipes()
    if as_json:
        click.echo(
            json.dumps([{**recipe.settings(), "description": recipe.description} for recipe in recipes], indent=2)
        )
        return
    for recipe in recipes:
        click.echo(f"{recipe.name}: {recipe.description}")
        for source in recipe.sources:
            click.echo(f"    {source.name}: {source.title}" if source.title else f"    {source.name}")


@corpus.command()
@click.argument("sources", nargs=-1, required=True, metavar="RECIPE-or-FILES…")
@click.option("-o", "--output", "folder", required=True, type=click.Path(path_type=Path), help="Folder to write.")
@click.option("--force", is_flag=True, help="Overwrite a corpus that is there.")
@click.option(
    "--records", type=click.Path(path_type=Path), metavar="FILE.parquet", help="Write a table too, one row a tune."
)
@cluster_option
@quiet_option
def build(sources: tuple[str, ...], folder: Path, force: bool, records: Path | None, cluster: str | None) -> None:
    """Build a corpus.

    It is made from a recipe, or from ABC, MusicXML and MIDI files and folders; - is standard input.
    """
    from folkrnn.corpus import find_corpus, save_corpus

    if records:
        from folkrnn.corpus import records as table_file

        table_file.check_records(records, force)
    with on_cluster(cluster) as workers:
        made = find_corpus(sources, logging.getLogger("folkrnn").info, processors(), workers)
        with Interrupts() as interrupts:  # all of its files take their places, or none
            save_corpus(made, folder, force)
        if interrupts.pressed:
            raise Stopped(interrupts.number)
        if records:
            rows = table_file.records(made.tunes, processors(), workers)
            table_file.write_records(rows, records, force)
    for name, reasons in made.dropped.items():
        told = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items(), key=lambda item: -item[1]))
        tell(f"{name}: left out {told}")
    tell(f"{counted(len(made.tunes), 'tune')} in {folder}")


@corpus.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def stats(folder: Path, as_json: bool) -> None:
    """Describe a corpus that was built.

    Prints tunes, families, notes and the commonest fields, by split.
    """
    from folkrnn.corpus import SPLITS, load_corpus, statistics

    loaded = load_corpus(folder)
    figures = {split: statistics(loaded.of(split)) for split in SPLITS}
    if as_json:
        click.echo(json.dumps({"splits": figures, "dropped": loaded.dropped}, indent=2))
        return
    counts = ("tunes", "families", "playable", "notes", "characters")
    click.echo(table(["split", *counts], [[split, *(figures[split][count] for count in counts)] for split in SPLITS]))
    for field in ("rhythms", "origins", "meters", "keys"):
        values = figures["train"][field]
        click.echo(f"{field}: " + ", ".join(f"{value} {count}" for value, count in values.items()))
    for name, reasons in loaded.dropped.items():
        click.echo(f"left out of {name}: " + ", ".join(f"{reason} {count}" for reason, count in reasons.items()))
