"""ListObjectsV2 and ListObjects, which differ in how a page goes on."""

from typing import Any
from urllib.parse import quote

from headrace.api.context import Context
from headrace.api.objects.buckets import answer_nothing, decode_token, encode_token, found
from headrace.api.objects.members import at_most, listed_members, owner_members, owner_of
from headrace.api.operation import Answer, Operation, Parameters, Prepared
from headrace.core.objects.bucket import Bucket
from headrace.core.objects.errors import InvalidArgument
from headrace.core.objects.limits import PAGE_MAX
from headrace.core.objects.listing import Page, page_of

#: Members that are URL-encoded where the caller asks for it, because XML cannot hold all keys.
_ENCODED = ("Prefix", "Delimiter", "StartAfter", "Marker", "NextMarker")


def list_objects_v2(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """List keys behind a token or a key."""
    bucket: Bucket = rooms.buckets.book.find(owner_of(context), parameters["Bucket"])
    token = parameters.get("ContinuationToken")
    behind = decode_token(token, "continuation-token") if token else ""
    after = behind or parameters.get("StartAfter", "")
    page = _page(bucket, parameters, after, skips_rolled=bool(behind))
    owner = owner_members(bucket.account) if parameters.get("FetchOwner") else None
    answer = _answer(bucket, parameters, page, owner)
    answer["KeyCount"] = len(page.keys) + len(page.prefixes)
    answer["ContinuationToken"] = token
    answer["StartAfter"] = parameters.get("StartAfter")
    if page.more:
        answer["NextContinuationToken"] = encode_token(page.last)
    return found(_encoded(parameters, answer))


def list_objects(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """List keys behind a marker; where to go on is said only when there is a delimiter."""
    bucket: Bucket = rooms.buckets.book.find(owner_of(context), parameters["Bucket"])
    marker = parameters.get("Marker", "")
    page = _page(bucket, parameters, marker, skips_rolled=True)
    answer = _answer(bucket, parameters, page, owner_members(bucket.account))
    answer["Marker"] = marker
    if page.more and parameters.get("Delimiter"):
        answer["NextMarker"] = page.last
    return found(_encoded(parameters, answer))


def _page(bucket: Bucket, parameters: Parameters, after: str, *, skips_rolled: bool) -> Page:
    encoding = parameters.get("EncodingType", "url")
    if encoding != "url":
        raise InvalidArgument(
            "Invalid Encoding Method specified in Request", "encoding-type", encoding
        )
    return page_of(
        bucket.keys,
        parameters.get("Prefix", ""),
        parameters.get("Delimiter", ""),
        after,
        at_most(parameters, "MaxKeys", PAGE_MAX),
        skips_rolled=skips_rolled,
    )


def _answer(bucket: Bucket, parameters: Parameters, page: Page, owner: Answer | None) -> Answer:
    return {
        "Name": bucket.name,
        "Prefix": parameters.get("Prefix", ""),
        "Delimiter": parameters.get("Delimiter"),
        "MaxKeys": at_most(parameters, "MaxKeys", PAGE_MAX),
        "IsTruncated": page.more,
        "Contents": [listed_members(key, bucket.objects[key], owner) for key in page.keys],
        "CommonPrefixes": [{"Prefix": prefix} for prefix in page.prefixes],
    }


def _encoded(parameters: Parameters, answer: Answer) -> Answer:
    """Return an answer with its keys URL-encoded, if that was asked for."""
    if "EncodingType" not in parameters:
        return answer
    answer["EncodingType"] = "url"
    for name in _ENCODED:
        if answer.get(name):
            answer[name] = quote(answer[name])
    for one in answer["Contents"]:
        one["Key"] = quote(one["Key"])
    for one in answer["CommonPrefixes"]:
        one["Prefix"] = quote(one["Prefix"])
    return answer


OPERATIONS: dict[str, Operation] = {
    "ListObjectsV2": Operation(list_objects_v2, answer_nothing),
    "ListObjects": Operation(list_objects, answer_nothing),
}
