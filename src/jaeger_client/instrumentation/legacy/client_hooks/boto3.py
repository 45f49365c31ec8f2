"""
The hook for boto3: client spans for calls of clients and resources.

Transfers of S3 make their calls on other threads, which inherit the active span.
"""

from __future__ import annotations

import contextvars
import functools
from contextlib import suppress
from typing import Final

from opentracing.ext import tags

from jaeger_client.instrumentation.legacy.client_hooks._patcher import (
    Library,
    Patcher,
    attempt,
    functions_of,
    imported,
)
from jaeger_client.instrumentation.legacy.request_context import (
    get_current_span,
    span_in_stack_context,
)
from jaeger_client.instrumentation.legacy.utils import start_child_span

__all__ = ["install_patches", "patcher", "reset_patches", "set_patcher"]

_S3_FUNCTIONS: Final = (
    "copy",
    "download_file",
    "download_fileobj",
    "upload_file",
    "upload_fileobj",
)


class Boto3Patcher(Patcher):
    """Replaces functions of `boto3`, `botocore` and `s3transfer`."""

    module_name = "boto3"

    S3_FUNCTIONS_TO_INSTRUMENT = _S3_FUNCTIONS
    """Functions of S3 clients that make several calls."""

    def _install_patches(self) -> None:
        client = imported("botocore.client").BaseClient
        self.replace(client, "_make_api_call", self._api_call)
        action = imported("boto3.resources.action").ServiceAction
        self.replace(action, "__call__", self._action)
        for name in self.S3_FUNCTIONS_TO_INSTRUMENT:
            self.replace(imported("boto3.s3.inject"), name, self._s3_function)
        executor = imported("s3transfer.futures").BoundedExecutor
        self.replace(executor, "EXECUTOR_CLS", _inheriting)

    def _api_call(self, original: Library) -> Library:
        make_name = imported("botocore").xform_name

        @functools.wraps(original)
        def make_api_call(
            client: Library, operation_name: str, *args: Library, **kwargs: Library
        ) -> Library:
            service = client.meta.service_model.service_name
            call = functools.partial(original, client, operation_name, *args, **kwargs)
            return self.perform_call("client", service, make_name(operation_name), call)

        return make_api_call

    def _action(self, original: Library) -> Library:
        make_name = imported("botocore").xform_name

        @functools.wraps(original)
        def action(
            action: Library, parent: Library, *args: Library, **kwargs: Library
        ) -> Library:
            # `ServiceAction` has no public attribute for the name of the operation.
            operation = make_name(action._action_model.request.operation)  # noqa: SLF001
            call = functools.partial(original, action, parent, *args, **kwargs)
            service = parent.meta.service_name
            return self.perform_call("resource", service, operation, call)

        return action

    def _s3_function(self, original: Library) -> Library:
        @functools.wraps(original)
        def s3_function(*args: Library, **kwargs: Library) -> Library:
            call = functools.partial(original, *args, **kwargs)
            return self.perform_call("client", "s3", original.__name__, call)

        return s3_function

    def perform_call(
        self, kind: str, service_name: str, operation_name: str, call: Library
    ) -> Library:
        """Call *call* in a span."""
        name = f"boto3:{kind}:{service_name}:{operation_name}"
        found = {
            tags.SPAN_KIND: tags.SPAN_KIND_RPC_CLIENT,
            tags.COMPONENT: "boto3",
            "boto3.service_name": service_name,
        }
        span = attempt(start_child_span, name, None, get_current_span(), found)
        if span is None:
            return call()
        with span:
            try:
                with span_in_stack_context(span):
                    response = call()
            except Exception as error:
                self.set_request_id_tag(span, getattr(error, "response", None))
                raise
            self.set_request_id_tag(span, response)
            return response

    @staticmethod
    def set_request_id_tag(span: Library, response: Library) -> None:
        """Set the tag `aws.request_id`, if *response* contains the id."""
        with suppress(LookupError, TypeError):  # not a response, or without the id
            span.set_tag("aws.request_id", response["ResponseMetadata"]["RequestId"])


def _inheriting(original: Library) -> Library:
    """Return an executor class whose threads have the context of the submitter."""

    class Executor(original):  # type: ignore[misc]  # its type is not known
        def submit(self, fn: Library, *args: Library, **kwargs: Library) -> Library:
            context = contextvars.copy_context()
            return original.submit(self, context.run, fn, *args, **kwargs)

    return Executor


patcher = Boto3Patcher()
install_patches, reset_patches, set_patcher = functions_of(globals())
