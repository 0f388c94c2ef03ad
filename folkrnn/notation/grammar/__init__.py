"""The incremental grammar: the characters that may come next in a playable tune."""

from folkrnn.notation.grammar.header import NO_WISH, Wish, form_cost
from folkrnn.notation.grammar.walk import Grammar, Walk

__all__ = ["NO_WISH", "Grammar", "Walk", "Wish", "form_cost"]
