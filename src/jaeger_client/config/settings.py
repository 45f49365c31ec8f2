"""What a setting is, and the settings of one tracer, which do not change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar, cast

from jaeger_client.errors import ConfigError

if TYPE_CHECKING:
    from jaeger_client.config.values import Reader
    from jaeger_client.sampler.base import Sampler

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

BY_DEFAULT: Final = "default"
"""Origin of a value that is set nowhere."""

THE_DICT: Final = "the dict"
"""Origin of a value in the application's dict."""

VARIABLES: Final = ("JAEGER_", "OTEL_")
"""Prefixes of the variables that are read."""

FORMAT: Final = "collector.format"
"""Key of the format of spans, which follows from the endpoint; `None` sends none."""

SAMPLER: Final = "sampler"
"""Key of the sampler that the application made itself, if any."""

THROTTLER: Final = "throttler"
"""Key of whether there is a throttler."""


class Param(Generic[T_co]):
    """
    One setting: where its value may come from, and its default.

    Args:
        key: Its key in the dict, `group.key` within a group.
        read: Reads the value in the dict.
        default: Its value when it is set nowhere.
        unit: The unit of its value.
        default_text: The default in Markdown, where *default* does not show it.
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
        self.key = key
        self.read = read
        self.default = default
        self.unit = unit
        self.default_text = default_text
        self.is_secret = is_secret
        self.variables: Mapping[str, Callable[[object], T_co | None]] = {}
        """The variables that may set it, first to last, and their readers."""
        self.influences: Mapping[str, str] = {}
        """Variables that affect it without holding its value, and what they accept."""

    def env(self, **variables: Callable[[object], T_co | None]) -> Param[T_co]:
        """Add variables; a reader returns `None` where its variable does not set it."""
        self.variables = variables
        return self

    def affected_by(self, **expected: str) -> Param[T_co]:
        """Add variables that affect the setting, and what they accept."""
        self.influences = expected
        return self


class Value(NamedTuple):
    """The value of one setting."""

    value: object
    origin: str = BY_DEFAULT
    """`the dict`, a variable, `default`, or the setting it follows from."""
    remark: str = ""
    error: ConfigError | None = None
    """Why what is set cannot be used. *value* is the default then."""

    @property
    def is_set(self) -> bool:
        """Whether the dict or a variable sets it, even to an error."""
        return self.origin == THE_DICT or self.origin.startswith(VARIABLES)


class Settings:
    """
    The settings of one tracer: `settings[PARAM]` is the value of one.

    Args:
        values: The values by their keys; a single tag has `tags.` and its name.
        passed_over: Complaints about `OTEL_` variables that cannot be used, by key.
        error: The first error of a setting that is used.
    """

    def __init__(
        self,
        values: Mapping[str, Value],
        passed_over: Mapping[str, Sequence[str]],
        error: ConfigError | None,
    ) -> None:
        self.values = MappingProxyType(values)
        self.passed_over = MappingProxyType(passed_over)
        self.error = error

    def __getitem__(self, param: Param[T]) -> T:
        """Return the value of a setting."""
        return cast("T", self.values[param.key].value)

    @property
    def given_sampler(self) -> Sampler | None:
        """The sampler that the application made itself, if any."""
        return cast("Sampler | None", self.values[SAMPLER].value)

    @property
    def has_throttler(self) -> bool:
        """Whether a throttler is configured."""
        return bool(self.values[THROTTLER].value)

    @property
    def format(self) -> str | None:
        """The format in which spans are sent, `None` if none are sent."""
        return cast("str | None", self.values[FORMAT].value)

    def checked(self) -> Settings:
        """
        Return the settings if a tracer can be made of them.

        Raises:
            ConfigError: If one that is used has an error.
        """
        if self.error is not None:
            raise self.error
        return self
