"""Corpora: recipes, sources, cleaning, tune families and splits."""
