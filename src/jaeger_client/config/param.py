"""What one setting is: where it may come from, and how it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar, cast

from jaeger_client._internal.diagnostics import logger
from jaeger_client._internal.shown import shown as shown_value
from jaeger_client.errors import ConfigError

T = TypeVar("T")

THE_DICT: Final = "the dict"
"""The origin of what the application's dict says."""

# Kubernetes sets JAEGER_AGENT_PORT=tcp://10.0.0.1:6831 in every pod beside a
# service called jaeger-agent. Nobody meant it as a setting.
KUBERNETES_LINK: Final = ("tcp://", "udp://", "sctp://")


def log_passed_over(complaint: str) -> None:
    """Say in the log that a variable of another library cannot be used."""
    logger.warning("Passed over: %s", complaint)


class Source:
    """
    Where settings come from: the application's dict and the environment.

    Args:
        config: The dict.
        environ: The environment.
        pass_over: Called with each complaint about an `OTEL_` variable that cannot be
            used, once however often the variable is read.
    """

    def __init__(
        self,
        config: Mapping[str, object],
        environ: Mapping[str, str],
        pass_over: Callable[[str], None] = log_passed_over,
    ) -> None:
        self.config = config
        self.environ = environ
        self._pass_over = pass_over
        self._passed_over: set[str] = set()

    def pass_over(self, complaint: str) -> None:
        """Report that a variable cannot be used, unless that was reported before."""
        if complaint not in self._passed_over:
            self._passed_over.add(complaint)
            self._pass_over(complaint)

    def in_config(self, key: str) -> object:
        """
        Return what the dict has under *key*, `group.key` for a key in a group.

        Raises:
            ConfigError: If the group is no dict.
        """
        group_key, _, inner = key.rpartition(".")
        group = self.config.get(group_key) if group_key else self.config
        if group is None:
            return None
        if not isinstance(group, Mapping):
            msg = f"{group_key}: must be a dict, got {shown(group)}"
            raise ConfigError(msg)
        return cast("Mapping[str, object]", group).get(inner)

    def in_environment(self, variable: str) -> str | None:
        """Return the text of *variable*, `None` if it is empty."""
        value = self.environ.get(variable, "").strip()
        if variable.endswith("_PORT") and value.startswith(KUBERNETES_LINK):
            return None
        return value or None


class Variable(Generic[T]):
    """
    An environment variable that can give a setting.

    `OTEL_` variables may be meant for another library in the same process, so
    what cannot be used of them is passed over with a line in the log.
    """

    def __init__(self, name: str, read: Callable[[str], T]) -> None:
        self.name = name
        self.read = read

    def value(self, source: Source, param: Param[T]) -> T | None:
        """
        Return what the variable says, `None` if it says nothing.

        Raises:
            ConfigError: If it cannot be used.
        """
        text = source.in_environment(self.name)
        if text is None:
            return None
        try:
            return self.read(text)
        except ValueError as exc:
            got = shown(text, is_secret=param.is_secret)
            complaint = f"{param.key} ({self.name}): {exc}, got {got}"
            if not self.name.startswith("OTEL_"):
                raise ConfigError(complaint) from exc
            source.pass_over(complaint)
            return None


class Param(Generic[T]):
    """
    One setting: where it may come from and what it is when from nowhere.

    Args:
        key: Its key in the dict, `group.key` within a group.
        read: Turns what the dict has into the value, or raises `ValueError`.
        default: What it is when nobody says anything.
        variables: Those that are asked where the dict has nothing, in their order.
        about: What it means, in Markdown; none where another setting of the same
            key says it.
        unit: What its number counts.
        default_text: How the default is told, where *default* cannot tell it.
        is_secret: Whether messages must not show the value.
    """

    def __init__(
        self,
        key: str,
        read: Callable[[object], T],
        default: T,
        variables: tuple[Variable[T], ...] = (),
        *,
        about: str = "",
        unit: str = "",
        default_text: str = "",
        is_secret: bool = False,
    ) -> None:
        self.key = key
        self.read = read
        self.default = default
        self.variables = variables
        self.about = about
        self.unit = unit
        self.default_text = default_text
        self.is_secret = is_secret

    def value(self, source: Source) -> T:
        """
        Return the value: of the dict, else of a variable, else the default.

        Raises:
            ConfigError: If what is there cannot be used.
        """
        found = self.found(source)
        return self.default if found is None else found

    def found(self, source: Source) -> T | None:
        """
        Return the value of the dict or of a variable, `None` if there is none.

        Raises:
            ConfigError: If what is there cannot be used.
        """
        located = self.located(source)
        return None if located is None else located[0]

    def located(self, source: Source) -> tuple[T, str] | None:
        """
        Return the value and its origin: `THE_DICT` or the name of a variable.

        Raises:
            ConfigError: If what is there cannot be used.
        """
        value = self.of_config(source)
        if value is None:
            return self.located_in_environment(source)
        return value, THE_DICT

    def of_config(self, source: Source) -> T | None:
        """
        Return the value of the dict, `None` if it has none.

        Raises:
            ConfigError: If it cannot be used.
        """
        raw = source.in_config(self.key)
        if raw is None or (isinstance(raw, str) and not raw):
            return None
        try:
            return self.read(raw)
        except ValueError as exc:
            variable = "".join(f" ({v.name})" for v in self.variables[:1])
            got = shown(raw, is_secret=self.is_secret)
            msg = f"{self.key}{variable}: {exc}, got {got}"
            raise ConfigError(msg) from exc

    def of_environment(self, source: Source) -> T | None:
        """
        Return the value of the first variable that has one.

        Raises:
            ConfigError: If it cannot be used.
        """
        located = self.located_in_environment(source)
        return None if located is None else located[0]

    def located_in_environment(self, source: Source) -> tuple[T, str] | None:
        """
        Return the value of the first variable that has one, and its name.

        Raises:
            ConfigError: If it cannot be used.
        """
        for variable in self.variables:
            value = variable.value(source, self)
            if value is not None:
                return value, variable.name
        return None


def optional_text(
    key: str,
    read: Callable[[object], str],
    *variables: str,
    about: str = "",
    default_text: str = "",
    is_secret: bool = False,
) -> Param[str | None]:
    """Return a setting that is `None` where nobody says anything."""
    readers: tuple[Variable[str | None], ...] = tuple(
        Variable(name, read) for name in variables
    )
    return Param(
        key,
        read,
        None,
        readers,
        about=about,
        default_text=default_text,
        is_secret=is_secret,
    )


def shown(raw: object, *, is_secret: bool = False) -> str:
    """Return how a message shows a value; what is secret in it stays hidden."""
    return "a value that is not shown" if is_secret else shown_value(raw)
