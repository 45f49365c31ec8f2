"""Secrets that are found wherever they appear, and settings that contain them."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from jaeger_client.config import table
from jaeger_client.config.settings import Param

CANARY: Final = "canary"
"""A part of every secret, and of nothing else."""

USER: Final = "canary-user"
PASSWORD: Final = "canary p@ss/w:\u00f6rd-canary"
TOKEN: Final = "canary-token-0123456789"

PROGRAM: Final = Path(__file__).parent / "programs" / "show_everything.py"
_TIMEOUT: Final = 55.0

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{8,}")

OTHERS: Final = {
    "AWS_SECRET_ACCESS_KEY": "canary-aws",
    "DATABASE_URL": "postgres://canary:canary@127.0.0.1/canary",
    "HTTP_PROXY": "http://canary:canary@127.0.0.1:9",
    "HTTPS_PROXY": "http://canary:canary@127.0.0.1:9",
    "NETRC": "/canary",
}
"""Variables of other software, which are set in every case."""


@dataclass(frozen=True)
class Case:
    """A configuration that `programs/show_everything.py` uses."""

    name: str
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    sends: bool = False


def observe(cases: Iterable[Case], directory: Path) -> dict[str, list[str]]:
    """Return the lines that can be observed of each case, by its name."""
    path = directory / "cases.json"
    listed = [vars(case) for case in cases]
    path.write_text(json.dumps(listed), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-X", "utf8", PROGRAM, path],
        env={**os.environ, **OTHERS, "PYTHONPATH": str(PROGRAM.parents[3])},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_TIMEOUT,
        check=False,
        encoding="utf-8",
        errors="replace",
    )
    assert 0 == done.returncode, done.stdout[-3000:]
    observed: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in done.stdout.splitlines():
        if line.startswith("BEGIN "):
            lines = observed[line.removeprefix("BEGIN ")] = []
        lines.append(line)
    assert len(listed) == len(observed)
    return observed


def find_secrets(text: str) -> bool:
    """Return whether *text* contains a secret: as it is, quoted, or in Base64."""
    texts = (text, unquote(text), *_decoded(text))
    return any(CANARY in each.lower() for each in texts)


def leaks_in(observed: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the beginnings of lines with a secret, with the names of their cases."""
    return [
        f"{name}: {line[:300]}"
        for name, lines in observed.items()
        for line in lines
        if find_secrets(line) and not line.startswith("BEGIN ")
    ]


