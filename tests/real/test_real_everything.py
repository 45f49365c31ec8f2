"""
A program that uses everything, and what a real Jaeger shows of it.

It runs once over each route, and once on jaeger-client 4.8. Each of its traces is
compared completely with expected/everything.txt; differences.py lists where and why
another result is correct.
"""

from __future__ import annotations

import json

import pytest

from tests.real.comparison import (
    Traces,
    read_expected,
    read_from_jaeger,
    with_differences,
)
from tests.real.conftest import RunProgram
from tests.real.differences import OLD_CLIENT, OTLP, THRIFT
from tests.real.jaeger_query import JaegerQuery
from tests.real.jaeger_server import OTLP_URL, THRIFT_URL

EXPECTED = read_expected("everything")
EXPECTED_OVER_THRIFT = with_differences(EXPECTED, THRIFT)
EXPECTED_OVER_OTLP = with_differences(EXPECTED, OTLP)
EXPECTED_OF_OLD_CLIENT = with_differences(EXPECTED, OLD_CLIENT)

each_trace = pytest.mark.parametrize("trace", list(EXPECTED))


@pytest.fixture(scope="module")
def over_udp(jaeger: JaegerQuery, run_program: RunProgram) -> Traces:
    """The program with nothing configured."""
    ids = json.loads(run_program("everything.py"))
    return read_from_jaeger(jaeger, ids, EXPECTED)


@pytest.fixture(scope="module")
def over_thrift(jaeger: JaegerQuery, run_program: RunProgram) -> Traces:
    """The program sent to the collector's Thrift endpoint."""
    ids = json.loads(run_program("everything.py", JAEGER_ENDPOINT=THRIFT_URL))
    return read_from_jaeger(jaeger, ids, EXPECTED_OVER_THRIFT)


@pytest.fixture(scope="module")
def over_otlp(jaeger: JaegerQuery, run_program: RunProgram) -> Traces:
    """The program sent to the collector's OTLP endpoint."""
    ids = json.loads(run_program("everything.py", JAEGER_ENDPOINT=OTLP_URL))
    return read_from_jaeger(jaeger, ids, EXPECTED_OVER_OTLP)


@pytest.fixture(scope="module")
def of_old_client(
    jaeger: JaegerQuery, run_program: RunProgram, old_client_python: str
) -> Traces:
    """The same program on jaeger-client 4.8, with nothing configured."""
    ids = json.loads(run_program("everything.py", python=old_client_python))
    return read_from_jaeger(jaeger, ids, EXPECTED_OF_OLD_CLIENT)


@each_trace
def test_jaeger_shows_what_was_recorded_over_udp(over_udp: Traces, trace: str) -> None:
    """Names, parents, tags, logs and times arrive in Jaeger over UDP as recorded."""
    assert EXPECTED[trace] == over_udp[trace]


@each_trace
def test_jaeger_shows_the_same_over_thrift(over_thrift: Traces, trace: str) -> None:
    """Over HTTP and Thrift Jaeger shows the same as over UDP, whatever the size."""
    assert EXPECTED_OVER_THRIFT[trace] == over_thrift[trace]


@each_trace
def test_jaeger_shows_the_same_over_otlp(over_otlp: Traces, trace: str) -> None:
    """Over OTLP Jaeger shows the same as over UDP, except for differences of OTLP."""
    assert EXPECTED_OVER_OTLP[trace] == over_otlp[trace]


@each_trace
def test_old_client_shows_the_same(of_old_client: Traces, trace: str) -> None:
    """The program has the same result on jaeger-client 4.8, except for fixed faults."""
    assert EXPECTED_OF_OLD_CLIENT[trace] == of_old_client[trace]


def test_all_traces_are_compared(over_udp: Traces) -> None:
    """Every trace of the program is among the expected ones."""
    assert list(EXPECTED) == list(over_udp)
