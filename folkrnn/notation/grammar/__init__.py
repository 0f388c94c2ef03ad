"""The incremental grammar: which characters may come next, so that a playable tune comes out."""

from folkrnn.notation.grammar.header import form_cost
from folkrnn.notation.grammar.walk import LEAST_CHARACTERS, Grammar, Walk

__all__ = ["LEAST_CHARACTERS", "Grammar", "Walk", "form_cost"]
