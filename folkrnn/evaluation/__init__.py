"""Measures of a model: bits per note and per character."""

from folkrnn.evaluation.bits import Bits, measure_bits, summarise

__all__ = ["Bits", "measure_bits", "summarise"]
