"""URLs: what is parsed, refused and shown."""

from __future__ import annotations

import pytest

from jaeger_client._internal.http_client.messages import parse_url
from jaeger_client.errors import ConfigError


def test_a_url_is_parsed() -> None:
    """A URL has a scheme, a host, a port and a target."""
    url = parse_url("https://Collector:4318/v1/traces?a=b&c=%20")

    assert ("https", "collector", 4318) == url.origin
    assert "/v1/traces?a=b&c=%20" == url.target


@pytest.mark.parametrize(
    ("url", "port"),
    [("http://host", 80), ("https://host", 443), ("http://[::1]:99/", 99)],
)
def test_the_port_has_a_default(url: str, port: int) -> None:
    """Without a port it is that of the scheme, without a path it is /."""
    parsed = parse_url(url)

    assert (port, "/") == (parsed.origin[2], parsed.target)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("fe80::1%25eth0", "fe80::1%eth0"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("FE80::1%25Eth-0", "fe80::1%Eth-0"),
        ("fe80::1%252", "fe80::1%2"),
        ("fe80::1%2", "fe80::1%2"),
        ("fe80::1%25", "fe80::1%25"),
    ],
)
def test_a_zone_is_part_of_the_host(host: str, expected: str) -> None:
    """A zone is read with its percent sign encoded (RFC 6874) and without."""
    url = parse_url(f"http://[{host}]:4318/")

    assert ("http", expected, 4318) == url.origin
    assert "[fe80::1]:4318" == url.authority


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("http://host", "host:80"),
        ("https://host:4318", "host:4318"),
        ("https://[::1]", "[::1]:443"),
        ("http://[fe80::1%25eth0]:4318", "[fe80::1]:4318"),
        ("http://bücher.example", "xn--bcher-kva.example:80"),
    ],
)
def test_an_authority_is_host_and_port(url: str, authority: str) -> None:
    """In ASCII, without a zone, and with the port of the scheme if there is none."""
    assert authority == parse_url(url).authority


def test_a_target_is_ascii() -> None:
    """What a request line cannot contain is percent-encoded."""
    assert "/caf%C3%A9%20x?y=%22" == parse_url('http://host/café x?y="').target


def test_a_url_shows_no_credentials() -> None:
    """The text of a URL masks user and password, which become Basic auth."""
    url = parse_url("http://me:se%40cret@host/x")

    assert "http://***@host/x" == str(url)
    assert "Basic bWU6c2VAY3JldA==" == url.authorization
    assert "bWU6c2VAY3JldA" not in repr(url)


def test_a_user_without_a_password_is_allowed_in_a_url() -> None:
    """A token as the user of a URL has an empty password."""
    assert "Basic dG9rZW46" == parse_url("http://token@host/").authorization


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("", "the scheme must be http or https"),
        ("host:4318", "the scheme must be http or https"),
        ("ftp://host/", "the scheme must be http or https"),
        ("http://", "the host is missing or not valid"),
        ("http://:80/", "the host is missing or not valid"),
        ("http://a b/", "the host is missing or not valid"),
        ("http://host:port/", "the port must be a whole number"),
        ("http://host:0/", "the port must be a whole number"),
        ("http://host:65536/", "the port must be a whole number"),
        ("http://[::1/", "it cannot be parsed"),
        ("http://host%25eth0/", "the zone must name a network interface"),
        ("http://[fe80::1%25a%20b]/", "the zone must name|cannot be parsed"),
        ("http://[fe80::1%25%0a]/", "the zone must name|cannot be parsed"),
        ("http://[fe80::1%]/", "the zone must name|cannot be parsed"),
    ],
)
def test_a_bad_url_is_a_config_error(url: str, complaint: str) -> None:
    """A URL that leads nowhere is refused with its key and what is wrong."""
    with pytest.raises(ConfigError, match=complaint) as caught:
        parse_url(url, key="endpoint (JAEGER_ENDPOINT)")

    assert str(caught.value).startswith("endpoint (JAEGER_ENDPOINT) must be a URL like")
    assert str(caught.value).endswith(f"got {url!r}")


@pytest.mark.parametrize("host", ["host:port", "a\u2100b"])
def test_a_bad_url_is_shown_without_its_password(host: str) -> None:
    """The message about a bad URL masks the password in it."""
    with pytest.raises(ConfigError) as caught:
        parse_url(f"http://me:secret@{host}/")

    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_url_shows_no_secret_of_its_query() -> None:
    """Some backends take their token as a parameter; others are shown."""
    url = parse_url("http://host/v1/traces?api_key=hunter2&tenant=a")

    assert "http://host/v1/traces?api_key=(hidden)&tenant=a" == str(url)
    assert "hunter2" not in repr(url)
    assert "/v1/traces?api_key=hunter2&tenant=a" == url.target


@pytest.mark.parametrize("url", ["me:hunter2@host", "http://me:hun/hunter2@host/"])
def test_a_bad_url_shows_no_password_wherever_it_is(url: str) -> None:
    """Neither without a scheme nor where a slash ends the host."""
    with pytest.raises(ConfigError) as caught:
        parse_url(url)

    assert "hunter2" not in str(caught.value)


def test_a_lone_surrogate_in_a_path_is_a_config_error() -> None:
    """It has no bytes that could be sent."""
    with pytest.raises(ConfigError, match="must be a URL like"):
        parse_url("http://host/\ud800")
