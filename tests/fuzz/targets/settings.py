"""
Settings of any content, in the dict and in the environment.

Each line is a variable, `NAME=value`, or an entry of the dict, `key value` or
`group.key value`, whose value is JSON, or text where it is not, or the name of one of
`OBJECTS`.

- Making a `Config`, its properties and `new_tracer()` raise nothing but `ConfigError`.
- `explain()` explains every setting; if it has no error, there can be a tracer.
- The dict is not changed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from typing import Final, cast

from jaeger_client import Config
from jaeger_client.config import table
from jaeger_client.config.explanation import Explanation
from jaeger_client.errors import ConfigError
from tests.fuzz.oracles import check_error, check_line, checked_log
from tests.fuzz.reader import Liar, OddDict, OddNumber, OddText, Raising, RaisingTwice

PROPERTIES: Final = [
    name for name, value in vars(Config).items() if isinstance(value, property)
]
IS_VARIABLE: Final = re.compile(r"(JAEGER|OTEL)_[A-Z0-9_]*").fullmatch
OBJECTS: Final[Mapping[str, object]] = {
    "!raising": Raising(),
    "!twice": RaisingTwice(),
    "!liar": Liar(),
    "!text": OddText("text"),
    "!number": OddNumber(1),
    "!dict": OddDict(a="b"),
    "!bytes": b"bytes",
    "!set": {1, "a"},
    "!tuple": ("a", "b"),
    "!call": print,
    "!large": 10**5000,
}


def fuzz_one(data: bytes) -> None:
    """Explain the settings in *data*, and create a tracer with them."""
    config, environ = settings_of(data.decode("utf-8", "surrogateescape"))
    before = content_of(config)
    number = sum(data)
    name = "shop" if number % 4 else None
    with checked_log(), only_environ(environ), suppress_checked():
        # A part of the operations, selected by the input, because each takes time.
        made = Config(config, None, name, validate=number % 3 == 0)  # type: ignore[arg-type]  # any keys
        if number % 3 == 1:
            getattr(made, PROPERTIES[number // 3 % len(PROPERTIES)])
        else:
            check_tracer(made)
    assert before == content_of(config)


def check_tracer(config: Config) -> None:
    """A tracer can be created, unless an explanation shows an error."""
    try:
        config.new_tracer().close(0)
    except ConfigError as error:
        check_error(error)
        explanation = config.explain()
        check_explanation(explanation)
        if not explanation.errors:
            raise AssertionError(explanation) from error


def check_explanation(explanation: Explanation) -> None:
    """Each setting is explained, in lines that can be printed."""
    keys = {setting.key for setting in explanation}
    assert table.KEYS - keys <= {"tags"}
    for line in str(explanation).split("\n"):
        check_line(line)
    check_line(repr(explanation))


def settings_of(text: str) -> tuple[dict[object, object], dict[str, str]]:
    """Return the dict and the variables in *text*."""
    config: dict[object, object] = {}
    environ: dict[str, str] = {}
    for line in text.split("\n"):
        name, equals, value = line.partition("=")
        if equals and IS_VARIABLE(name):
            environ[name] = value.replace("\0", "")
            continue
        key, _, value = line.partition(" ")
        group, dot, inner = key.partition(".")
        entries = config.setdefault(group, {}) if dot else config
        name = inner if dot else key
        if type(entries) is dict:
            # Not every object can be a key.
            with suppress(TypeError):
                entries[OBJECTS.get(name, name)] = parsed(value)
    return config, environ


def parsed(text: str) -> object:
    """Return the value of *text*."""
    if text in OBJECTS:
        return OBJECTS[text]
    with suppress(ValueError, RecursionError):
        value: object = json.loads(text)
        return value
    return text


def content_of(value: object) -> object:
    """Return a value that changes only if a dict, or one in it, is changed."""
    if type(value) is not dict:
        return id(value)
    entries = cast("dict[object, object]", value)
    return [(id(key), content_of(each)) for key, each in entries.items()]


@contextmanager
def suppress_checked() -> Generator[None]:
    """Ignore a `ConfigError`, but check it."""
    try:
        yield
    except ConfigError as error:
        check_error(error)


@contextmanager
def only_environ(environ: Mapping[str, str]) -> Generator[None]:
    """Set these variables and no others of this library."""
    before = {name: value for name, value in os.environ.items() if IS_VARIABLE(name)}
    for name in before:
        del os.environ[name]
    os.environ.update(environ)
    try:
        yield
    finally:
        for name in environ:
            del os.environ[name]
        os.environ.update(before)
