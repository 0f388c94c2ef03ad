"""Validation: is a tune playable, and what would a player say about it."""

from folkrnn.validation.report import Report
from folkrnn.validation.validate import ReportQueue, validate_all, validate_tune

__all__ = ["Report", "ReportQueue", "validate_all", "validate_tune"]
