"""A Call: what one request asks, whatever protocol it came in, and the Protocol to answer in."""

from enum import Enum
from typing import Any

import msgspec

from headrace.wire.credentials import Credentials


class Form(Enum):
    """How parameters and results are written."""

    JSON = "AWS JSON"
    QUERY_XML = "query, answered in XML"
    QUERY_JSON = "query, answered in JSON"
    REST_JSON = "REST-JSON"
    REST_XML = "REST-XML"
    RPC_CBOR = "Smithy's RPC in CBOR"  #: Spoken by others' services only.
    NONE = "none that we know"


class Protocol(msgspec.Struct, frozen=True):
    """The way a caller speaks: enough to write any answer, an error included."""

    form: Form
    #: Signing name of the service ("sqs", "lambda", "s3"), perhaps of one that is not served; empty
    #: when it is not known.
    service: str


class Call(msgspec.Struct, frozen=True):
    """One request, read."""

    service: str  #: "sqs", "lambda" or "logs".
    operation: str  #: AWS's name, "SendMessage".
    protocol: Protocol
    #: AWS's member names to str, int, float, bool, bytes, list or dict; timestamps as whole
    #: milliseconds since 1970. Unknown and null members are absent.
    parameters: dict[str, Any]
    credentials: Credentials
    headers: dict[str, str]  #: The request's own, names in lower case.
