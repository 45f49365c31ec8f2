"""The sampler that follows a server, poll by poll, at times set by the test."""

from __future__ import annotations

import logging
import math
import threading
import warnings

import pytest

from jaeger_client.errors import ConfigError, SendError
from jaeger_client.metrics import Metrics
from jaeger_client.sampler import (
    AdaptiveSampler,
    ConstSampler,
    Decision,
    ProbabilisticSampler,
    RateLimitingSampler,
    RemoteControlledSampler,
    Sampler,
    Undecided,
)
from tests.unit.sampler.fakes import Agent, CountingFactory, Listener, QuietWorker

HALF = {
    "strategyType": "PROBABILISTIC",
    "probabilisticSampling": {"samplingRate": 0.5},
}
TWO_A_SECOND = {
    "strategyType": "RATE_LIMITING",
    "rateLimitingSampling": {"maxTracesPerSecond": 2},
}
EACH = {
    "operationSampling": {
        "defaultSamplingProbability": 0.5,
        "defaultLowerBoundTracesPerSecond": 1.0,
        "perOperationStrategies": [
            {"operation": "op", "probabilisticSampling": {"samplingRate": 0.2}},
        ],
    },
}


class Scene:
    """A remote sampler and its agent, polled at seconds 0, 60, 120..."""

    def __init__(self, init_sampler: Sampler | None = None) -> None:
        self.agent = Agent()
        self.worker = QuietWorker()
        self.factory = CountingFactory()
        self.remote = RemoteControlledSampler(
            self.agent,
            "shop",
            init_sampler=init_sampler,
            metrics_factory=self.factory,
            worker=self.worker,
            random=lambda: 0.5,
        )
        self.remote.is_sampled(1)
        self.now = 0.0

    def poll(self, response: object) -> Sampler:
        """Poll the agent once and return the sampler after that."""
        self.agent.response = response
        self.now = self.remote._poller.run(self.now)
        return self.remote.sampler

    @property
    def counts(self) -> dict[str, int]:
        """All counts so far."""
        return dict(self.factory.counts)


def test_it_starts_with_one_in_a_thousand() -> None:
    """Before the first response the default probability decides."""
    assert ProbabilisticSampler(0.001) == Scene().remote.sampler


def test_the_initial_sampler_decides_until_the_first_response() -> None:
    """A sampler that is passed replaces the default one."""
    scene = Scene(ConstSampler(True))

    assert (True, {"sampler.type": "const", "sampler.param": True}) == (
        scene.remote.is_sampled(2**64 - 1, "op")
    )


def test_the_initial_sampler_is_probed_once() -> None:
    """The constructor calls `is_sampled(0)`; later calls pass the operation on."""
    calls: list[tuple[object, ...]] = []

    class Spy(Sampler):
        def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
            calls.append((trace_id, operation))
            return True, {}

    remote = RemoteControlledSampler(
        Agent(),
        "shop",
        init_sampler=Spy(),
        worker=QuietWorker(),
    )
    remote.is_sampled(trace_id=7, operation="op")

    assert [(0, ""), (7, "op")] == calls


def test_the_name_of_the_operation_is_optional() -> None:
    """Without a name, the current sampler gets an empty one."""
    names: list[str] = []

    class Spy(Sampler):
        def is_sampled(self, trace_id: int, operation: str = "none") -> Decision:
            names.append(operation)
            return True, {}

    sampler = Spy()
    remote = RemoteControlledSampler(
        Agent(), "shop", init_sampler=sampler, worker=QuietWorker()
    )
    names.clear()
    remote.is_sampled(1)

    assert [""] == names


def test_a_broken_initial_sampler_fails_at_the_start() -> None:
    """The constructor raises the error of the probe."""
    with pytest.raises(NotImplementedError):
        RemoteControlledSampler(Agent(), "shop", init_sampler=Sampler())


