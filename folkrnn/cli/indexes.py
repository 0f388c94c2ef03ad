"""Where the index of a model's corpus is: beside the model, or kept from before, or made now and kept."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from folkrnn.errors import ModelError

if TYPE_CHECKING:
    from folkrnn.evaluation.originality import Index
    from folkrnn.model import Checkpoint


def index_at_hand(model: Path, checkpoint: "Checkpoint") -> "Index | None":
    """The index of the corpus of a model, if it need not be made; of one that cannot be read a line is told."""
    from folkrnn.evaluation.originality import Index, index_path

    for path in (index_path(model), _kept(checkpoint)):
        if path.is_file():
            try:
                return Index.load(path)
            except ModelError as error:
                click.echo(f"folkrnn: {error}", err=True)
    return None


def index_for(model: Path, checkpoint: "Checkpoint") -> "Index":
    """The index of the corpus of a model; that of a recipe is made where it is missing, and kept.

    Raises ModelError where the tunes that the model learned from are not at hand.
    """
    from folkrnn.corpus import kept_tunes, list_recipes
    from folkrnn.evaluation.originality import Index, name_of

    if index := index_at_hand(model, checkpoint):
        return index
    recipe = next((each for each in list_recipes() if each.settings() == checkpoint.corpus.recipe), None)
    if recipe is None:
        raise ModelError(f"{model}: the tunes that it learned from are not at hand; expected --corpus FILES")
    click.echo("reading the corpus, this once", err=True)
    tunes = kept_tunes(recipe, progress=lambda line: click.echo(line, err=True))
    index = Index.of((tune, name_of(tune.title, source)) for tune, source, _ in tunes)
    try:
        index.save(_kept(checkpoint))
    except ModelError as error:
        click.echo(f"folkrnn: {error}; the corpus is read anew each time", err=True)
    return index


def _kept(checkpoint: "Checkpoint") -> Path:
    from folkrnn.evaluation.originality import FORMAT

    return Path(click.get_app_dir("folkrnn")) / f"corpus-{checkpoint.corpus.digest}-{FORMAT}.npz"
