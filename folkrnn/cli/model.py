"""``folkrnn model``: what a model has learned."""

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from folkrnn.cli.outputs import counted, table

if TYPE_CHECKING:
    from folkrnn.model.repertoire import Repertoire

SHOWN_KEYS = 5
"""The most keys of a rhythm that the table shows."""


@click.command("model")
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[FILE]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def model_command(file: Path | None, as_json: bool) -> None:
    """Say what a model has learned.

    Prints the rhythms that one may ask for: how many tunes of each the model learned from, their meters and commonest
    keys, and the share of the rhythm among tunes of which nothing is asked. A rhythm that the model has hardly learned
    is composed on the nearest one. Then come the origins and the keys, with their numbers of tunes. Without a file it
    is the model that ships with folkrnn.
    """
    from folkrnn.model.locations import model_or_bundled
    from folkrnn.model.metadata import read_corpus_provenance

    path = model_or_bundled(file)
    corpus = read_corpus_provenance(path)
    found = _learned(corpus.learned)
    if as_json:
        click.echo(json.dumps({"model": str(path), "counted": bool(corpus.repertoire), **found}, indent=2))
        return
    name, tunes = corpus.recipe.get("name", ""), corpus.repertoire.tunes
    told = f"{counted(tunes, 'tune')} of the corpus {name}" if tunes else "it does not tell how many tunes"
    click.echo(f"{path.name}: {told}")
    header = ["rhythm", "tunes", "meters", "keys", "unasked", "composed as"]
    rows = [
        [
            each["rhythm"],
            each["tunes"],
            " ".join(each["meters"]),
            " ".join(list(each["keys"])[:SHOWN_KEYS]),
            f"{each['share']:.0%}" if each["share"] else "",
            each["composed_as"],
        ]
        for each in found["rhythms"]
    ]
    click.echo(table(header, rows))
    for field in ("origins", "keys"):
        click.echo(f"{field}: " + ", ".join(f"{value} {count:,}" for value, count in found[field].items()))


def _learned(repertoire: "Repertoire") -> dict[str, Any]:
    """Return the rhythms, origins and keys of a repertoire as plain data, commonest first."""
    from folkrnn.composition.programme import composed_as, composed_on
    from folkrnn.notation.rhythms import RHYTHMS, rhythm_named

    total = sum(repertoire.mix.values())
    shares = {name: weight / total for name, weight in repertoire.mix.items() if weight}
    known = {rhythm.name if (rhythm := rhythm_named(name)) else name for name in repertoire.rhythms}
    names = [*repertoire.rhythms, *(rhythm.name for rhythm in RHYTHMS if rhythm.name not in known)]
    rhythms = []
    for name in names:
        meters = repertoire.usual_meters(name)
        meter = meters[0] if meters else ""
        learned = composed_on(repertoire, name, meter)
        keys = Counter[str]()
        for row in repertoire.headers:
            if row.rhythm == learned and row.meter in meters:
                keys[row.key] += row.tunes
        rhythms.append(
            {
                "rhythm": name,
                "tunes": repertoire.count(name),
                "meters": {meter: repertoire.meters(name).get(meter, 0) for meter in meters},
                "keys": dict(keys.most_common()),
                "share": round(shares.get(name, 0), 4),
                "composed_as": composed_as(name, learned, meter),
            }
        )
    values = {field: Counter[str]() for field in ("origins", "keys")}
    for row in repertoire.headers:
        values["origins"][row.origin] += row.tunes
        values["keys"][row.key] += row.tunes
    del values["origins"][""]
    return {"rhythms": rhythms, **{field: dict(counts.most_common()) for field, counts in values.items()}}
