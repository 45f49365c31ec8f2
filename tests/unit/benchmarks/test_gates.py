"""The failures and hints of the gates, without counting."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from opentracing import Format

from benchmarks.gating.budgets import (
    Budgets,
    judge,
    ratios_to_limit,
    read_budgets,
    write_budgets,
)
from benchmarks.gating.calls import (
    ENCODED_AT_ONCE,
    HOT_CALLS,
    HotCall,
    make_finished_spans,
    make_headers,
    make_reporter,
    make_root,
    make_tracer,
)
from benchmarks.gating.counting import (
    COMPILED,
    PURE_PYTHON,
    CountError,
    count_instructions,
    read_count,
)
from benchmarks.gating.packages import package_of
from benchmarks.gating.pythons import VERSIONS, describe, find_all
from benchmarks.gating.tables import before_and_after, with_budgets
from jaeger_client.model import SpanLosses

HERE = "3.11.7, GCC 12.2.0, x86_64"
ELSEWHERE = "3.11.2, GCC 12.2.0, x86_64"


def judge_inject(ratio: float, *, budget: float, build: str = HERE) -> list[str]:
    """Return the failures for an inject of this *ratio*."""
    return judge({"inject": ratio}, Budgets(HERE, {"inject": budget}), build).failures


def test_a_budget_20_percent_too_low_fails() -> None:
    """A failure is one line: the call, its cost, the excess, the budget."""
    failures = judge_inject(9.8, budget=9.8 / 1.2)

    expected = (
        "inject: 9.8 x limit, 20 % more than the 8.17 of benchmarks/budgets.json "
        "(15 % allowed)"
    )
    assert [expected] == failures


def test_a_budget_10_percent_too_low_passes() -> None:
    """Up to 15 % above the budget is accepted."""
    assert [] == judge_inject(9.8, budget=9.8 / 1.1)


def test_the_gate_closes_at_15_percent() -> None:
    """15 % is accepted, a little more is not."""
    assert [] == judge_inject(1.149, budget=1.0)
    assert 1 == len(judge_inject(1.151, budget=1.0))


def test_another_build_of_python_is_allowed_more() -> None:
    """In a different build of Python, up to 35 % above the budget is accepted."""
    assert [] == judge_inject(1.34, budget=1.0, build=ELSEWHERE)
    (line,) = judge_inject(1.36, budget=1.0, build=ELSEWHERE)
    assert line.endswith("(35 % allowed)")


def test_each_call_is_judged_by_its_own_budget() -> None:
    """A call that exceeds its budget neither hides nor affects another one."""
    budgets = Budgets(HERE, {"inject": 1.0, "extract": 4.0, "set_tag": 0.5})
    failures = judge({"inject": 2.0, "extract": 4.1, "set_tag": 0.6}, budgets, HERE)

    names = [line.partition(":")[0] for line in failures.failures]
    assert ["inject", "set_tag"] == names


def test_a_call_15_percent_cheaper_is_a_hint() -> None:
    """A cheaper call is not a failure, but a hint to reduce its budget."""
    verdict = judge({"inject": 8.0}, Budgets(HERE, {"inject": 10.0}), HERE)

    expected = (
        "inject: 8 x limit, 20 % less than the 10 of benchmarks/budgets.json; "
        "`python benchmarks/gates.py --update` tightens it"
    )
    assert ([], [expected]) == (verdict.failures, verdict.hints)


def test_a_call_without_a_budget_fails() -> None:
    """A new call without a budget is a failure."""
    (line,) = judge({"new": 1.0}, Budgets(HERE, {}), HERE).failures

    assert line.startswith("new: no budget yet")


def test_ratios_are_in_units_of_limit() -> None:
    """A ratio is a call's instructions by those of `limit`, which has no ratio."""
    ratios = ratios_to_limit({"limit": 2000.0, "inject": 5000.0})

    assert {"inject": 2.5} == ratios


def test_budgets_of_one_version_leave_the_others_alone(tmp_path: Path) -> None:
    """New budgets replace those of one Python, and nothing else."""
    file = tmp_path / "budgets.json"
    file.write_text("{}", encoding="utf-8")
    write_budgets("3.10", COMPILED, Budgets(ELSEWHERE, {"inject": 1.0}), file)
    write_budgets("3.11", COMPILED, Budgets(HERE, {"gone": 1.0}), file)
    write_budgets("3.11", COMPILED, Budgets(HERE, {"inject": 1.23456}), file)

    assert Budgets(ELSEWHERE, {"inject": 1.0}) == read_budgets("3.10", COMPILED, file)
    assert Budgets(HERE, {"inject": 1.235}) == read_budgets("3.11", COMPILED, file)
    assert read_budgets("3.9", COMPILED, file) is None


def test_each_implementation_has_budgets_of_its_own(tmp_path: Path) -> None:
    """New budgets of one implementation leave those of the other alone."""
    file = tmp_path / "budgets.json"
    file.write_text("{}", encoding="utf-8")
    write_budgets("3.11", PURE_PYTHON, Budgets(HERE, {"inject": 2.0}), file)
    write_budgets("3.11", COMPILED, Budgets(HERE, {"inject": 1.0}), file)

    assert Budgets(HERE, {"inject": 2.0}) == read_budgets("3.11", PURE_PYTHON, file)
    assert Budgets(HERE, {"inject": 1.0}) == read_budgets("3.11", COMPILED, file)