def test_there_is_no_poll_before_the_first_use() -> None:
    """Not even if the worker runs for others."""
    agent, worker = Agent(HALF), QuietWorker()
    remote = RemoteControlledSampler(agent, "shop", worker=worker)

    assert math.inf == remote._poller.run(0.0)
    assert [] == agent.requests
    assert 0 == worker.wakes


def test_the_first_poll_is_at_once() -> None:
    """The first `is_sampled` wakes the worker, which polls in its next turn."""
    scene = Scene()

    scene.poll(HALF)

    assert 1 == scene.worker.wakes
    assert [("shop",)] == scene.agent.requests


def test_the_worker_is_woken_once() -> None:
    """Further calls of `is_sampled` only read the sampler."""
    scene = Scene()

    for trace_id in range(10):
        scene.remote.is_sampled(trace_id)

    assert 1 == scene.worker.wakes


def test_the_next_poll_is_after_the_interval() -> None:
    """An earlier turn does not poll, and returns when to do so."""
    scene = Scene()
    scene.poll(HALF)

    assert 60.0 == scene.remote._poller.run(59.9)
    assert 1 == len(scene.agent.requests)
    assert 120.0 == scene.remote._poller.run(60.0)
    assert 2 == len(scene.agent.requests)


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 9.0), (0.5, 10.0), (1.0, 11.0)])
def test_later_polls_have_jitter(chance: float, seconds: float) -> None:
    """The interval varies by a tenth, so that processes do not poll together."""
    remote = RemoteControlledSampler(
        Agent(HALF),
        "shop",
        sampling_refresh_interval=10,
        worker=QuietWorker(),
        random=lambda: chance,
    )
    remote.is_sampled(1)

    assert 100.0 + seconds == pytest.approx(remote._poller.run(100.0))


def test_jitter_has_a_default() -> None:
    """Without a random function the interval varies by a tenth as well."""
    remote = RemoteControlledSampler(Agent(HALF), "shop", worker=QuietWorker())
    remote.is_sampled(1)

    assert 54.0 <= remote._poller.run(0.0) <= 66.0


def test_an_unchanged_probability_keeps_the_very_same_object() -> None:
    """The current rate replaces nothing and counts no update."""
    scene = Scene()
    first = scene.poll(HALF)

    second = scene.poll(HALF)

    assert ProbabilisticSampler(0.5) == first
    assert first is second
    assert {"jaeger:sampler_queries ok": 2, "jaeger:sampler_updates ok": 1} == (
        scene.counts
    )


def test_a_rate_limit_updates_in_place() -> None:
    """A new limit changes the current sampler, an equal one changes nothing."""
    scene = Scene()
    first = scene.poll(TWO_A_SECOND)
    scene.poll(TWO_A_SECOND)

    second = scene.poll({"rateLimitingSampling": {"maxTracesPerSecond": 3}})

    assert first is second
    assert RateLimitingSampler(3) == second
    assert {"jaeger:sampler_queries ok": 3, "jaeger:sampler_updates ok": 2} == (
        scene.counts
    )


def test_operations_are_followed_in_place() -> None:
    """The adaptive sampler is created once and then updated."""
    scene = Scene()
    first = scene.poll(EACH)

    second = scene.poll(EACH)

    assert AdaptiveSampler(EACH["operationSampling"], 2000) == first
    assert first is second


def test_a_response_resets_operations_that_it_no_longer_lists() -> None:
    """An operation that is not listed any more gets the new default (0.1 to 0.9)."""

    def response(default: float, **rates: float) -> dict[str, object]:
        return {
            "operationSampling": {
                "defaultSamplingProbability": default,
                "defaultLowerBoundTracesPerSecond": 1,
                "perOperationStrategies": [
                    {"operation": name, "probabilisticSampling": {"samplingRate": rate}}
                    for name, rate in rates.items()
                ],
            }
        }

    scene = Scene()
    sampler = scene.poll(response(0.1, named=0.2))
    assert isinstance(sampler, AdaptiveSampler)
    sampler.is_sampled(1, "seen")

    same = scene.poll(response(0.9))

    assert same is sampler
    rates = {name: each.rate for name, each in sampler.samplers.items()}
    assert {"named": 0.9, "seen": 0.9} == rates


