"""What the OTLP sender reads of a response: the header Retry-After."""

from __future__ import annotations

import pytest

from jaeger_client.senders.otlp import parse_retry_after

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        (" 7 ", 7.0),
        ("3600", 60.0),
        ("Tue, 14 Nov 2023 22:13:35 GMT", 15.0),
        ("Tue, 14 Nov 2023 23:13:35 +0100", 15.0),
        ("Tue, 14 Nov 2023 22:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 60.0),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("Tue, 99 Nov 99999999999999999999 22:13:35 GMT", None),
        ("9" * 400, 60.0),
        ("999999999", 60.0),
        ("+7", None),
        ("7, 8", None),
        ("1e2", None),
        ("NaN", None),
        ("Tue, 14 Nov 2023 22:13:35 +99999999", 0.0),
        ("Tue, 14 Nov 2023 22:13:35 -99999999", 60.0),
        ("Tue, 14 Nov 2023 22:13:35 +" + "9" * 400, None),
        ("Tue, 14 Nov 2023 22:13:35 -" + "9" * 5_000, 15.0),
        ("Tue, 14 Nov 0000 22:13:35 GMT", 0.0),
        ("Tue, 14 Nov 2023 22:61:99 GMT", 60.0),
        ("٣", None),
    ],
)
def test_seconds_and_dates_are_read(header: str | None, expected: float | None) -> None:
    """Seconds and HTTP dates count, up to a minute; anything else is ignored."""
    assert expected == parse_retry_after(header, NOW)
