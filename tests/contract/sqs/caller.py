"""One call in either protocol, bytes in and bytes out, and what a refusal must be to the byte.

Parameters are written as in AWS's JSON; for the query protocol they are flattened here, by names
that are written down once more, after spec/sqs.md 1.3.
"""

import base64
import http.client
import json
import re
from typing import NamedTuple
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

XMLNS = "http://queue.amazonaws.com/doc/2012-11-05/"
ACCOUNT = "000000000000"
REGION = "us-east-1"

#: A member that is a list, to the name of one item.
LISTS = {
    "AWSAccountIds": "AWSAccountId",
    "Actions": "ActionName",
    "AttributeNames": "AttributeName",
    "MessageAttributeNames": "MessageAttributeName",
    "MessageSystemAttributeNames": "MessageSystemAttributeName",
    "TagKeys": "TagKey",
}
#: A member that is a map, to the names of an entry, its key and its value.
MAPS = {
    "Attributes": ("Attribute", "Name", "Value"),
    "MessageAttributes": ("MessageAttribute", "Name", "Value"),
    "MessageSystemAttributes": ("MessageSystemAttribute", "Name", "Value"),
    "Tags": ("Tag", "Key", "Value"),
    "tags": ("Tag", "Key", "Value"),
}
#: JSON's name of an error to the query protocol's code and the status (1.4).
ERRORS = {
    "AccessDenied": ("AccessDenied", 403),
    "BatchEntryIdsNotDistinct": ("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", 400),
    "BatchRequestTooLong": ("AWS.SimpleQueueService.BatchRequestTooLong", 400),
    "EmptyBatchRequest": ("AWS.SimpleQueueService.EmptyBatchRequest", 400),
    "InvalidAttributeName": ("InvalidAttributeName", 400),
    "InvalidAttributeValue": ("InvalidAttributeValue", 400),
    "InvalidBatchEntryId": ("AWS.SimpleQueueService.InvalidBatchEntryId", 400),
    "InvalidMessageContents": ("InvalidMessageContents", 400),
    "InvalidParameterValueException": ("InvalidParameterValue", 400),
    "MissingRequiredParameterException": ("MissingParameter", 400),
    "OverLimit": ("OverLimit", 403),
    "PurgeQueueInProgress": ("AWS.SimpleQueueService.PurgeQueueInProgress", 403),
    "QueueDeletedRecently": ("AWS.SimpleQueueService.QueueDeletedRecently", 400),
    "QueueDoesNotExist": ("AWS.SimpleQueueService.NonExistentQueue", 400),
    "QueueNameExists": ("QueueAlreadyExists", 400),
    "ReceiptHandleIsInvalid": ("ReceiptHandleIsInvalid", 400),
    "ResourceNotFoundException": ("ResourceNotFoundException", 404),
    "TooManyEntriesInBatchRequest": ("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", 400),
    "UnsupportedOperation": ("AWS.SimpleQueueService.UnsupportedOperation", 400),
}


class Answer(NamedTuple):
    """An HTTP answer as it came off the wire."""

    status: int
    headers: dict  #: Names in lower case.
    body: bytes

    @property
    def json(self):
        """The body as JSON; an empty one is no members."""
        return json.loads(self.body) if self.body else {}

    @property
    def xml(self):
        """The body as an element, its names without the namespace."""
        return ET.fromstring(self.body.replace(f' xmlns="{XMLNS}"'.encode(), b""))

    def texts(self, path):
        """Return the texts of the XML elements on a path, such as ".//QueueUrl"."""
        return [element.text or "" for element in self.xml.findall(path)]