def test_every_version_has_budgets() -> None:
    """The committed file has a budget for each Python that CI runs."""
    assert all(read_budgets(version, PURE_PYTHON) for version in VERSIONS)
    # Python 3.14 is fetched without headers, so nothing is compiled for it.
    assert all(
        read_budgets(version, COMPILED) for version in VERSIONS if version != "3.14"
    )


def test_a_count_is_the_second_of_its_process(tmp_path: Path) -> None:
    """The loop's instructions are those between the two markers, by turns."""
    (tmp_path / "17.1").write_text("totals: 999\n", encoding="utf-8")
    (tmp_path / "17.2").write_text("fn=(1)\n0 5000\n\ntotals: 5000\n", encoding="utf-8")

    assert ("root, unsampled", 10.0) == read_count("17 500 root, unsampled", tmp_path)


def test_markers_that_were_not_seen_are_an_error(tmp_path: Path) -> None:
    """If callgrind does not see the marker, there is no count."""
    with pytest.raises(CountError, match="did not see the calls of getppid"):
        read_count("17 500 inject", tmp_path)


def test_a_missing_valgrind_is_an_error_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without valgrind the message is one line with what to install."""
    monkeypatch.setenv("PATH", "")

    with pytest.raises(CountError, match="^valgrind is missing: .*install valgrind$"):
        count_instructions(Path(sys.executable), Path(), PURE_PYTHON)


def test_what_is_no_python_is_not_described(tmp_path: Path) -> None:
    """A path without a Python results in `None`."""
    assert describe(tmp_path / "python3.11") is None
    assert describe(Path("/bin/false")) is None


def test_this_python_is_found_for_its_version() -> None:
    """Of several interpreters of a version, the running one is used."""
    this = describe(Path(sys.executable))

    assert this in find_all()


def test_the_table_shows_ratio_budget_and_difference() -> None:
    """A row has instructions, their ratio to limit, the budget, the difference."""
    table = with_budgets({"limit": 2000.0, "inject": 5000.0}, {"inject": 2.0})

    assert ["inject", "5,000", "2.50", "2.00", "+25.0%"] == table.split()[-5:]


def test_before_and_after_are_side_by_side() -> None:
    """A row has the instructions before and after, and the difference."""
    before, after = {"limit": 2000.0}, {"limit": 1000.0}
    table = before_and_after("HEAD", before, after)

    assert ["limit", "2,000", "1,000", "-50.0%", "1.00"] == table.split()[-5:]


def test_a_call_that_the_revision_has_not() -> None:
    """A call without a count before has one now."""
    table = before_and_after("HEAD", {}, {"limit": 1000.0})

    assert ["limit", "1,000", "1.00"] == table.split()[-3:]


def test_the_package_of_pure_python_is_not_built(tmp_path: Path) -> None:
    """The modules are imported from the sources."""
    python = describe(Path(sys.executable))
    assert python is not None

    assert tmp_path / "src" == package_of(tmp_path, PURE_PYTHON, python)


def test_a_revision_without_compiled_modules(tmp_path: Path) -> None:
    """Before there were compiled modules, there is no package of them."""
    python = describe(Path(sys.executable))
    assert python is not None

    assert package_of(tmp_path, COMPILED, python) is None


def test_a_package_of_the_other_implementation_is_an_error(tmp_path: Path) -> None:
    """What is counted is never silently the other implementation."""
    package = Path(__file__).parents[3] / "src" / "jaeger_client"
    plain = shutil.ignore_patterns("*.so", "__pycache__")
    shutil.copytree(package, tmp_path / "jaeger_client", ignore=plain)

    with pytest.raises(CountError, match="pure Python"):
        count_instructions(Path(sys.executable), tmp_path, COMPILED)


@pytest.mark.parametrize("hot_call", HOT_CALLS, ids=lambda call: call.name)
def test_a_hot_call_runs_as_often_as_specified(hot_call: HotCall) -> None:
    """The arguments of a call are enough for its number of turns."""
    call = hot_call.make(3)

    for _ in range(3):
        call()


def test_the_sampled_root_passes_through_the_queue() -> None:
    """The root span that is counted is recorded, queued and not lost."""
    reporter = make_reporter(2)
    call = make_root(make_tracer(reporter))
    call()
    call()

    assert reporter.close().result()
    assert SpanLosses() == reporter.losses


def test_the_encoder_gets_finished_spans_of_eight_tags() -> None:
    """A hundred recorded spans are encoded at once, eight tags each."""
    spans = make_finished_spans(make_tracer())

    assert ENCODED_AT_ONCE == len(spans)
    assert all(span.finished and len(span.tags) >= 8 for span in spans)


def test_the_request_has_nine_headers_with_a_context() -> None:
    """The headers for extract contain a context among eight other headers."""
    tracer = make_tracer()
    context = tracer.start_span("context").context
    headers = make_headers(tracer, context)

    extracted = tracer.extract(Format.HTTP_HEADERS, headers)
    assert 9 == len(headers)
    assert extracted is not None
    assert context.span_id == extracted.span_id
