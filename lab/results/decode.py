"""Turns parsed JSON back into dataclasses, strictly enough to notice a foreign file."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any, TypeVar

T = TypeVar("T")


class DecodeError(ValueError):
    """The data does not have the shape of the class; the message names the place."""


def decode(kind: type[T], data: Any, place: str = "results") -> T:
    """Return `data` as a `kind`; unknown keys are ignored, for files of newer versions.

    Raises:
        DecodeError: a key is missing, or a value has another type.
    """
    value = _decode(kind, data, place)
    return typing.cast("T", value)


def _decode(kind: Any, data: Any, place: str) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _decode_fields(kind, data, place)
    if origin is types.UnionType:
        return None if data is None else _decode(arguments[0], data, place)
    if origin in (dict, list, tuple):
        return _decode_many(origin, arguments, data, place)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    return _expect(kind, data, place)


def _decode_many(origin: Any, arguments: tuple[Any, ...], data: Any, place: str) -> Any:
    if origin is dict:
        entries = _expect(dict, data, place).items()
        return {key: _decode(arguments[1], value, f"{place}.{key}") for key, value in entries}
    values = _expect(list, data, place)
    if origin is tuple:
        return _decode_tuple(arguments, values, place)
    return [_decode(arguments[0], value, f"{place}[{i}]") for i, value in enumerate(values)]


def _decode_tuple(arguments: tuple[Any, ...], data: list[Any], place: str) -> tuple[Any, ...]:
    if arguments[-1] is Ellipsis:
        arguments = (arguments[0],) * len(data)
    if len(arguments) != len(data):
        raise DecodeError(f"{place}: {len(arguments)} values expected, found {len(data)}")
    pairs = enumerate(zip(arguments, data, strict=True))
    return tuple(_decode(kind, value, f"{place}[{index}]") for index, (kind, value) in pairs)


def _decode_fields(kind: Any, data: Any, place: str) -> Any:
    _expect(dict, data, place)
    hints = typing.get_type_hints(kind)
    values = {}
    for field in dataclasses.fields(kind):
        if field.name in data:
            values[field.name] = _decode(
                hints[field.name], data[field.name], f"{place}.{field.name}"
            )
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise DecodeError(f"{place}.{field.name} is missing")
    return kind(**values)


def _expect(kind: type[Any], data: Any, place: str) -> Any:
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        raise DecodeError(f"{place}: {kind.__name__} expected, found {type(data).__name__}")
    return data
