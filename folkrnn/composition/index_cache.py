"""Where the index of a model's corpus is: beside the model, or in the user's cache, or made now and kept there.

The environment variable FOLKRNN_CACHE moves the cache.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from platformdirs import user_cache_path

from folkrnn.analysis.originality import INDEX_FORMAT, Index, IndexEntry, index_path, name_of
from folkrnn.corpus import list_recipes, map_kept
from folkrnn.errors import ModelError
from folkrnn.model.provenance import CorpusProvenance

_log = logging.getLogger(__name__)


class Interrupted(Exception):
    """The work was stopped before its end, as was wanted."""


def cache_folder() -> Path:
    """Return the folder for what can be made again: FOLKRNN_CACHE, or the system's place for caches."""
    wanted = os.environ.get("FOLKRNN_CACHE")
    return Path(wanted) if wanted else user_cache_path("folkrnn", appauthor=False)


def index_is_kept(model: Path, corpus: CorpusProvenance) -> bool:
    """Return whether the index of a model's corpus lies in a file, which other processes can read."""
    return index_path(model).is_file() or _kept(corpus).is_file()


def index_at_hand(model: Path, corpus: CorpusProvenance) -> Index | None:
    """Return the index of a model's corpus if it need not be made; log one that cannot be read."""
    for path in (index_path(model), _kept(corpus)):
        if path.is_file():
            try:
                return Index.load(path)
            except ModelError as error:
                _log.warning("%s", error)
    return None


def index_for(model: Path, corpus: CorpusProvenance, stop: Callable[[], bool] = lambda: False, jobs: int = 1) -> Index:
    """Return the index of a model's corpus; that of a recipe is made if it is missing, by ``jobs`` processes, and kept.

    Raises ModelError if the tunes that the model learned from are not at hand, and Interrupted once ``stop``
    is true.
    """
    if index := index_at_hand(model, corpus):
        return index
    recipe = next((each for each in list_recipes() if each.settings() == corpus.recipe), None)
    if recipe is None:
        raise ModelError(f"{model}: the tunes that it learned from are not at hand; expected a corpus of them")
    _log.info("reading the corpus, this once")

    def named() -> Iterator[tuple[IndexEntry, str]]:
        # Closed at once if it is stopped, so that no process goes on.
        with closing(map_kept(IndexEntry.of, recipe, progress=_log.info, jobs=jobs)) as entries:
            for entry, source, _ in entries:
                if stop():
                    raise Interrupted
                yield entry, name_of(entry.title, source)

    index = Index.of_entries(named())
    _keep(index, _kept(corpus))
    return index


def _keep(index: Index, path: Path) -> None:
    try:
        index.save(path)
    except ModelError as error:
        _log.warning("%s; the corpus is read again each time", error)


def _kept(corpus: CorpusProvenance) -> Path:
    """Return the place of a kept index."""
    return cache_folder() / f"corpus-{corpus.digest}-{INDEX_FORMAT}.index"
