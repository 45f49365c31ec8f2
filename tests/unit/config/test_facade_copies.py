"""Copies of a Config, including those in other processes."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry

from jaeger_client import (
    Config,
    ConstSampler,
    ProbabilisticSampler,
    RateLimitingSampler,
)
from jaeger_client.metrics import LegacyMetricsFactory, Metrics, MetricsFactory
from jaeger_client.metrics.prometheus import PrometheusMetricsFactory
from jaeger_client.sampler import AdaptiveSampler, Sampler
from jaeger_client.scope import ContextScopeManager

if TYPE_CHECKING:
    from pathlib import Path

Copy = Callable[[Config], Config]


def pickled(config: Config) -> Config:
    """Return the copy that a spawned process receives."""
    loaded: Config = pickle.loads(pickle.dumps(config))
    return loaded


COPIES = pytest.mark.parametrize("make_copy", [pickled, copy.deepcopy, copy.copy])


def make_config(sampler: object = None, **given: object) -> Config:
    """Return a Config with a setting of each kind."""
    config = {
        "sampler": sampler or {"type": "const", "param": 1},
        "tags": {"zone": "a"},
        "throttler": {},
        "logging": True,
    }
    return Config(config, service_name="shop", **given)  # type: ignore[arg-type]  # any


@COPIES
@pytest.mark.parametrize("used", [False, True], ids=["unused", "used"])
def test_a_config_can_be_copied(make_copy: Copy, used: bool) -> None:
    """A copy has the same settings, even after a tracer was created."""
    config = make_config()
    if used:
        config.new_tracer().close(0.0)

    tracer = make_copy(config).new_tracer()
    tracer.close(0.0)

    assert "shop" == tracer.service_name
    assert ConstSampler(decision=True) == tracer.sampler
    assert "a" == tracer.tags["zone"]


@COPIES
@pytest.mark.parametrize(
    "sampler",
    [
        ConstSampler(decision=True),
        ProbabilisticSampler(0.5),
        RateLimitingSampler(3),
        AdaptiveSampler(
            {
                "defaultSamplingProbability": 0.5,
                "defaultLowerBoundTracesPerSecond": 1,
                "perOperationStrategies": [],
            },
            max_operations=5,
        ),
    ],
    ids=lambda sampler: type(sampler).__name__,
)
def test_a_config_with_a_sampler_can_be_copied(
    make_copy: Copy, sampler: Sampler
) -> None:
    """The copy has an equal sampler."""
    config = make_config(sampler)
    config.new_tracer().close(0.0)

    assert sampler == make_copy(config).sampler


@COPIES
@pytest.mark.parametrize(
    "factory",
    [MetricsFactory(), LegacyMetricsFactory(Metrics()), PrometheusMetricsFactory("s")],
    ids=lambda factory: type(factory).__name__,
)
def test_a_config_with_metrics_can_be_copied(
    make_copy: Copy, factory: MetricsFactory
) -> None:
    """Every factory of this library can be copied."""
    config = make_config(metrics_factory=factory)
    config.new_tracer().close(0.0)

    made = make_copy(config)._metrics_factory  # pyright: ignore[reportPrivateUsage]  # has no other name

    assert type(factory) is type(made)
    made.create_counter("copied")(1)


def test_a_deep_copy_counts_in_the_same_registry() -> None:
    """Metrics in a copied registry would not be exported."""
    factory = PrometheusMetricsFactory(registry=CollectorRegistry())

    assert factory is copy.deepcopy(factory)


def test_a_deep_copy_has_the_same_scope_manager() -> None:
    """Both have the same active span."""
    manager = ContextScopeManager()
    config = make_config(scope_manager=manager)

    assert manager is copy.deepcopy(config).scope_manager


def test_a_pickled_config_has_a_scope_manager_of_its_own() -> None:
    """In another process no span is active."""
    config = make_config(scope_manager=ContextScopeManager())

    assert isinstance(pickled(config).scope_manager, ContextScopeManager)


@COPIES
def test_a_copy_reads_the_variables_of_its_process(
    make_copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables are read when a value is needed."""
    config = make_copy(make_config())

    monkeypatch.setenv("JAEGER_AGENT_HOST", "there")

    assert "there" == config.local_agent_reporting_host


SPAWNING = """
import multiprocessing
from jaeger_client import Config


def child(config):
    tracer = config.new_tracer()
    assert "spawned" == tracer.service_name
    tracer.close(0)


if __name__ == "__main__":
    config = Config({"sampler": {"type": "const", "param": 1}}, service_name="spawned")
    config.new_tracer().close(0)
    process = multiprocessing.get_context("spawn").Process(target=child, args=(config,))
    process.start()
    process.join(60)
    raise SystemExit(process.exitcode)
"""


def test_a_spawned_process_creates_a_tracer(tmp_path: Path) -> None:
    """A Config that was used in the parent works in the child."""
    program = tmp_path / "spawning.py"
    program.write_text(SPAWNING, "utf-8")

    done = subprocess.run(
        [sys.executable, program], capture_output=True, check=False, timeout=100
    )

    assert (0, b"") == (done.returncode, done.stderr)
