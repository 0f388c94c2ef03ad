"""Stub."""


def plain_text(raw: str) -> str:
    """Stub."""
    return raw


def escaped_text(plain: str) -> str:
    """Stub."""
    return plain
