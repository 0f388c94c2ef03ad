"""Entries of JSON objects, checked by the types of a dataclass's fields."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin

from folkrnn.errors import ModelError

_Kind = TypeVar("_Kind")

_LONGEST_SHOWN = 60
"""Characters of a wrong value that an error message shows."""


def read_settings(kind: type[_Kind], data: object, where: str) -> _Kind:
    """Return a dataclass of settings from a JSON object that holds all of them that have no default.

    Raise ModelError for an entry that is missing or of a wrong type; unknown entries are ignored.
    """
    entries = read_entries(kind, data, where)
    for each in fields(kind):  # type: ignore[arg-type]
        if each.name not in entries and each.default is MISSING and each.default_factory is MISSING:
            raise ModelError(f"{where} has no {each.name}")
    return kind(**entries)


def read_entries(kind: type, data: object, where: str, leave: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return those entries of a JSON object that are fields of a dataclass, but for the names in ``leave``.

    Raise ModelError for an entry that is not of its field's type.
    """
    held, found = read_object(data, where), {}
    for each in fields(kind):
        if each.name in held and each.name not in leave:
            check_type(held[each.name], each.type, f"{where} {each.name}")
            found[each.name] = held[each.name]
    return found


def read_object(data: object, where: str) -> Mapping[str, Any]:
    """Return data that should be a JSON object; raise ModelError if it is not."""
    check_type(data, Mapping[str, Any], where)
    assert isinstance(data, Mapping)
    return data


def check_type(value: object, kind: Any, where: str) -> None:
    """Raise ModelError, which names ``where``, for a value from JSON that is not of a type."""
    if not _is_of(value, kind):
        shown = repr(value)
        if len(shown) > _LONGEST_SHOWN:
            shown = shown[:_LONGEST_SHOWN] + "…"
        raise ModelError(f"{where}={shown} should be {_named(kind)}")


def _is_of(value: object, kind: Any) -> bool:
    """Return whether a value from JSON is of a field's type; whole numbers are also numbers."""
    if kind is Any:
        return True
    if get_origin(kind) is UnionType:
        return any(_is_of(value, each) for each in get_args(kind))
    if get_origin(kind) is Mapping:
        values = get_args(kind)[1]
        return isinstance(value, dict) and all(_is_of(each, values) for each in value.values())
    if get_origin(kind) is list:
        return isinstance(value, list) and all(_is_of(each, get_args(kind)[0]) for each in value)
    if kind in (int, float) and isinstance(value, bool):
        return False
    return isinstance(value, (int, float) if kind is float else kind)


def _named(kind: Any) -> str:
    names = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", NoneType: "null"}
    if get_origin(kind) is UnionType:
        return " or ".join(map(_named, get_args(kind)))
    if get_origin(kind) is list:
        return f"a list, each entry {_named(get_args(kind)[0])}"
    if get_origin(kind) is Mapping:
        values = get_args(kind)[1]
        return "an object" if values is Any else f"an object, each entry {_named(values)}"
    return names[kind]
