"""Strategies from a file: when it is read, and what invalid files cause."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from jaeger_client.errors import ConfigError, SendError, StrategyError
from jaeger_client.sampler import (
    AdaptiveSampler,
    ConstSampler,
    ProbabilisticSampler,
    RemoteControlledSampler,
    StrategiesFile,
    strategies_file,
)
from jaeger_client.testing import FakeClock
from tests.unit.sampler.fakes import Agent, CountingFactory, QuietWorker

LONG_AGO = 1_000.0
"""When the files were changed; the clock is far ahead of it."""


def rates(**services: float) -> str:
    """Return the text of a file with a rate for each service, and 0.1 for others."""
    return json.dumps(
        {
            "default_strategy": {"type": "probabilistic", "param": 0.1},
            "service_strategies": [
                {"service": name, "type": "probabilistic", "param": rate}
                for name, rate in services.items()
            ],
        },
    )


class Scene:
    """A file in its own folder, and a source that reads it."""

    def __init__(self, folder: Path, text: str | None = None) -> None:
        self.path = folder / "strategies.json"
        self.clock = FakeClock(time=2 * LONG_AGO)
        self.source = StrategiesFile(self.path, clock=self.clock)
        if text is not None:
            self.write(text)

    def write(self, text: str, changed: float = LONG_AGO) -> None:
        """Write the file in place, as an editor does, at the time *changed*."""
        self.path.write_text(text)
        os.utime(self.path, (changed, changed))

    def replace(self, text: str, changed: float = LONG_AGO) -> None:
        """Replace the file by another one."""
        other = self.path.with_suffix(".new")
        other.write_text(text)
        os.utime(other, (changed, changed))
        other.replace(self.path)

    def rate(self, service: str = "shop") -> float:
        """Return the rate of the response."""
        response = json.loads(self.source.request_sampling_strategy(service))
        rate: float = response["probabilisticSampling"]["samplingRate"]
        return rate


def test_each_service_has_a_response(tmp_path: Path) -> None:
    """A listed service has its own strategy, others the default one."""
    scene = Scene(tmp_path, rates(shop=0.5))

    assert [0.5, 0.1, 0.5] == [scene.rate(name) for name in ("shop", "pub", "shop")]


def test_an_unchanged_file_gives_the_same_object(tmp_path: Path) -> None:
    """The sampler need not parse the response again."""
    scene = Scene(tmp_path, rates(shop=0.5))

    responses = [scene.source.request_sampling_strategy("shop") for _ in range(2)]

    assert responses[0] is responses[1]


@pytest.mark.parametrize(
    ("text", "changed"),
    [(rates(shop=0.25), LONG_AGO), (rates(shop=0.7), LONG_AGO + 0.000001)],
)
def test_an_edited_file_is_read_again(
    tmp_path: Path,
    text: str,
    changed: float,
) -> None:
    """A change of size or time is noticed."""
    scene = Scene(tmp_path, rates(shop=0.5))
    before = scene.rate()

    scene.write(text, changed)

    assert before != scene.rate()


def test_a_replaced_file_is_read_again(tmp_path: Path) -> None:
    """The new file may have the same time and size."""
    scene = Scene(tmp_path, rates(shop=0.5))
    before = scene.rate()

    scene.replace(rates(shop=0.7))

    assert (0.5, 0.7) == (before, scene.rate())


def test_a_link_that_points_elsewhere_is_followed(tmp_path: Path) -> None:
    """Kubernetes updates a ConfigMap in this way."""
    for name, rate in (("one", 0.5), ("two", 0.7)):
        (tmp_path / name).write_text(rates(shop=rate))
    scene = Scene(tmp_path)
    scene.path.symlink_to(tmp_path / "one")
    before = scene.rate()

    (tmp_path / "link").symlink_to(tmp_path / "two")
    (tmp_path / "link").replace(scene.path)

    assert (0.5, 0.7) == (before, scene.rate())


@pytest.mark.parametrize("age", [1.0, 2.0])
def test_a_file_that_changed_a_moment_ago_is_read_again(
    tmp_path: Path, age: float
) -> None:
    """Another change within the same tick has the same time and size."""
    scene = Scene(tmp_path)
    scene.write(rates(shop=0.5), scene.clock.time() - age)
    before = scene.rate()

    scene.write(rates(shop=0.7), scene.clock.time() - age)

    assert (0.5, 0.7) == (before, scene.rate())


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """The error contains the path; the file is read once it exists."""
    scene = Scene(tmp_path)

    with pytest.raises(SendError, match=r"No such file.*strategies\.json"):
        scene.rate()
    scene.write(rates(shop=0.5))
    assert 0.5 == scene.rate()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "strategies.json': sampling strategy must be JSON"),
        ("[]", "strategies.json': the file must be an object, got "),
        ('{"service_strategies": 1}', "strategies.json': service_strategies must be a"),
        (
            rates(shop=1.5),
            "strategies.json', service 'shop': samplingRate must be a number from 0 ",
        ),
    ],
)
def test_an_invalid_file_is_an_error(tmp_path: Path, text: str, complaint: str) -> None:
    """The error has the file, the place, the expected and the actual value."""
    scene = Scene(tmp_path, text)

    for _ in range(2):
        with pytest.raises(StrategyError, match=complaint):
            scene.rate()


def test_an_invalid_file_that_is_fixed_is_read(tmp_path: Path) -> None:
    """The fixed file is read, and the error is gone."""
    scene = Scene(tmp_path, "{")
    with pytest.raises(StrategyError):
        scene.rate()

    scene.write(rates(shop=0.5))

    assert 0.5 == scene.rate()


def test_an_error_in_another_service_has_no_effect(tmp_path: Path) -> None:
    """A rate out of range affects only the service that has it."""
    assert 0.5 == Scene(tmp_path, rates(shop=0.5, pub=7)).rate()


def test_a_file_of_null_is_an_empty_one(tmp_path: Path) -> None:
    """The default probability applies, as in Jaeger."""
    assert 0.001 == Scene(tmp_path, "null").rate()


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Only regular files are opened."""
    scene = Scene(tmp_path)
    os.mkfifo(scene.path)

    with pytest.raises(
        StrategyError, match="strategies.json': it must be a regular file$"
    ):
        scene.rate()


