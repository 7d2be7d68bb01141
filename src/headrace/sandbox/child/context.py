"""The context object: what a handler gets as its second argument (spec/lambda.md 3.6).

Standard library only, Python 3.8 and later.
"""

import json
import os
import sys
import time

#: The members of a context in the order in which it shows them.
_SHOWN = (
    "aws_request_id",
    "log_group_name",
    "log_stream_name",
    "function_name",
    "memory_limit_in_mb",
    "function_version",
    "invoked_function_arn",
    "client_context",
    "identity",
    "tenant_id",
)
#: What of W3C's trace context a caller may send.
_TRACE_CONTEXT = ("traceparent", "tracestate", "baggage")


class Fault(Exception):
    """An error that is the runtime's own word, with AWS's name for it."""

    def __init__(self, kind, text, trace=()):
        super().__init__(text)
        self.kind = kind
        self.trace = list(trace)


class _Members:
    """Values under names."""

    __slots__ = ()  # type: tuple[str, ...]

    def __init__(self, values):
        for name in self.__slots__:
            setattr(self, name, values.get(name))

    def __repr__(self):
        members = ("%s=%s" % (name, getattr(self, name)) for name in self.__slots__)
        return "%s([%s])" % (type(self).__name__, ",".join(members))


class CognitoIdentity(_Members):
    """Who called, when Cognito knows it."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")


class Client(_Members):
    """The mobile application that called."""

    __slots__ = (
        "app_package_name",
        "app_title",
        "app_version_code",
        "app_version_name",
        "installation_id",
    )


class ClientContext(_Members):
    """What the caller sent as client context."""

    __slots__ = ("client", "custom", "env")

    def __init__(self, values):
        client = values.get("client")
        super().__init__(dict(values, client=Client(client) if isinstance(client, dict) else None))


class LambdaContext:
    """What a handler gets as its second argument."""

    def __init__(self, header):
        self.aws_request_id = header["id"]
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = header["arn"]
        self.tenant_id = None
        values = _parse_client_context(header["client_context"])
        self._w3c_fields = _take_trace_context(values)
        self.client_context = None if values is None else ClientContext(values)
        self.identity = CognitoIdentity({})
        self._epoch_deadline_time_in_ms = header["deadline_ms"]

    def get_remaining_time_in_millis(self):
        """Return the milliseconds until the time limit, never negative."""
        return max(int(self._epoch_deadline_time_in_ms - time.time() * 1000), 0)

    def log(self, message):
        """Write to the log as it stands."""
        sys.stdout.write(str(message))

    def w3c(self):
        """Return the trace context that the caller sent in its client context."""
        return dict(self._w3c_fields)

    def __repr__(self):
        members = ("%s=%s" % (name, getattr(self, name)) for name in _SHOWN)
        return "LambdaContext([%s])" % ",".join(members)


def _parse_client_context(text):
    if not text:
        return None
    try:
        values = json.loads(text)
    except ValueError as error:
        raise Fault(
            "Runtime.LambdaContextUnmarshalError",
            "Unable to parse Client Context JSON: %s" % error,
        ) from error
    return values if isinstance(values, dict) else None


def _take_trace_context(values):
    """Take W3C's trace context out of a client context; what is no text is none."""
    told = {} if values is None else values.pop("w3c", None)
    if not isinstance(told, dict):
        return {}
    return {name: told[name] for name in _TRACE_CONTEXT if isinstance(told.get(name), str)}
