"""botocore as the judge: its serializers make our requests, its parsers read our answers.

A client is a real botocore client whose connection is replaced by a function: the request goes
through `decode`, the answer through `encode_result` or `encode_error`, and no socket is opened.
botocore has forgotten SQS's query protocol; `query_client` teaches it again, from names that are
written down here a second time, after spec/sqs.md 1.3.
"""

import copy
import io
from functools import cache

import botocore.session
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.config import Config
from botocore.loaders import Loader

from headrace.base.errors import ServiceError
from headrace.wire.answer import encode_error, encode_result
from headrace.wire.envelope import HttpRequest
from headrace.wire.route import decode, identify

REQUEST_ID = "5b1f8d8e-0000-4000-8000-0242ac120002"

FLAT_LISTS = {
    "AWSAccountIdList": "AWSAccountId",
    "ActionNameList": "ActionName",
    "AttributeNameList": "AttributeName",
    "BatchResultErrorEntryList": "BatchResultErrorEntry",
    "ChangeMessageVisibilityBatchRequestEntryList": "ChangeMessageVisibilityBatchRequestEntry",
    "ChangeMessageVisibilityBatchResultEntryList": "ChangeMessageVisibilityBatchResultEntry",
    "DeleteMessageBatchRequestEntryList": "DeleteMessageBatchRequestEntry",
    "DeleteMessageBatchResultEntryList": "DeleteMessageBatchResultEntry",
    "ListMessageMoveTasksResultEntryList": "ListMessageMoveTasksResultEntry",
    "MessageAttributeNameList": "MessageAttributeName",
    "MessageList": "Message",
    "MessageSystemAttributeList": "MessageSystemAttributeName",
    "QueueUrlList": "QueueUrl",
    "SendMessageBatchRequestEntryList": "SendMessageBatchRequestEntry",
    "SendMessageBatchResultEntryList": "SendMessageBatchResultEntry",
    "TagKeyList": "TagKey",
    "StringList": "StringListValue",
    "BinaryList": "BinaryListValue",
}
FLAT_MAPS = {
    "MessageBodyAttributeMap": ("MessageAttribute", "Name", "Value"),
    "MessageBodySystemAttributeMap": ("MessageSystemAttribute", "Name", "Value"),
    "MessageSystemAttributeMap": ("Attribute", "Name", "Value"),
    "QueueAttributeMap": ("Attribute", "Name", "Value"),
    "TagMap": ("Tag", "Key", "Value"),
}


class QueryLoader(Loader):
    """Loads SQS as it was described before it spoke JSON."""

    def load_service_model(self, service_name, type_name, api_version=None):
        model = super().load_service_model(service_name, type_name, api_version)
        if service_name == "sqs" and type_name == "service-2":
            return as_query(copy.deepcopy(model))
        return model


def as_query(model):
    """Put the query protocol's names back into SQS's model."""
    metadata = model["metadata"]
    metadata.update(protocol="query", protocols=["query"])
    metadata["xmlNamespace"] = "http://queue.amazonaws.com/doc/2012-11-05/"
    del metadata["awsQueryCompatible"], metadata["jsonVersion"], metadata["targetPrefix"]
    for name, operation in model["operations"].items():
        if "output" in operation:
            operation["output"]["resultWrapper"] = f"{name}Result"
    shapes = model["shapes"]
    for name, element in FLAT_LISTS.items():
        shapes[name].update(flattened=True)
        shapes[name]["member"]["locationName"] = element
    for name, (entry, key, value) in FLAT_MAPS.items():
        shapes[name].update(flattened=True)
        shapes[name]["key"]["locationName"] = key
        shapes[name]["value"]["locationName"] = value
        for shape in shapes.values():
            for member in shape.get("members", {}).values():
                if member["shape"] == name:
                    member["locationName"] = entry
    return model


class Body(io.BytesIO):
    """A response body as urllib3 gives it."""

    def stream(self, *_arguments, **_options):
        yield self.read()


class Wire:
    """Stands where a client's connection was: answers each request through the wire."""

    def __init__(self):
        self.answer = {}  # a result, or a ServiceError
        self.request = None
        self.call = None
        self.response = None

    def __call__(self, request, **_options):
        self.request = as_request(request)
        protocol = identify(self.request)
        self.call = decode(protocol, self.request)
        if isinstance(self.answer, ServiceError):
            response = encode_error(protocol, self.answer, REQUEST_ID, self.call.operation)
        else:
            response = encode_result(self.call, self.answer, REQUEST_ID)
        self.response = response
        headers = HeadersDict(dict(response.headers))
        headers["Content-Length"] = str(len(response.body))
        return AWSResponse(request.url, response.status, headers, Body(response.body))


def as_request(prepared):
    """Return botocore's request as the server would hand it on."""
    scheme_and_host = prepared.url.split("/", 3)
    body = prepared.body or b""
    if hasattr(body, "read"):
        body = body.read()
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in prepared.headers.items()
    }
    headers["host"] = scheme_and_host[2]
    return HttpRequest(
        prepared.method,
        "/" + scheme_and_host[3],
        headers,
        body.encode() if isinstance(body, str) else bytes(body),
    )


def new_client(service, loader=None):
    """Return a botocore client and the Wire that answers it."""
    session = botocore.session.Session()
    if loader is not None:
        session.register_component("data_loader", loader)
    client = session.create_client(
        service,
        region_name="eu-west-1",
        endpoint_url="http://127.0.0.1:4566",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="secret",
        config=Config(retries={"max_attempts": 0}),
    )
    wire = Wire()
    client.meta.events.register("before-send", wire)
    return client, wire


@cache
def json_client():
    """Return a client that speaks AWS JSON to SQS, and its Wire."""
    return new_client("sqs")


@cache
def query_client():
    """Return a client that speaks the query protocol to SQS, and its Wire."""
    loader = QueryLoader()
    loader.search_paths.extend(botocore.session.Session().get_component("data_loader").search_paths)
    return new_client("sqs", loader)


@cache
def lambda_client():
    """Return a client for Lambda, and its Wire."""
    return new_client("lambda")


def exchange(pair, operation, parameters, answer):
    """Send a request through a client; return the Call that was read and botocore's response."""
    client, wire = pair
    wire.answer = answer
    response = client._make_api_call(operation, parameters)
    metadata = response.pop("ResponseMetadata")
    assert metadata["RequestId"] == REQUEST_ID
    return wire.call, response