def _decoded(text: str) -> Iterator[str]:
    for found in _BASE64.findall(text):
        # From each of the four places where a group of characters may begin.
        for start in range(4):
            piece = found[start:].replace("-", "+").replace("_", "/")
            piece = piece[: len(piece) // 4 * 4]
            try:
                yield base64.b64decode(piece).decode("latin-1")
            except binascii.Error:
                continue


URLS: Final = (
    "http://canary-user:canary-pw@host:1/?token=canary-token",
    "http://canary-user:canary/canary?canary#canary@host:1/",
    "http://canary-user:canary-pw@host:port/",
    "http://canary-user:canary-pw@[::1/",
    "http:canary-user:canary-pw@host",
    "ftp://canary-user:canary-pw@host",
    "canary-user:canary-pw@host:14268/api/traces?api_key=canary",
    "http://canary-user:canary\npw@host/",
    " http://canary-user:canary-pw@ho st/ ",
)
"""URLs with user information, most of them invalid."""

TEXTS: Final = (
    "password=canary1,Authorization=Bearer canary2",
    "Authorization: Bearer canary",
    "Bearer canary-0123456789-canary",
    '{"token": "canary", "password": "canary',
    "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----",
    f"{'x' * 5000} http://canary:canary@host",
)
"""Texts that contain a secret, as its context shows."""

OBJECTS: Final = (
    {"password": "canary", "url": "http://me:canary@host", "api_key": ["canary"]},
    ["http://me:canary@host", {"token": "canary"}],
    [["password=canary"]],
)
"""Values of wrong types, with secrets in them."""

PLAIN: Final = (
    "canary",
    "canary\r\nX-Canary: canary",
    "x-team: canary=",
    "x-team=canary\x7f",
    "x-team=canary,canary",
    "x team=canary",
)
"""Values of settings that are secret as a whole; most of them cannot be used."""

PLAIN_OBJECTS: Final = (
    ["canary"],
    {"x": {"y": "canary"}, "x y": "canary"},
    {"x": "canary\n"},
)
"""The same, of other types than text."""

_ALONE: Final = {table.ENDPOINT, table.AGENT_HOST, table.AGENT_PORT, table.METRICS}
"""Settings that make others irrelevant, or whose error is reported before any other."""


@dataclass(frozen=True)
class _Place:
    """A place for a setting: the dict, or the nth of its variables."""

    param: Param[object]
    source: int
    """0 for the dict, n for the nth variable."""
    name: str
    read: Callable[[object], object] | None = None
    """Reads the value, if there is a reader for it."""

    def values(self) -> Sequence[object]:
        """Return the values with secrets that can be put here."""
        is_secret = self.param.is_secret
        texts = (*URLS, *TEXTS, *(PLAIN if is_secret else ()))
        objects = (*OBJECTS, *(PLAIN_OBJECTS if is_secret else ()))
        return texts if self.source else (*texts, *objects)

    def accepts(self, value: object) -> bool:
        """Return whether *value* can be used, so that a tracer can be created."""
        try:
            return self.read is not None and self.read(value) is not None
        except ValueError:
            return False


def settings_with_secrets() -> Iterator[Case]:
    """
    Return cases with secrets in each setting, in the dict and in each variable.

    A value that cannot be used is an error; one case may have many errors.
    """
    wrong = defaultdict[tuple[int, str], list[_Place]](list)
    values = dict[str, object]()
    for place in _places():
        for number, value in enumerate(place.values()):
            text = repr(value)
            values[text] = value
            if place.param in _ALONE or place.accepts(value):
                yield _case(f"{place.name} {number}", value, place)
            else:
                wrong[place.source, text].append(place)
    for number, ((_, text), places) in enumerate(wrong.items()):
        yield _case(f"wrong {number}", values[text], *places)


def _places() -> Iterator[_Place]:
    for param in table.PARAMS:
        # The name of the service is not a secret: it is sent to every server.
        if param is not table.SERVICE_NAME:
            yield _Place(param, 0, param.key, param.read)
            readers = (
                *param.variables.items(),
                *dict.fromkeys(param.influences).items(),
            )
            for number, (name, read) in enumerate(readers, 1):
                yield _Place(param, number, name, read)


def _case(name: str, value: object, *places: _Place) -> Case:
    if places[0].source:
        # Without an endpoint, OpenTelemetry's variables are not used.
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
        return Case(name, environ=environ | {each.name: str(value) for each in places})
    config: dict[str, Any] = {}
    for each in places:
        _put(config, each.name, value)
    return Case(name, config)


def unknown_settings() -> Iterator[Case]:
    """Return cases with secrets in unknown settings."""
    keys = ("password", "passwd", "collector.pasword", "agent.token", "api_key")
    for key in keys:
        for value in ("canary", {"canary": "canary"}):
            yield Case(
                f"unknown {key} {value}".replace(CANARY, ""), _nested(key, value)
            )
    for name in ("PASSWD", "TOKEN", "API_KEY", "COLLECTOR_PASSWORD", "AUTH_TOKENS"):
        yield Case(f"unknown {name}", environ={f"JAEGER_{name}": "canary"})
    yield Case("in a key", {"http://me:canary@host": 1, "password=canary": 1})
    yield Case("placeholder", environ={"JAEGER_TAGS": "key=${AWS_SECRET_ACCESS_KEY}"})


def _put(config: dict[str, Any], key: str, value: object) -> None:
    group, _, name = key.rpartition(".")
    if group == "collector":
        config.setdefault(group, {"endpoint": "http://127.0.0.1:9"})
    (config.setdefault(group, {}) if group else config)[name] = value


def _nested(key: str, value: object) -> dict[str, Any]:
    config: dict[str, Any] = {}
    _put(config, key, value)
    return config
