"""The corpus that a user names: a recipe, a built corpus, or ABC files and folders."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from folkrnn.corpus.build import Corpus, build_corpus, load_corpus
from folkrnn.corpus.recipe import list_recipes, load_recipe, recipe_of

if TYPE_CHECKING:
    from folkrnn.cluster import Cluster


def find_corpus(
    names: Sequence[str],
    progress: Callable[[str], None] | None = None,
    jobs: int = 1,
    cluster: "Cluster | None" = None,
) -> Corpus:
    """Return the corpus of a recipe's name or file, of a built folder, or of ABC files and folders (- is stdin).

    ``progress`` gets a line for each source; ``jobs`` processes, or a ``cluster``, read the files.
    Raises CorpusError for what is none of these or leaves no tune.
    """
    if len(names) == 1:
        (name,) = names
        if (Path(name) / "corpus.json").is_file():
            return load_corpus(Path(name))
        known = {recipe.name for recipe in list_recipes()}
        if name.endswith(".toml") or name in known or (name != "-" and not Path(name).exists()):
            return build_corpus(load_recipe(name), progress, jobs, cluster)
    return build_corpus(recipe_of(names), progress, jobs, cluster)
