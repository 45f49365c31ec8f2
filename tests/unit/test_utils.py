"""The helpers of 4.8."""

from __future__ import annotations

import pytest

from jaeger_client import utils
from jaeger_client._internal.host import local_ip


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        ("true", False, True),
        ("1", False, True),
        ("FALSE", True, False),
        ("0", True, False),
        ("yes", True, True),
        ("yes", False, False),
        (None, True, False),
        ("None", "qwer", False),
        ("zxcv", "qwer", "qwer"),
        (True, False, True),
        (0, True, False),
    ],
)
def test_get_boolean_knows_five_words(
    text: object,
    default: object,
    value: object,
) -> None:
    """For any other text the default is returned, as in 4.8."""
    assert value == utils.get_boolean(text, default)
    assert isinstance(utils.get_boolean(text, default), type(value))


def test_utils_names_the_address_and_the_error_reporter() -> None:
    """They live elsewhere now."""
    assert local_ip is utils.local_ip
    assert "ErrorReporter" == utils.ErrorReporter.__name__
