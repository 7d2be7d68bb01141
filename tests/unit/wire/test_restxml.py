"""REST-XML: members in their places, XML both ways, errors."""

import pytest

from headrace.base.errors import InternalFailure
from headrace.core.objects.errors import NoSuchKey, NotModified
from headrace.wire.awschunked import Payload
from headrace.wire.call import Form
from headrace.wire.envelope import HttpRequest
from headrace.wire.errors import (
    InvalidArgument,
    MalformedQueryString,
    MalformedXml,
    MissingRequestBody,
)
from headrace.wire.limits import XML_MARKS_MAX
from headrace.wire.restxml import encode_error, encode_result, parse_xml
from headrace.wire.route import decode, identify

SCOPE = "AWS4-HMAC-SHA256 Credential=AKID/20261128/eu-west-1/s3/aws4_request, Signature=0"


def call(method, target, body=b"", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers = {"host": "localhost", "authorization": SCOPE} | headers
    request = HttpRequest(method, target, headers, body)
    protocol = identify(request)
    assert protocol.form is Form.REST_XML
    return decode(protocol, request)


def test_members_come_from_path_query_headers_and_body():
    found = call(
        "PUT",
        "/b/a%2Fb//c%20d+",
        b"hello",
        x_amz_meta_one="1",
        content_type="text/plain",
        content_encoding="gzip,aws-chunked",
        expires="Sat, 28 Nov 2026 10:00:00 GMT",
    )
    assert (found.service, found.operation) == ("s3", "PutObject")
    assert found.parameters == {
        "Body": Payload(b"hello", is_chunked=True),
        "Bucket": "b",
        "Key": "a/b//c d+",
        "Metadata": {"one": "1"},
        "ContentType": "text/plain",
        "ContentEncoding": "gzip",
        "Expires": 1_795_860_000_000,
    }
    found = call("GET", "/b/?list-type=2&max-keys=5&prefix=a%20b&fetch-owner=true")
    assert found.parameters == {"Bucket": "b", "MaxKeys": 5, "Prefix": "a b", "FetchOwner": True}


def test_a_bucket_may_stand_in_the_host():
    found = call("GET", "/k/l", host="code.s3.localhost:4566", authorization="")
    assert (found.parameters["Bucket"], found.parameters["Key"]) == ("code", "k/l")
    found = call("GET", "/?list-type=2", host="code.localhost:4566")
    assert (found.operation, found.parameters["Bucket"]) == ("ListObjectsV2", "code")


def test_xml_comes_apart():
    body = (
        b'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key> a&amp;b</Key></Object>'
        b"<Object><Key>c</Key><VersionId>null</VersionId></Object><Quiet>true</Quiet></Delete>"
    )
    found = call("POST", "/b?delete", body)
    objects = [{"Key": " a&b"}, {"Key": "c", "VersionId": "null"}]
    assert found.parameters["Delete"] == {"Objects": objects, "Quiet": True}
    body = b"<Tagging><TagSet><Tag><Key>k</Key><Value/></Tag></TagSet></Tagging>"
    found = call("PUT", "/b?tagging", body)
    assert found.parameters["Tagging"] == {"TagSet": [{"Key": "k", "Value": ""}]}
    assert "CreateBucketConfiguration" not in call("PUT", "/b").parameters


@pytest.mark.parametrize(
    "body",
    [
        b"no xml",
        b"<a>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16"),
        b"\xff<a/>",
    ],
)
def test_what_is_no_xml_of_ours(body):
    with pytest.raises(MalformedXml):
        parse_xml(body)


