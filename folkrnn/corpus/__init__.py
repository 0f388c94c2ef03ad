"""Corpora: recipes, sources, cleaning, tune families, splits and statistics."""

from folkrnn.corpus.build import (
    SPLITS,
    Corpus,
    CorpusTune,
    build_corpus,
    field_values,
    kept_tunes,
    load_corpus,
    map_kept,
    merged_values,
    save_corpus,
    statistics,
)
from folkrnn.corpus.finding import find_corpus
from folkrnn.corpus.recipe import Recipe, SourceSettings, list_recipes, load_recipe, recipe_of
from folkrnn.corpus.sources import iter_tunes_in, music21_collection, read_text, source_files, tunes_in

__all__ = [
    "SPLITS",
    "Corpus",
    "CorpusTune",
    "Recipe",
    "SourceSettings",
    "build_corpus",
    "field_values",
    "find_corpus",
    "iter_tunes_in",
    "kept_tunes",
    "list_recipes",
    "load_corpus",
    "load_recipe",
    "map_kept",
    "merged_values",
    "music21_collection",
    "read_text",
    "recipe_of",
    "save_corpus",
    "source_files",
    "statistics",
    "tunes_in",
]