def test_operation_sampling_takes_precedence_over_the_type() -> None:
    """A response with both is followed by operation."""
    assert isinstance(Scene().poll({**HALF, **EACH}), AdaptiveSampler)


def test_max_operations_is_passed_to_the_adaptive_sampler() -> None:
    """The adaptive sampler has the same limit."""
    remote = RemoteControlledSampler(
        Agent(EACH),
        "shop",
        max_operations=3,
        worker=QuietWorker(),
    )
    remote.is_sampled(1)
    remote._poller.run(0.0)

    assert AdaptiveSampler(EACH["operationSampling"], 3) == remote.sampler


def test_kinds_replace_one_another() -> None:
    """A strategy may be followed by one of another kind."""
    scene = Scene()

    kinds = [type(scene.poll(each)) for each in (HALF, TWO_A_SECOND, EACH, HALF)]

    assert [
        ProbabilisticSampler,
        RateLimitingSampler,
        AdaptiveSampler,
        ProbabilisticSampler,
    ] == kinds


@pytest.mark.parametrize(
    "response",
    [
        {"strategyType": "PROBABILISTIC", "probabilisticSampling": {"samplingRate": 2}},
        {"rateLimitingSampling": {"maxTracesPerSecond": 500}},
        {"rateLimitingSampling": {"maxTracesPerSecond": -1}},
        {"strategyType": "UNKNOWN"},
        {},
        [],
        None,
    ],
)
def test_an_invalid_strategy_keeps_the_sampler(response: object) -> None:
    """Rates and limits out of range and unknown types count as one failed update."""
    scene = Scene(ConstSampler(True))
    before = scene.remote.sampler

    assert before is scene.poll(response)
    assert {"jaeger:sampler_queries ok": 1, "jaeger:sampler_updates err": 1} == (
        scene.counts
    )


@pytest.mark.parametrize(
    "response",
    [SendError("refused"), TimeoutError("slow"), b"{", b"", b"<html>"],
    ids=repr,
)
def test_no_response_keeps_the_sampler(response: object) -> None:
    """A poll without a response in JSON counts as one failed query, as in 4.8."""
    scene = Scene(ConstSampler(True))
    before = scene.remote.sampler

    assert before is scene.poll(response)
    assert {"jaeger:sampler_queries err": 1} == scene.counts


def test_after_a_failure_it_polls_again() -> None:
    """A poll that succeeds is followed, whatever happened before."""
    scene = Scene()
    scene.poll(SendError("refused"))

    assert ProbabilisticSampler(0.5) == scene.poll(HALF)


def test_an_outage_is_two_lines_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """One line when polls begin to fail, one when they succeed again."""
    scene = Scene()

    with caplog.at_level(logging.INFO, "jaeger_tracing"):
        for response in (HALF, SendError("refused"), b"{", {}, HALF, HALF):
            scene.poll(response)

    begun, ended = caplog.messages
    assert begun == (
        "cannot get a sampling strategy for shop: refused. Sampling continues as "
        "before; does a Jaeger agent or collector listen at the sampling address "
        "(JAEGER_SAMPLING_ENDPOINT)?"
    )
    assert ended == "available again: a sampling strategy for shop"


def test_another_logger_can_be_used(caplog: pytest.LogCaptureFixture) -> None:
    """The lines are logged by the logger that was passed."""
    remote = RemoteControlledSampler(
        Agent(SendError("refused")),
        "shop",
        logger=logging.getLogger("mine"),
        worker=QuietWorker(),
    )
    remote.is_sampled(1)
    remote._poller.run(0.0)

    assert ["mine"] == [record.name for record in caplog.records]