@pytest.mark.parametrize(
    "body",
    [
        b"<a>" + b"<b/>" * XML_MARKS_MAX + b"</a>",
        b"<a>" * XML_MARKS_MAX + b"</a>" * XML_MARKS_MAX,
        b"<a" + b"".join(b" a%d=''" % number for number in range(XML_MARKS_MAX // 2)) + b"/>",
        b"<a>" + b"\n" * XML_MARKS_MAX + b"</a>",
    ],
)
def test_what_would_hold_up_the_loop_is_not_parsed(body):
    with pytest.raises(MalformedXml):
        parse_xml(body)


def test_as_much_as_an_operation_takes_is_parsed():
    rest = "<VersionId>null</VersionId>\n<ETag>&quot;e&quot;</ETag>\n<Size>1</Size>\n"
    keys = "".join(
        f"<Object>\n<Key>{'k' * 1_020}{n}</Key>\n{rest}</Object>\n" for n in range(1_000)
    )
    found = call("POST", "/b?delete", f"<Delete>\n{keys}</Delete>".encode())
    assert len(found.parameters["Delete"]["Objects"]) == 1_000


def test_xml_in_more_bytes_than_any_has_is_not_taken_apart():
    content = b"<Delete><Object><Key>a</Key></Object></Delete>"
    body = b"%x\r\n%s\r\n" % (len(content), content) + b"400000\r\n" + b" " * 0x400000 + b"\r\n"
    with pytest.raises(MalformedXml):
        call("POST", "/b?delete", body, content_encoding="aws-chunked")


@pytest.mark.parametrize("target", ["/b?tagging", "/b/k?tagging"])
def test_no_document_is_not_an_empty_one(target):
    with pytest.raises(MissingRequestBody):
        call("PUT", target, b" ")
    assert call("PUT", target, b"<Tagging><TagSet/></Tagging>").parameters["Tagging"] == {
        "TagSet": []
    }


def test_a_document_that_need_not_be_there():
    assert "CreateBucketConfiguration" not in call("PUT", "/b").parameters


def test_values_of_another_type():
    with pytest.raises(InvalidArgument, match="max-keys not an integer"):
        call("GET", "/b?max-keys=x")
    with pytest.raises(InvalidArgument, match="not true or false"):
        call("GET", "/b?list-type=2&fetch-owner=1")
    with pytest.raises(MalformedXml):
        call("POST", "/b?delete", b"<Delete><Object><Key>a</Key></Object><Quiet>1</Quiet></Delete>")
    with pytest.raises(MalformedXml):
        call("POST", "/b?delete", b"<Delete><Object></Object></Delete>")
    with pytest.raises(MalformedQueryString):
        call("GET", "/b/%zz")
    with pytest.raises(MalformedXml):
        call("POST", "/b?delete", b"<Delete><Object><Key>a<i/>b</Key></Object></Delete>")


@pytest.mark.parametrize(
    "text",
    [
        "once",
        "Sat, 28 Nov 99999999999999999999 10:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2300",
    ],
)
def test_a_date_that_is_none_is_overlooked(text):
    assert "IfModifiedSince" not in call("GET", "/b/k", if_modified_since=text).parameters
    assert "Expires" not in call("PUT", "/b/k", expires=text).parameters


def test_answers_in_headers_and_xml():
    answer = {"ETag": '"e"', "ContentLength": 3, "LastModified": 1_500, "Metadata": {"a": "b"}}
    response = encode_result(call("GET", "/b/k"), {**answer, "Body": b"abc"}, "r")
    assert (response.status, response.body, response.length) == (200, b"abc", 3)
    headers = dict(response.headers)
    assert headers["Last-Modified"] == "Thu, 01 Jan 1970 00:00:01 GMT"
    assert (headers["x-amz-meta-a"], headers["x-amz-request-id"]) == ("b", "r")
    assert "Content-Length" not in headers
    partial = encode_result(call("GET", "/b/k"), {"ContentRange": "bytes 0-0/1"}, "r")
    assert partial.status == 206
    head = encode_result(call("HEAD", "/b/k"), answer, "r")
    assert (head.body, head.length) == (b"", 3)
    gone = encode_result(call("DELETE", "/b/k"), {}, "r")
    assert (gone.status, gone.body) == (204, b"")
    tagged = encode_result(call("GET", "/b?tagging"), {"TagSet": [{"Key": "<", "Value": ""}]}, "r")
    assert tagged.body == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b'<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        b"<TagSet><Tag><Key>&lt;</Key><Value></Value></Tag></TagSet></Tagging>"
    )


@pytest.mark.parametrize(("location", "end"), [("", b"/>"), ("eu-west-1", b">eu-west-1</")])
def test_a_location_is_the_whole_answer(location, end):
    response = encode_result(call("GET", "/b?location"), {"LocationConstraint": location}, "r")
    assert (
        b'<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"' + end
        in response.body
    )


def test_errors():
    response = encode_error(NoSuchKey("a<b"), "r")
    assert response.status == 404
    assert response.body == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>'
        b"<Message>The specified key does not exist.</Message><Key>a&lt;b</Key>"
        b"<RequestId>r</RequestId><HostId>aGVhZHJhY2Ugcg==</HostId></Error>"
    )
    assert b"<Code>InternalError</Code>" in encode_error(InternalFailure("x"), "r").body
    assert encode_error(NotModified(), "r").body == b""
