"""The benchmark's figures of an application's latency."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import pytest

from benchmarks.comparison.latency import (
    LATENCY_HEADER,
    LatencyFigures,
    LatencyPlan,
    latency_rows,
    percentile,
)
from benchmarks.comparison.latency_load import Load, LoadError, Times, is_complete
from benchmarks.comparison.latency_server import Handler
from benchmarks.comparison.latency_work import count_rows, work
from benchmarks.comparison.peers.base import Peer
from benchmarks.comparison.programs import ProgramError, decode_output
from benchmarks.comparison.sections import Section

Answer = TypeVar("Answer")


class ListeningPeer(Peer):
    """Records which of its methods are called inside which."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def root_finish(self) -> None:
        self.heard.append("span")

    def serve_request(
        self,
        environ: Mapping[str, object],
        work: Callable[[], Answer],
    ) -> Answer:
        self.heard.append(f"begin {environ['PATH_INFO']}")
        result = work()
        self.heard.append("end")
        return result


def make_figures() -> LatencyFigures:
    """Return three rounds of 1 to 100 ms, one of them three times slower."""
    figures = LatencyFigures(requests=120, cpu_s=0.3)
    latencies = [1_000 * number for number in range(1, 101)]
    for slower in (1, 3, 1):
        times = [slower * latency for latency in latencies]
        figures.rounds.append(Times(times, [50] * 100))
    return figures


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.5, 50), (0.9, 90), (0.99, 99), (0.991, 100), (1.0, 100), (0.0, 1)],
)
def test_a_percentile_is_one_of_the_values(share: float, expected: int) -> None:
    """A quantile is the least value that so large a share does not exceed."""
    assert expected == percentile(range(100, 0, -1), share)


def test_a_row_shows_percentiles_and_what_arrived() -> None:
    """Each peer has a row: medians of rounds, the longest request, its spans."""
    figures = make_figures()
    figures.spans_expected, figures.spans_arrived = 2_400, 2_399
    (row,) = latency_rows({"ours": figures}, {"ours": "us"})

    assert len(LATENCY_HEADER) == len(row)
    assert ["us", "50.00", "90.00", "99.00", "300.00", "2.50"] == row[:6]
    assert ["2,399 of 2,400", "0.05"] == row[6:]


def test_without_a_tracer_no_spans_are_expected() -> None:
    """Without spans, their cell is empty."""
    (row,) = latency_rows({"limit": make_figures()}, {})

    assert "limit" == row[0]
    assert "" == row[6]


def test_figures_are_complete_once_all_spans_arrived() -> None:
    """A single missing span makes the figures void."""
    figures = LatencyFigures(spans_expected=2, spans_arrived=1)

    assert not figures.are_complete
    figures.spans_arrived = 2
    assert figures.are_complete


def test_a_plan_counts_the_warm_up_of_each_round() -> None:
    """The requests of the warm-up are included in the number of requests."""
    plan = LatencyPlan(rate=100, rounds=3, seconds=2, warm_up=0.5)

    assert 750 == plan.requests
    assert 2 == plan.quick().rounds


def test_the_first_requests_of_a_load_do_not_count() -> None:
    """The first requests are those of the warm-up, and are sent at the same rate."""
    load = Load(port=80, rate=500, seconds=1, warm_up=0.2)

    assert (100, 600) == (load.warm_up_requests, load.requests)


ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: waitress\r\n\r\nok"


def test_a_response_is_complete_with_its_last_byte() -> None:
    """A response is complete only with its last part, however it is cut."""
    assert [len(ANSWER)] == [
        length for length in range(len(ANSWER) + 1) if is_complete(ANSWER[:length])
    ]


@pytest.mark.parametrize(
    "response",
    [ANSWER.replace(b"200", b"500"), ANSWER.replace(b"Content-Length", b"Length")],
)
def test_a_wrong_response_ends_the_load(response: bytes) -> None:
    """The error quotes a response with an error, or without a length."""
    with pytest.raises(LoadError, match="got b'HTTP/1.1"):
        is_complete(response)


@pytest.mark.parametrize(
    ("is_traced", "heard"),
    [
        (True, ["begin /customers", "span", "end"]),
        (False, ["begin /customers", "end"]),
    ],
)
def test_a_traced_request_has_a_span_within_its_own(
    *,
    is_traced: bool,
    heard: list[str],
) -> None:
    """The handler does its work in the server's span, with a child if it is traced."""
    peer, answered = ListeningPeer(), list[object]()
    handler = Handler(peer, 5, is_traced=is_traced)

    def start_response(*arguments: object) -> None:
        answered.extend(arguments)

    body = handler({"PATH_INFO": "/customers"}, start_response)
    text = b"%d characters\n" % work(5)
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))]

    assert [text] == body
    assert ["200 OK", headers] == answered
    assert heard == peer.heard
    assert 1 == handler.requests


def test_the_same_number_of_rows_is_the_same_work() -> None:
    """The work depends only on the number of rows."""
    assert work(20) == work(20)
    assert 1 <= count_rows(1e-9)


def test_the_output_of_a_program_is_json() -> None:
    """The output of a program is decoded."""
    assert {"app_s": 1} == decode_output("growth_job of ours", 0, '{"app_s": 1}\n')


@pytest.mark.parametrize(
    ("status", "output", "message"),
    [(1, "{}", "growth_job of ours ended with status 1"), (0, "", "printed ''")],
)
def test_a_program_that_fails_is_named(status: int, output: str, message: str) -> None:
    """An error status, or output that is not JSON, is an error."""
    with pytest.raises(ProgramError, match=message):
        decode_output("growth_job of ours", status, output)


def test_a_section_is_markdown() -> None:
    """A section has a title, a text, and a table."""
    section = Section("Title", "Text.", ["a", "b"], [["1", "2"]])

    assert str(section).startswith("## Title\n\nText.\n\n| a ")


def test_a_section_without_rows_has_no_table() -> None:
    """A section that failed has the error as its text, and nothing more."""
    assert "## Title\n\nFailed.\n" == str(Section("Title", "Failed.", [], []))
