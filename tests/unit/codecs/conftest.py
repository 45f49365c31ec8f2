"""The tests of codecs are run with the compiled functions and with their twins."""

from __future__ import annotations

import pytest

from tests.codec_implementations import IMPLEMENTATIONS, Functions


@pytest.fixture(scope="module", autouse=True)
def functions(codec_implementation: str) -> Functions:
    """Return the functions of the implementation that codecs use."""
    return IMPLEMENTATIONS[codec_implementation]
