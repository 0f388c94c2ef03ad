"""Validation: is a tune playable, and what would a player say about it."""

from folkrnn.validation.report import Report
from folkrnn.validation.validate import validate, validate_all

__all__ = ["Report", "validate", "validate_all"]
