"""
Settings: their definition, the lookup of their values, and the result for one tracer.

A `Source` reads the dict and the environment in one pass. It looks up each variable at
most once and records the value of each setting with its origin.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Generic, TypeVar, cast

from jaeger_client._internal.named_tuple import NamedTuple
from jaeger_client._internal.shown import shown
from jaeger_client.errors import ConfigError

if TYPE_CHECKING:
    from jaeger_client.config.values import Reader
    from jaeger_client.sampler.base import Sampler

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

BY_DEFAULT: Final = "default"
"""Origin of a value that is not set."""

THE_DICT: Final = "the dict"
"""Origin of a value in the application's dict."""

VARIABLES: Final = ("JAEGER_", "OTEL_")
"""Prefixes of the variables that are read."""

OTEL: Final = "OTEL_"
"""Prefix of the variables of OpenTelemetry."""

# For a service called jaeger-agent, Kubernetes sets the variable
# JAEGER_AGENT_PORT=tcp://10.0.0.1:6831 in every pod. It is not meant as a setting.
KUBERNETES_LINK: Final = ("tcp://", "udp://", "sctp://")


class Key(Generic[T_co]):
    """The key of a value in the settings."""

    def __init__(self, key: str) -> None:
        self.key = key


FORMAT: Final[Key[str | None]] = Key("collector.format")
"""The format of spans, derived from the endpoint; `None` if none are sent."""

SAMPLER_OBJECT: Final[Key[Sampler | None]] = Key("sampler")
"""The sampler object that the application passes, if any."""

HAS_THROTTLER: Final[Key[bool]] = Key("throttler")
"""Whether a throttler is configured."""


class Param(Key[T_co]):
    """
    One setting: its key, its variables and its default.

    Args:
        key: Its key in the dict, `group.key` within a group.
        read: Reads the value in the dict.
        default: Its value if it is not set.
        unit: The unit of its value.
        default_text: The default in Markdown, if it is not *default* itself.
        is_secret: Whether messages must not show the value.
    """

    def __init__(
        self,
        key: str,
        read: Reader[T_co],
        default: T_co,
        *,
        unit: str = "",
        default_text: str = "",
        is_secret: bool = False,
    ) -> None:
        super().__init__(key)
        self.read = read
        self.default = default
        self.unit = unit
        self.default_text = default_text
        self.is_secret = is_secret
        self.variables: Mapping[str, Callable[[object], T_co | None]] = {}
        """The variables that set it, in order of precedence, and their readers."""
        self.influences: Mapping[str, str] = {}
        """Variables that affect but do not set it, and what they accept."""

    def env(self, **variables: Callable[[object], T_co | None]) -> Param[T_co]:
        """Add variables; a reader returns `None` where its variable does not set it."""
        self.variables = variables
        return self

    def affected_by(self, **expected: str) -> Param[T_co]:
        """Add variables that affect the setting, and what they accept."""
        self.influences = expected
        return self

    @property
    def name(self) -> str:
        """Its key, with the first `JAEGER_` variable that sets it, for messages."""
        of_jaeger = (name for name in self.variables if not name.startswith(OTEL))
        return next((f"{self.key} ({name})" for name in of_jaeger), self.key)


class Value(NamedTuple):
    """The value of one setting."""

    value: object
    origin: str = BY_DEFAULT
    """`the dict`, a variable, `default`, or the setting it is derived from."""
    remark: str = ""
    error: ConfigError | None = None
    """Why the configured value cannot be used; *value* is then the default."""
    is_secret: bool = False
    """Whether it comes from a variable whose name suggests a secret."""

    def __repr__(self) -> str:
        # Debuggers show this, so it omits the value, which may be a secret.
        return f"<Value from {self.origin}>"

    @property
    def is_set(self) -> bool:
        """Whether the dict or a variable sets it, even to an invalid value."""
        return self.origin == THE_DICT or self.origin.startswith(VARIABLES)


class Settings:
    """The settings of one tracer: `settings[PARAM]` is the value of one."""

    def __init__(self, source: Source) -> None:
        self.values = MappingProxyType(source.values)
        self.warnings = MappingProxyType({**source.warnings})
        self.errors = source.errors

    def __getitem__(self, key: Key[T]) -> T:
        """Return the value of a setting."""
        return cast("T", self.values[key.key].value)

    def checked(self, *params: Param[object]) -> Settings:
        """
        Check *params*, or all settings in use if none, and return the settings.

        Raises:
            ConfigError: If any of them has an error; with the messages of all.
        """
        errors = [self.values[param.key].error for param in params]
        raise_errors(errors if params else self.errors)
        return self


def raise_errors(errors: Iterable[ConfigError | None]) -> None:
    """Raise the error if there is one; if there are several, one with all messages."""
    # Without duplicates: the URL of strategies has the error of the agent's host, too.
    found = [*dict.fromkeys(filter(None, errors))]
    if found:
        several = ConfigError("; ".join(map(str, found)))
        raise found[0] if len(found) == 1 else several


