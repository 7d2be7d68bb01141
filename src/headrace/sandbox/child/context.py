"""The context object: what a handler gets as its second argument (spec/lambda.md 3.6).

Standard library only, Python 3.8 and later.
"""

import json
import os
import sys
import time


class Fault(Exception):
    """An error that is the runtime's own word, with AWS's name for it."""

    def __init__(self, kind, text, trace=()):
        super().__init__(text)
        self.kind = kind
        self.trace = list(trace)


class CognitoIdentity:
    """Who called, when Cognito knows it."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self):
        self.cognito_identity_id = None
        self.cognito_identity_pool_id = None


class Client:
    """The mobile application that called."""

    __slots__ = (
        "app_package_name",
        "app_title",
        "app_version_code",
        "app_version_name",
        "installation_id",
    )

    def __init__(self, values):
        for name in self.__slots__:
            setattr(self, name, values.get(name))


class ClientContext:
    """What the caller sent as client context."""

    __slots__ = ("client", "custom", "env")

    def __init__(self, values):
        client = values.get("client")
        self.client = Client(client) if isinstance(client, dict) else None
        self.custom = values.get("custom")
        self.env = values.get("env")


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
        self.client_context = _parse_client_context(header["client_context"])
        self.identity = CognitoIdentity()
        self._epoch_deadline_time_in_ms = header["deadline_ms"]

    def get_remaining_time_in_millis(self):
        """Return the milliseconds until the time limit, never negative."""
        return max(int(self._epoch_deadline_time_in_ms - time.time() * 1000), 0)

    def log(self, message):
        """Write to the log as it stands."""
        sys.stdout.write(str(message))

    def __repr__(self):
        members = ("%s=%s" % (name, value) for name, value in self.__dict__.items())
        return "LambdaContext([%s])" % ",".join(members)


def _parse_client_context(text):
    if not text:
        return None
    try:
        return ClientContext(json.loads(text))
    except (ValueError, AttributeError) as error:
        raise Fault(
            "Runtime.LambdaContextUnmarshalError",
            "Unable to parse Client Context JSON: %s" % error,
        ) from error