def test_a_huge_file_is_an_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The size of a file is limited."""
    monkeypatch.setattr(strategies_file, "_MAX_FILE", 10)

    with pytest.raises(StrategyError, match="at most 10 bytes, got more"):
        Scene(tmp_path, rates()).rate()


def test_a_file_of_the_maximum_size_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit itself is allowed."""
    monkeypatch.setattr(strategies_file, "_MAX_FILE", len(rates(shop=0.5)))

    assert 0.5 == Scene(tmp_path, rates(shop=0.5)).rate()


def test_several_notes_are_separated_by_semicolons(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The line has the file and each note."""
    scene = Scene(tmp_path, '{"default_strategy": {"type": "ratelimiting"}, "a": 1}')

    scene.source.request_sampling_strategy("shop")

    keys = "default_strategy, service_strategies"
    line = (
        f"strategies file {str(scene.path)!r}: the keys of the file must be among "
        f"{keys}, got ['a'], which are ignored; default_strategy.param must be a "
        "number, got none, which counts as 0"
    )
    assert [line] == caplog.messages


def test_notes_are_one_line(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The line is logged once while the file does not change."""
    scene = Scene(tmp_path, '{"default_strategy": {"type": "const"}}')

    rate = [scene.rate() for _ in range(3)]

    assert [0.001] * 3 == rate
    (line,) = caplog.messages
    assert "default_strategy.type must be 'probabilistic' or 'ratelimiting'" in line
    assert str(scene.path) in line


def test_notes_after_an_edit_are_logged(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The time since the last line does not matter."""
    scene = Scene(tmp_path, "null")
    scene.rate()

    scene.write('{"default_strategy": {"type": "probabilistic"}}')
    scene.rate()
    scene.write(rates(shop=0.5))
    scene.rate()
    scene.write("null")
    scene.rate()

    neither, missing, again = caplog.messages
    assert "must have default_strategy or service_strategies, got neither" in neither
    assert "default_strategy.param must be a number, got none" in missing
    assert neither == again


def test_services_that_share_a_file_are_logged_once_each(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Alternating polls do not repeat the lines."""
    scene = Scene(tmp_path, '{"default_strategy": {"type": "const"}}')

    for service in ("shop", "pub", "shop", "pub"):
        scene.rate(service)

    assert 2 == len(caplog.messages)


def test_the_services_that_share_a_file_are_not_all_remembered(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """After 200 services, a line is logged for each again."""
    scene = Scene(tmp_path, '{"default_strategy": {"type": "const"}}')

    for number in range(200):
        scene.rate(f"service {number}")
    before = len(caplog.messages)
    scene.rate("service 200")
    scene.rate("service 0")

    assert (200, 202) == (before, len(caplog.messages))


def test_the_default_probability_can_be_set(tmp_path: Path) -> None:
    """In Jaeger it is in the configuration, not in the file."""
    scene = Scene(tmp_path, "{}")
    source = StrategiesFile(scene.path, default_probability=1)

    response = json.loads(source.request_sampling_strategy("shop"))

    assert {"samplingRate": 1} == response["probabilisticSampling"]


def test_a_default_probability_out_of_range_is_an_error(tmp_path: Path) -> None:
    """The constructor raises the error."""
    with pytest.raises(ConfigError, match="^default_probability must be .*from 0"):
        StrategiesFile(tmp_path, default_probability=2)


def test_repr_is_the_call_of_the_constructor() -> None:
    """The repr contains the path of the file."""
    assert "StrategiesFile('a.json')" == repr(StrategiesFile("a.json"))


def test_repr_shows_no_password_of_a_url() -> None:
    """A URL instead of a path is a mistake, and may contain one."""
    assert "hunter2" not in repr(StrategiesFile("http://me:hunter2@far/a.json"))


class Followed:
    """A remote sampler that polls a file."""

    def __init__(self, folder: Path, text: str | None, interval: float = 60.0) -> None:
        self.scene = Scene(folder, text)
        self.factory = CountingFactory()
        self.remote = RemoteControlledSampler(
            self.scene.source,
            "shop",
            init_sampler=ConstSampler(True),
            sampling_refresh_interval=interval,
            metrics_factory=self.factory,
            worker=QuietWorker(),
            random=lambda: 0.5,
        )
        self.remote.is_sampled(1)
        self.now = 0.0

    def poll(self) -> object:
        """Poll the file once, and return the sampler."""
        self.now = self.remote._poller.run(self.now)
        return self.remote.sampler


def test_a_remote_sampler_follows_the_file(tmp_path: Path) -> None:
    """The first poll is immediate, and the next one finds the change."""
    followed = Followed(tmp_path, rates(shop=0.5))
    samplers = [followed.poll()]
    followed.scene.replace(rates(shop=0.7))

    samplers.append(followed.poll())

    assert [ProbabilisticSampler(0.5), ProbabilisticSampler(0.7)] == samplers


@pytest.mark.parametrize(("interval", "expected"), [(60.0, 5.0), (2.0, 2.0)])
def test_the_file_is_polled_every_five_seconds(
    tmp_path: Path,
    interval: float,
    expected: float,
) -> None:
    """A shorter interval of the sampler takes precedence."""
    followed = Followed(tmp_path, rates(), interval)

    followed.poll()

    assert expected == followed.now


class Everything(Agent):
    """An object with every attribute, like a mock."""

    def __getattr__(self, name: str) -> object:
        """Return something."""
        return object()


def test_a_mock_as_source_does_not_change_the_interval() -> None:
    """An interval that is not a number is ignored."""
    remote = RemoteControlledSampler(Everything(), "shop", worker=QuietWorker())

    assert 60.0 == remote._poller.interval


def test_a_file_that_becomes_invalid_changes_nothing(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One line is logged when it becomes invalid, one when it is valid again."""
    followed = Followed(tmp_path, rates(shop=0.5))
    before = followed.poll()
    followed.scene.write("{")
    during = [followed.poll() for _ in range(3)]
    followed.scene.write(rates(shop=0.5))
    after = followed.poll()

    assert all(before is each for each in (*during, after))
    begun, ended = caplog.messages
    assert "strategies.json': sampling strategy must be JSON, got" in begun
    assert begun.endswith(
        "Sampling continues as before; fix or replace the file, which is read again "
        "when it has changed",
    )
    assert "available again: a sampling strategy for shop" == ended
    assert {
        "jaeger:sampler_queries ok": 2,
        "jaeger:sampler_queries err": 3,
        "jaeger:sampler_updates ok": 1,
    } == followed.factory.counts


def test_an_unchanged_file_is_applied_once(tmp_path: Path) -> None:
    """Each poll counts as a query; only a change counts as an update."""
    text = json.dumps(
        {
            "default_strategy": {
                "type": "probabilistic",
                "param": 0.5,
                "operation_strategies": [
                    {"operation": "buy", "type": "probabilistic", "param": 1},
                ],
            },
        },
    )
    followed = Followed(tmp_path, text)

    samplers = [followed.poll() for _ in range(3)]

    assert isinstance(samplers[0], AdaptiveSampler)
    assert samplers[0] is samplers[2]
    assert {
        "jaeger:sampler_queries ok": 3,
        "jaeger:sampler_updates ok": 1,
    } == followed.factory.counts


def test_a_file_that_changed_three_seconds_ago_is_not_read_again(
    tmp_path: Path,
) -> None:
    """No file system has a coarser clock than 2 seconds."""
    scene = Scene(tmp_path)
    scene.write(rates(shop=0.5), scene.clock.time() - 3.0)

    bodies = [scene.source.request_sampling_strategy("shop") for _ in range(2)]

    assert bodies[0] is bodies[1]


def test_five_notes_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A file with mistakes throughout does not fill the log."""
    listed = [{"operation": f"op {number}", "type": "x"} for number in range(9)]
    strategy = {"type": "probabilistic", "param": 0.1, "operation_strategies": listed}

    Scene(tmp_path, json.dumps({"default_strategy": strategy})).rate()

    assert [5] == [line.count(" must be ") for line in caplog.messages]
