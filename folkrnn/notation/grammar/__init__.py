"""The incremental grammar: the characters that may come next in a playable tune."""

from folkrnn.notation.grammar.header import form_cost
from folkrnn.notation.grammar.walk import Grammar, Walk

__all__ = ["Grammar", "Walk", "form_cost"]
