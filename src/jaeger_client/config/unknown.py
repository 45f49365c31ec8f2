"""Keys of the dict and variables of the environment that nobody reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, cast

from jaeger_client.config import params
from jaeger_client.config.param import KUBERNETES_LINK
from jaeger_client.shown import text_of

_OURS: Final = "JAEGER_"

# What comes after the name of a service `jaeger...` when Kubernetes or Docker link it.
_LINK: Final = (
    r"_SERVICE_HOST|_SERVICE_PORT(_\w+)?|"
    r"_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?|_ENV_\w+"
)

_OF_OTHERS: Final = frozenset(
    {
        # Jaeger's own programs and images.
        "JAEGER_LISTEN_HOST",
        "JAEGER_QUERY_URL",
        "JAEGER_UI",
        "JAEGER_VERSION",
        # Its clients in Java and C#, where the sender can be chosen.
        "JAEGER_SENDER_FACTORY",
        "JAEGER_GRPC_TARGET",
        "JAEGER_GRPC_ROOT_CERTIFICATE",
        "JAEGER_GRPC_CLIENT_CHAIN",
        "JAEGER_GRPC_CLIENT_KEY",
    }
)
"""Variables that other software of Jaeger reads: no mistake in one environment."""


def unknown_keys(config: Mapping[str, object]) -> Iterator[str]:
    """Yield a sentence about each key that no setting has."""
    return (complaint for _, complaint in find_unknown_keys(config))


def unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence about each `JAEGER_` variable that no Jaeger software reads."""
    return (complaint for _, complaint in find_unknown_variables(environ))


def find_unknown_keys(config: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield each key that no setting has, and a sentence about it."""
    groups = {key.partition(".")[0] for key in params.KEYS if "." in key}
    known = params.KEYS | groups
    for key in _keys_of(config, groups):
        if key not in known:
            yield key, f"{key!r} is no setting{_suggestion(key, known)}"


def find_unknown_variables(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each `JAEGER_` variable that no Jaeger software reads, and a sentence."""
    names = [name for name in environ if name.startswith(_OURS)]
    if not names:
        return
    # Most that are there are known; only here, for most environments have none.
    from jaeger_client.config.table import variable_names  # noqa: PLC0415 - see above

    known = variable_names()
    for name in sorted({*names} - known - _OF_OTHERS):
        if not _is_link(name, environ[name]):
            yield name, f"{name} is not read{_suggestion_of_variable(name, known)}"


def _is_link(name: str, value: str) -> bool:
    if name.endswith("_PORT") and value.startswith(KUBERNETES_LINK):
        return True
    import re  # noqa: PLC0415 - only where there is an unknown variable

    return re.search(f"({_LINK})$", name) is not None


def _suggestion_of_variable(name: str, known: Iterable[str]) -> str:
    # Without what all of them begin with, or each would resemble each.
    ends = {each.removeprefix(_OURS): each for each in known if each.startswith(_OURS)}
    nearest = _nearest(name.removeprefix(_OURS), ends)
    return f", did you mean {ends[nearest]}?" if nearest else ""


def _keys_of(config: Mapping[str, object], groups: Iterable[str]) -> Iterator[str]:
    for key, value in config.items():
        yield text_of(key)
        if key in groups and isinstance(value, Mapping):
            for inner in cast("Mapping[object, object]", value):
                yield f"{key}.{text_of(inner)}"


def _suggestion(key: str, known: Iterable[str]) -> str:
    nearest = _nearest(key, known)
    return f", did you mean {nearest!r}?" if nearest else ""


def _nearest(name: str, known: Iterable[str]) -> str | None:
    # Only on the way to a complaint, so that a program without mistakes does
    # not import it.
    import difflib  # noqa: PLC0415 - see above

    return next(iter(difflib.get_close_matches(name, known, n=1)), None)
