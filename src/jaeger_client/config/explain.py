"""
What a configuration comes to: each setting's value, its origin, what is wrong.

Imported when somebody asks. Reads by the same readers as a start does, so what it
tells is what a tracer gets.
"""

from __future__ import annotations

from collections.abc import Iterator

from jaeger_client._internal.limits import MAX_COUNT, MAX_SECONDS
from jaeger_client._internal.shown import is_secret_name, text_of
from jaeger_client.config import params
from jaeger_client.config.answers import FORMAT, Answers
from jaeger_client.config.explanation import BY_DEFAULT, Explained, Explanation
from jaeger_client.config.param import THE_DICT
from jaeger_client.config.parse import read_settings, read_tags, source_of
from jaeger_client.config.secrets import displayable
from jaeger_client.config.table import Setting, settings
from jaeger_client.config.unknown import find_unknown_keys, find_unknown_variables
from jaeger_client.errors import ConfigError


def explain(config: object, service_name: str | None = None) -> Explanation:
    """
    Return what *config* and the environment come to; *service_name* as of `Config`.

    What cannot be used is told, not raised.

    Raises:
        ConfigError: If *config* is no dict.
    """
    return Explanation(tuple(_Explainer(config, service_name).everything()))


class _Explainer:
    def __init__(self, config: object, service_name: str | None) -> None:
        self._passed_over: list[str] = []
        self._source = source_of(config, self._passed_over.append)
        self._name = service_name
        self._answers = Answers(self._source, service_name)

    def everything(self) -> Iterator[Explained]:
        """Yield each setting, then what nobody reads, then what does not fit."""
        told: set[str | None] = set()
        for setting in settings():
            for row in self._rows(setting):
                told.add(row.error)
                yield row
        yield from self._unknown()
        yield from self._together(told)

    def _rows(self, setting: Setting) -> Iterator[Explained]:
        if setting.key == params.TAGS.key:
            yield from self._tags(setting)
            return
        yield self._row(setting)
        if setting.key == "collector.endpoint":
            value, origin = self._answers.format()
            yield Explained(FORMAT, value, origin)

    def _row(self, setting: Setting) -> Explained:
        key = setting.key
        try:
            value, origin = self._answers.of(key)
            note = self._answers.note_on(key, origin)
        except ConfigError as error:
            return Explained(key, None, self._answers.blamed_for(key), error=str(error))
        return Explained(
            key,
            displayable(value, is_secret=setting.is_secret),
            origin,
            setting.unit,
            "; ".join(
                filter(None, (note, _note_on(value), *self._passed_over_for(key)))
            ),
        )

    def _passed_over_for(self, key: str) -> Iterator[str]:
        for complaint in dict.fromkeys(self._passed_over):
            if complaint.startswith(f"{key} ("):
                yield f"passed over: {complaint}"

    def _tags(self, setting: Setting) -> Iterator[Explained]:
        try:
            tags = read_tags(self._source)
            of_variable = params.TAGS.of_environment(self._source) or {}
            of_dict = params.TAGS.of_config(self._source) or {}
        except ConfigError as error:
            blamed = self._answers.blamed_for(setting.key)
            yield Explained(setting.key, None, blamed, error=str(error))
            return
        if not tags:
            yield self._row(setting)
        for name, value in tags.items():
            origin = (
                "JAEGER_TAGS"
                if name in of_variable
                else THE_DICT
                if name in of_dict
                else "OTEL_RESOURCE_ATTRIBUTES"
            )
            shown = displayable(value, is_secret=is_secret_name(name))
            yield Explained(f"{setting.key}.{text_of(name)}", shown, origin)

    def _unknown(self) -> Iterator[Explained]:
        for key, complaint in find_unknown_keys(self._source.config):
            yield Explained(key, None, THE_DICT, error=complaint)
        for name, complaint in find_unknown_variables(self._source.environ):
            yield Explained(name, None, name, error=complaint)

    def _together(self, told: set[str | None]) -> Iterator[Explained]:
        # What each setting allows may still not fit together.
        try:
            _ = read_settings(self._source, self._name)
        except ConfigError as error:
            if str(error) not in told:
                yield Explained("together", None, BY_DEFAULT, error=str(error))


def _note_on(value: object) -> str:
    is_limit = isinstance(value, (int, float)) and value in {MAX_SECONDS, MAX_COUNT}
    return "the largest value that works on every platform" if is_limit else ""
