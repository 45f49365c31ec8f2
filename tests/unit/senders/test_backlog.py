"""What Linux tells of a receiver's queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaeger_client.senders.backlog import read_backlog

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n"
ROW = " 7: {address}:{port:04X} 00000000:0000 07 {queues} 00:00000000 00000000 0 0 5\n"


def make_row(port: int, queues: str, address: str = "0100007F") -> str:
    """Return a line of the kernel's table."""
    return ROW.format(address=address, port=port, queues=queues)


def test_the_unread_bytes_of_a_port_are_told(tmp_path: Path) -> None:
    """What waits at the port counts, over both families, and no other port's."""
    four, six = tmp_path / "udp", tmp_path / "udp6"
    four.write_text(
        HEAD + make_row(6831, "00000009:00000100") + make_row(6832, "00000000:00000200")
    )
    six.write_text(HEAD + make_row(6831, "00000000:00010000", address="0" * 32))

    assert 0x10100 == read_backlog(6831, [four, six])


def test_a_port_where_nobody_listens_has_no_backlog(tmp_path: Path) -> None:
    """A port that is not in the table has nothing unread."""
    table = tmp_path / "udp"
    table.write_text(HEAD + make_row(6831, "00000000:00000100"))

    assert 0 == read_backlog(1, [table])


def test_a_system_without_the_table_tells_nothing(tmp_path: Path) -> None:
    """Where there is no such file the backlog is 0."""
    assert 0 == read_backlog(6831, [tmp_path / "missing"])


def test_a_table_of_another_shape_tells_nothing(tmp_path: Path) -> None:
    """Lines that are too short, or hold no number, count as 0."""
    table = tmp_path / "udp"
    table.write_text(HEAD + "7: 0100007F:1AAF\n\n" + make_row(0x1AAF, "many"))

    assert 0 == read_backlog(0x1AAF, [table])


def test_a_table_that_cannot_be_read_tells_nothing(tmp_path: Path) -> None:
    """A directory in its place counts as 0."""
    assert 0 == read_backlog(6831, [tmp_path])
