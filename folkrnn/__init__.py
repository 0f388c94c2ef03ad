"""folkrnn composes, validates, plays and prints folk tunes in ABC notation."""

__version__ = "0.1.0"
