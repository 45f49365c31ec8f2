"""OpenTracing's own checks of a tracer and of a scope manager."""

from __future__ import annotations

import sys
import unittest.mock  # noqa: TID251 - OpenTracing's checks patch our spans
from typing import TYPE_CHECKING

import pytest

from jaeger_client.scope import ContextScopeManager
from jaeger_client.span import Span
from jaeger_client.testing import MemoryTracer
from jaeger_client.tracer import Tracer

if TYPE_CHECKING:
    import opentracing

# They import mock by the name it had before it came into the standard library.
sys.modules.setdefault("mock", unittest.mock)  # noqa: TID251 - as above

from opentracing.harness.api_check import (  # noqa: E402 - see above
    APICompatibilityCheckMixin,
)
from opentracing.harness.scope_check import (  # noqa: E402 - see above
    ScopeCompatibilityCheckMixin,
)


class TestTracer(APICompatibilityCheckMixin):  # type: ignore[misc]  # untyped base
    """OpenTracing's checks of a tracer hold for ours."""

    def tracer(self) -> Tracer:
        return MemoryTracer()

    def is_parent(self, parent: Span | None, span: Span) -> bool:  # pyright: ignore[reportIncompatibleMethodOverride]  # our spans only
        return span.parent_id == (None if parent is None else parent.span_id)


class TestContextScopeManager(ScopeCompatibilityCheckMixin):  # type: ignore[misc]  # untyped base
    """OpenTracing's checks of a scope manager hold for ours."""

    def scope_manager(self) -> opentracing.ScopeManager:
        return ContextScopeManager()


@pytest.mark.parametrize("check", [TestTracer, TestContextScopeManager])
def test_checks_are_there(check: type) -> None:
    """Both classes above bring checks of their own."""
    assert sum(name.startswith("test_") for name in dir(check)) >= 5
