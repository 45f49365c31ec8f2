"""The hook for boto3."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from jaeger_client.instrumentation.legacy.client_hooks import boto3 as hook
from jaeger_client.testing import MemoryTracer
from tests.unit.instrumentation.legacy.conftest import (
    Install,
    names_of,
    parent_of,
    tags_of,
)
from tests.unit.spans import Anything

boto3: Anything = import_module("boto3")
botocore: Anything = import_module("botocore.exceptions")


@pytest.fixture
def session(ports: Callable[[str], int], monkeypatch: pytest.MonkeyPatch) -> Anything:
    """Return a function that creates clients, which do not read the user's files."""
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    options = {
        "endpoint_url": f"http://127.0.0.1:{ports('Aws')}",
        "region_name": "us-east-1",
        "aws_access_key_id": "x",
        "aws_secret_access_key": "secret",
    }

    def create(kind: str, service: str) -> Anything:
        return getattr(boto3.Session(), kind)(service, **options)

    return create


def test_a_call_of_a_resource_contains_that_of_its_client(
    tracer: MemoryTracer, install: Install, session: Anything
) -> None:
    """Both have the id of the request."""
    install("boto3")
    table = session("resource", "dynamodb").Table("cakes")

    table.put_item(Item={"name": "tart"})

    assert ["client", "resource"] == [name.split(":")[1] for name in names_of(tracer)]
    assert "boto3:resource:dynamodb:put_item" == parent_of(tracer.spans[0], tracer)
    for span in tracer.spans:
        assert {
            "span.kind": "client",
            "component": "boto3",
            "boto3.service_name": "dynamodb",
            "aws.request_id": "id-of-request",
        } == tags_of(span)


def test_an_error_of_the_service_has_the_id_too(
    tracer: MemoryTracer, install: Install, session: Anything
) -> None:
    """It is recorded and raised."""
    install("boto3")

    with pytest.raises(botocore.ClientError):
        session("client", "dynamodb").describe_table(TableName="missing")

    tags = tags_of(tracer.spans[0])
    assert (True, "id-of-request") == (tags["error"], tags["aws.request_id"])


def test_transfers_on_other_threads_are_children(
    tracer: MemoryTracer, install: Install, session: Anything
) -> None:
    """Of the function of S3 that starts them."""
    install("boto3")
    storage = session("client", "s3")
    into = io.BytesIO()

    storage.download_fileobj("shop", "cake", into)

    assert b"a cake\n" == into.getvalue()
    transfer = "boto3:client:s3:download_fileobj"
    assert {"boto3:client:s3:get_object": transfer, transfer: None} == {
        span.operation_name: parent_of(span, tracer)
        for span in tracer.spans
        if "head_object" not in span.operation_name
    }


def test_an_error_without_a_response(
    tracer: MemoryTracer, install: Install, session: Anything, tmp_path: Path
) -> None:
    """It has no id."""
    install("boto3")

    with pytest.raises(FileNotFoundError):
        session("client", "s3").upload_file(str(tmp_path / "none"), "shop", "cake")

    tags = tags_of(tracer.spans[-1])
    assert tags["error"] is True
    assert "aws.request_id" not in tags


def test_the_hook_can_be_removed(
    tracer: MemoryTracer, install: Install, session: Anything
) -> None:
    """Clients work without spans then."""
    install("boto3").reset_patches()

    session("client", "dynamodb").list_tables()

    assert [] == tracer.spans


def test_a_fault_of_the_hook_does_not_prevent_the_call(
    tracer: MemoryTracer,
    install: Install,
    session: Anything,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is made without a span."""
    install("boto3")
    monkeypatch.setattr(hook, "start_child_span", None)

    assert session("client", "dynamodb").list_tables()
    assert [] == tracer.spans