class Source:
    """The application's dict and the environment, for one pass over the settings."""

    def __init__(self, config: object, environ: Mapping[str, str]) -> None:
        if not isinstance(config, Mapping):
            msg = f"config: must be a dict, got {shown(config)}"
            raise ConfigError(msg)
        self.config = cast("Mapping[str, object]", config)
        self.environ = environ
        self.values: dict[str, Value] = {}
        """The values by key; the key of a single tag is `tags.` and its name."""
        self.errors: list[ConfigError] = []
        """The errors of settings that are in use."""
        self.warnings: defaultdict[str, list[str]] = defaultdict(list)
        """Warnings by key, for the log and for `Config.explain()`."""
        self._texts: dict[str, str | None] = {}

    def read(
        self, param: Param[T], *, with_otel: bool = True, is_used: bool = True
    ) -> T:
        """
        Return the value of a setting; the first call finds and records it.

        With *with_otel*, its `OTEL_` variables are read as well. With *is_used*, an
        error in it is added to `errors`.
        """
        if param.key in self.values:
            return cast("T", self.values[param.key].value)
        found = self.find(param, with_otel=with_otel)
        return self.record(param, found or Value(param.default), is_used=is_used)

    def record(self, param: Param[T], value: Value, *, is_used: bool = True) -> T:
        """Record *value* as that of a setting and return it without its origin."""
        self.values[param.key] = value
        if is_used and value.error:
            self.errors.append(value.error)
        return cast("T", value.value)

    def note_unused(self, param: Param[object], reason: str) -> None:
        """Record why a setting that was read is not used."""
        remark = f"not used: {reason}"
        self.values[param.key] = self.values[param.key]._replace(remark=remark)

    def derive(self, key: Key[T], value: T, origin: str = BY_DEFAULT) -> None:
        """Record a value that is derived from other settings."""
        self.values[key.key] = Value(value, origin)

    def is_set(self, param: Param[object]) -> bool:
        """Return whether the dict or a variable sets a setting that was read."""
        return self.values[param.key].is_set

    def find(
        self, param: Param[object], *, in_dict: bool = True, with_otel: bool = True
    ) -> Value | None:
        """Return the value from the dict, else from a variable, else `None`."""
        found = self.find_in_dict(param) if in_dict else None
        for name, read in param.variables.items():
            if found is None and (with_otel or not name.startswith(OTEL)):
                found = self.find_in_variable(param, name, read)
        return found

    def find_in_dict(self, param: Param[object]) -> Value | None:
        """Return the value in the dict, `None` if there is none."""
        group_key, _, key = param.key.rpartition(".")
        group = self.config.get(group_key) if group_key else self.config
        if group is None:
            return None
        raw = group
        try:
            if not isinstance(group, Mapping):
                error = ConfigError(f"{group_key}: must be a dict, got {shown(group)}")
                return Value(param.default, THE_DICT, error=error)
            raw = cast("Mapping[str, object]", group).get(key)
            if raw is None or (isinstance(raw, str) and not raw):
                return None
            return Value(param.read(raw), THE_DICT)
        except Exception as exc:  # noqa: BLE001 - the value's own code may raise anything
            error = _error(param, param.name, exc, raw)
            return Value(param.default, THE_DICT, error=error)

    def find_in_variable(
        self, param: Param[object], name: str, read: Callable[[object], object]
    ) -> Value | None:
        """Return the value of a variable, `None` if it has none."""
        text = self.variable(name)
        if text is None:
            return None
        try:
            value = read(text)
        except ValueError as exc:
            error = _error(param, f"{param.key} ({name})", exc, text)
            if not name.startswith(OTEL):
                return Value(param.default, name, error=error)
            # Not an error: it may be meant for another library in the same process.
            self.ignore_variable(param.key, error)
            return None
        return None if value is None else Value(value, name)

    def ignore_variable(self, key: str, problem: object) -> None:
        """Record that an `OTEL_` variable is ignored, and why."""
        self.warnings[key].append(f"variable ignored: {problem}")

    def variable(self, name: str) -> str | None:
        """Return the text of a variable, `None` if it is empty or not set."""
        if name not in self._texts:
            text = self.environ.get(name, "").strip()
            is_link = name.endswith("_PORT") and text.startswith(KUBERNETES_LINK)
            self._texts[name] = None if is_link else text or None
        return self._texts[name]


def _error(
    param: Param[object], name: str, reason: Exception, raw: object
) -> ConfigError:
    got = "a value that is not shown" if param.is_secret else shown(raw)
    if not isinstance(reason, ValueError):  # raised by the value itself
        reason = ValueError(f"cannot be read ({type(reason).__name__})")
    error = ConfigError(f"{name}: {reason}, got {got}")
    error.__cause__ = reason
    return error
