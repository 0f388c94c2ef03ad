"""The incremental grammar: which characters may come next, so that a playable tune comes out."""

from folkrnn.notation.grammar.header import form_cost
from folkrnn.notation.grammar.walk import Grammar, Walk

__all__ = ["Grammar", "Walk", "form_cost"]