def test_an_error_reporter_gets_every_failure(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It replaces the line in the log."""
    listener = Listener()
    remote = RemoteControlledSampler(
        Agent(SendError("refused")),
        "shop",
        error_reporter=listener,
        worker=QuietWorker(),
    )
    remote.is_sampled(1)

    remote._poller.run(remote._poller.run(0.0))

    assert ["cannot get a sampling strategy for shop: refused"] * 2 == listener.errors
    assert [] == caplog.messages


def test_legacy_metrics_are_counted() -> None:
    """A `Metrics` object counts under the keys of 4.8."""
    counted: list[tuple[str, int]] = []
    remote = RemoteControlledSampler(
        Agent(HALF),
        "shop",
        metrics=Metrics(count=lambda key, value: counted.append((key, value))),
        worker=QuietWorker(),
    )
    remote.is_sampled(1)
    remote._poller.run(0.0)

    assert [
        ("jaeger:sampler_queries.result_ok", 1),
        ("jaeger:sampler_updates.result_ok", 1),
    ] == counted


def test_close_stops_the_polls() -> None:
    """After close the sampler still decides; close may be repeated."""
    scene = Scene()
    scene.poll(HALF)

    scene.remote.close()
    scene.remote.close()

    assert math.inf == scene.remote._poller.run(1e9)
    assert 0 == scene.worker.tasks
    assert scene.remote.is_sampled(1)[0]
    assert 1 == scene.worker.wakes


def test_no_thread_at_construction() -> None:
    """Without a worker the sampler creates one, which does not start its thread yet."""
    threads = threading.enumerate()

    remote = RemoteControlledSampler(Agent(), "shop")

    assert threads == threading.enumerate()
    remote.close()


def test_a_forked_child_polls_again() -> None:
    """The child polls at its first use, and not before."""
    scene = Scene()
    scene.poll(HALF)

    scene.worker.after_fork_in_child()
    before_use = scene.remote._poller.run(1000.0)
    scene.remote.is_sampled(1)
    scene.remote._poller.run(1000.0)

    assert math.inf == before_use
    assert 2 == scene.worker.wakes
    assert 2 == len(scene.agent.requests)


def test_a_closed_sampler_stays_closed_in_a_forked_child() -> None:
    """A fork does not start the polls again."""
    scene = Scene()
    scene.remote.close()

    scene.remote._poller.after_fork_in_child()
    scene.remote.is_sampled(1)

    assert 1 == scene.worker.wakes


def test_a_drain_does_not_poll() -> None:
    """There is no poll at the end of the process."""
    scene = Scene()

    assert scene.remote._poller.drain(0.0)
    assert [] == scene.agent.requests


@pytest.mark.parametrize(
    "option",
    [
        {"sampling_refresh_interval": 0},
        {"sampling_refresh_interval": -1.0},
        {"max_operations": 0},
    ],
)
def test_options_out_of_range_are_refused(option: dict[str, int]) -> None:
    """An interval or a number of operations must be more than 0."""
    with pytest.raises(ConfigError, match="must be more than 0"):
        RemoteControlledSampler(Agent(), "shop", worker=QuietWorker(), **option)  # type: ignore[arg-type]  # keywords from a table


def test_options_of_none_mean_the_defaults() -> None:
    """The interval is 60 seconds, and there are 2000 operations."""
    remote = RemoteControlledSampler(
        Agent(),
        "shop",
        sampling_refresh_interval=None,
        max_operations=None,
        io_loop=None,
        worker=QuietWorker(),
    )

    assert (60, 2000) == (remote.sampling_refresh_interval, remote.max_operations)


def test_an_io_loop_is_not_used_any_more() -> None:
    """An io_loop gives a DeprecationWarning, None does not."""
    with pytest.warns(DeprecationWarning, match="io_loop"):
        RemoteControlledSampler(Agent(), "a", io_loop=object(), worker=QuietWorker())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        RemoteControlledSampler(Agent(), "a", io_loop=None, worker=QuietWorker())


def test_a_remote_sampler_equals_only_itself() -> None:
    """Each polls for itself, whatever its strategy; both can be hashed."""
    one, other = Scene().remote, Scene().remote

    assert one == one  # noqa: PLR0124 - it is what is tested
    assert one != other
    assert 2 == len({one, other})


def test_repr_shows_the_service_and_the_sampler() -> None:
    """A debugger shows the current sampler."""
    assert "RemoteControlledSampler('shop', ProbabilisticSampler(0.001))" == repr(
        Scene().remote,
    )


@pytest.mark.parametrize("late", [False, True])
def test_late_binding_applies_to_strategies_of_operations(late: bool) -> None:
    """The final name of a root span counts if late binding is on, else the first."""
    remote = RemoteControlledSampler(
        Agent(EACH),
        "shop",
        worker=QuietWorker(),
        operation_name_late_binding=late,
    )
    remote.is_sampled(1)
    remote._poller.run(0.0)

    assert late is isinstance(remote.is_sampled(1, "op")[1], Undecided)


def test_late_binding_does_not_apply_to_other_strategies() -> None:
    """A rate is the same for every name, so it decides at the start."""
    remote = RemoteControlledSampler(
        Agent(HALF),
        "shop",
        worker=QuietWorker(),
        operation_name_late_binding=True,
    )
    remote.is_sampled(1)
    remote._poller.run(0.0)

    assert {"sampler.type": "probabilistic", "sampler.param": 0.5} == (
        remote.is_sampled(1, "op")[1]
    )


def test_a_new_strategy_is_logged_for_debugging(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The line shows the sampler that follows it."""
    caplog.set_level(logging.DEBUG, "jaeger_tracing")

    Scene().poll(HALF)

    assert ["sampling by ProbabilisticSampler(0.5)"] == caplog.messages


def test_each_new_strategy_for_operations_is_counted_as_an_update() -> None:
    """The sampler stays and takes the new rates."""
    scene = Scene()
    first = scene.poll(EACH)
    changed = {**EACH["operationSampling"], "defaultSamplingProbability": 0.25}

    second = scene.poll({"operationSampling": changed})

    assert first is second
    assert 2 == scene.counts["jaeger:sampler_updates ok"]


class Impatient(Agent):
    """An agent that is polled at an interval of its own."""

    def __init__(self, refresh_interval: float) -> None:
        super().__init__(HALF)
        self.refresh_interval = refresh_interval


@pytest.mark.parametrize(
    ("own", "seconds"), [(0.5, 0.5), (1, 1.0), (0, 60.0), (90.0, 60.0)]
)
def test_the_source_may_shorten_the_interval(own: float, seconds: float) -> None:
    """An interval of 0, or a longer one, is ignored."""
    remote = RemoteControlledSampler(
        Impatient(own), "shop", worker=QuietWorker(), random=lambda: 0.5
    )
    remote.is_sampled(1)

    assert seconds == remote._poller.run(0.0)


@pytest.mark.parametrize("name", ["sampling_refresh_interval", "max_operations"])
def test_a_number_out_of_range_is_named(name: str) -> None:
    """The error begins with the parameter."""
    options = {name: 0}

    with pytest.raises(ConfigError, match=f"^{name} must be .*, got 0$"):
        RemoteControlledSampler(Agent(), "shop", **options)  # type: ignore[arg-type]  # one of several types


def test_another_logger_logs_the_strategies(caplog: pytest.LogCaptureFixture) -> None:
    """The line of a new strategy is for debugging, and has the sampler."""
    remote = RemoteControlledSampler(
        Agent(HALF), "shop", logger=logging.getLogger("mine"), worker=QuietWorker()
    )
    remote.is_sampled(1)

    with caplog.at_level(logging.DEBUG):
        remote._poller.run(0.0)

    assert [("mine", "sampling by ProbabilisticSampler(0.5)")] == [
        (record.name, record.getMessage()) for record in caplog.records
    ]


def test_the_warning_of_an_io_loop_shows_the_line_of_the_caller() -> None:
    """That is where it has to be removed."""
    with pytest.warns(DeprecationWarning, match="io_loop") as caught:
        RemoteControlledSampler(Agent(), "shop", io_loop=object()).close()

    (warning,) = caught
    assert __file__ == warning.filename