class Caller:
    """A client of one server that speaks one protocol; `call` is the same in both."""

    def __init__(self, protocol, server):
        self.protocol = protocol  #: "json" or "query".
        self.server = server
        self.host = server.endpoint_url.removeprefix("http://")
        self._connection = http.client.HTTPConnection(self.host, timeout=30)

    def close(self):
        """Hang up."""
        self._connection.close()

    def send(self, method, target, headers=(), body=b""):
        """Send bytes and return the answer."""
        self._connection.request(method, target, body or None, dict(headers))
        answer = self._connection.getresponse()
        fields = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, fields, answer.read())

    def call(self, operation, parameters=None, target="/", **headers):
        """Call an operation in this caller's protocol; header names with `_` for `-`."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        parameters = parameters or {}
        if self.protocol == "json":
            headers |= {
                "X-Amz-Target": f"AmazonSQS.{operation}",
                "Content-Type": "application/x-amz-json-1.0",
            }
            return self.send("POST", target, headers, json.dumps(parameters).encode())
        headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        form = {"Action": operation, "Version": "2012-11-05"} | flatten(operation, parameters)
        return self.send("POST", target, headers, urlencode(form).encode())

    def ok(self, operation, parameters=None, **options):
        """Call an operation that succeeds, and return its members as the JSON protocol names them.

        Of a query answer come maps as maps and lists as lists, as far as SQS has them.
        """
        answer = self.call(operation, parameters, **options)
        assert answer.status == 200, answer
        if self.protocol == "json":
            return answer.json
        result = answer.xml.find(f"{operation}Result")
        return {} if result is None else members_of(operation, result)

    def refusal(self, operation, parameters=None, **options):
        """Call an operation that fails, and return JSON's name of the error and its text.

        Status, headers and every byte of the body are held against 1.2, 1.3 and 1.4 on the way.
        """
        answer = self.call(operation, parameters, **options)
        assert answer.status >= 400, answer
        request_id = answer.headers["x-amzn-requestid"]
        if self.protocol == "json":
            kind = answer.json["__type"].removeprefix("com.amazonaws.sqs#")
            text = answer.json["message"]
            assert answer.body == compact(
                {"__type": f"com.amazonaws.sqs#{kind}", "message": text}
            ), answer
            code, status = ERRORS[kind]
            assert answer.headers["x-amzn-query-error"] == f"{code};Sender"
            assert answer.headers["content-type"] == "application/x-amz-json-1.0"
        else:
            (code,), (text,) = answer.texts("Error/Code"), answer.texts("Error/Message")
            kind = next(name for name, row in ERRORS.items() if row[0] == code)
            status = ERRORS[kind][1]
            message = re.search(rb"<Message>(.*)</Message>", answer.body, re.DOTALL)[1].decode()
            assert answer.body.decode() == (
                f'<?xml version="1.0"?><ErrorResponse xmlns="{XMLNS}"><Error><Type>Sender</Type>'
                f"<Code>{code}</Code><Message>{message}</Message><Detail/></Error>"
                f"<RequestId>{request_id}</RequestId></ErrorResponse>"
            )
            assert answer.headers["content-type"] == "text/xml"
        assert answer.status == status, answer
        return kind, text

    def queue(self, name="q", **attributes):
        """Create a queue with these attributes and return its URL."""
        if name.endswith(".fifo"):
            attributes = {"FifoQueue": "true"} | attributes
        return self.ok("CreateQueue", {"QueueName": name, "Attributes": attributes})["QueueUrl"]

    def attributes(self, url, *names):
        """Return the attributes of these names, or all of them."""
        asked = {"QueueUrl": url, "AttributeNames": list(names or ("All",))}
        return self.ok("GetQueueAttributes", asked).get("Attributes", {})


def arn(name):
    """Return the ARN of a queue of the caller's own account and region."""
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def compact(value):
    """Return JSON as AWS writes it: no white space, text as UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def flatten(operation, members, prefix=""):
    """Return the query protocol's parameters for members as in JSON (1.3)."""
    pairs = {}
    for name, value in members.items():
        if name in LISTS:
            pairs |= {f"{prefix}{LISTS[name]}.{n}": item for n, item in enumerate(value, 1)}
        elif name in MAPS:
            entry, key_name, value_name = MAPS[name]
            for n, (key, item) in enumerate(value.items(), 1):
                pairs[f"{prefix}{entry}.{n}.{key_name}"] = key
                if isinstance(item, dict):
                    pairs |= flatten(operation, item, f"{prefix}{entry}.{n}.{value_name}.")
                else:
                    pairs[f"{prefix}{entry}.{n}.{value_name}"] = item
        elif name == "Entries":
            for n, entry in enumerate(value, 1):
                pairs |= flatten(operation, entry, f"{prefix}{operation}RequestEntry.{n}.")
        else:
            pairs[f"{prefix}{name}"] = value
    return pairs


#: Names of XML elements that repeat, to the member of the JSON protocol; maps have key elements.
REPEATED = {
    "Attribute": "Attributes",
    "BatchResultErrorEntry": "Failed",
    "ListMessageMoveTasksResultEntry": "Results",
    "Message": "Messages",
    "MessageAttribute": "MessageAttributes",
    "QueueUrl": "QueueUrls",
    "Tag": "Tags",
}
NUMBERS = re.compile("ApproximateNumber|MaxNumber|StartedTimestamp")


def members_of(operation, element):
    """Return the members of an XML element by JSON's names."""
    members = {}
    for child in element:
        name = REPEATED.get(child.tag, child.tag)
        if child.tag == "QueueUrl" and operation in {"CreateQueue", "GetQueueUrl"}:
            members["QueueUrl"] = child.text
        elif child.tag == "QueueUrl":
            name = "queueUrls" if operation == "ListDeadLetterSourceQueues" else name
            members.setdefault(name, []).append(child.text)
        elif child.tag in {"Attribute", "MessageAttribute", "Tag"}:
            key, value = child
            nested = members_of(operation, value) if len(value) else value.text or ""
            members.setdefault(name, {})[key.text] = nested
        elif len(child):
            name = "Successful" if child.tag.endswith("BatchResultEntry") else name
            members.setdefault(name, []).append(members_of(operation, child))
        elif child.tag == "SenderFault":
            members[name] = child.text == "true"
        else:
            value = child.text or ""  # of a batch entry's `Message` too, which is no list
            members[child.tag] = int(value) if NUMBERS.match(child.tag) else value
    return members


def base64_of(data):
    """Return bytes as the text that both protocols carry."""
    return base64.b64encode(data).decode()
