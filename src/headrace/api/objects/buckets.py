"""Operations on buckets: parameters to commands, replies to answers; reads are look-ups."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.objects.members import owner_members, owner_of, tag_members, tags_of
from headrace.api.operation import Answer, Operation, Parameters, Prepared
from headrace.core.objects.buckets import FIRST_REGION
from headrace.core.objects.commands import CreateBucket, DeleteBucket, TagBucket
from headrace.core.objects.errors import InvalidArgument, NoSuchTagSet
from headrace.core.objects.limits import BUCKETS_PAGE_MAX
from headrace.core.objects.replies import BucketMade
from headrace.wire.errors import NotImplementedHere

Bodies = Mapping[Any, bytes]


def found(members: Answer) -> Prepared:
    """Return an answer that was looked up: it leaves when what it tells is on disk."""
    return Prepared(None, lambda parameters, context, reply, bodies: members)


def encode_token(text: str) -> str:
    """Return a text as S3's tokens look: opaque."""
    return base64.urlsafe_b64encode(text.encode()).decode()


def decode_token(token: str, name: str) -> str:
    """Return the text of a token; empty for none.

    Raises:
        InvalidArgument: It is none of ours.
    """
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        sentence = "The continuation token provided is incorrect"
        raise InvalidArgument(sentence, name, token[:256]) from None


def answer_nothing(parameters: Parameters, context: Context, reply: Any, bodies: Bodies) -> Answer:
    """Answer with nothing: the status says it."""
    return {}


def create_bucket(parameters: Parameters, context: Context, rooms: Any) -> CreateBucket:
    """Read CreateBucket.

    Raises:
        NotImplementedHere: The bucket shall be one that this server does not have.
    """
    given = parameters.get("CreateBucketConfiguration", {})
    if given.get("Location") or parameters.get("ObjectLockEnabledForBucket"):
        raise NotImplementedHere("Directory buckets and object locks are not served here.")
    location = given.get("LocationConstraint") or None
    tags = tags_of(given.get("Tags", []))
    return CreateBucket(owner_of(context), parameters["Bucket"], location, tags)


def answer_created(
    parameters: Parameters, context: Context, reply: BucketMade, bodies: Bodies
) -> Answer:
    """Answer with the bucket's place."""
    return {"Location": f"/{reply.name}", "BucketArn": f"arn:aws:s3:::{reply.name}"}


def delete_bucket(parameters: Parameters, context: Context, rooms: Any) -> DeleteBucket:
    """Read DeleteBucket."""
    return DeleteBucket(owner_of(context), parameters["Bucket"])


def head_bucket(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """Look a bucket up."""
    bucket = rooms.buckets.book.find(owner_of(context), parameters["Bucket"])
    return found({"BucketRegion": bucket.region, "BucketArn": bucket.arn})


def get_bucket_location(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """Look a bucket's region up; the first region of all is none."""
    bucket = rooms.buckets.book.find(owner_of(context), parameters["Bucket"])
    return found({"LocationConstraint": "" if bucket.region == FIRST_REGION else bucket.region})


def get_bucket_versioning(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """Answer that versioning was never switched on, as it cannot be here."""
    rooms.buckets.book.find(owner_of(context), parameters["Bucket"])
    return found({})


def list_buckets(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """List the account's buckets by name.

    Raises:
        InvalidArgument: A page of no buckets is asked for, or the token is none of ours.
    """
    asked = parameters.get("MaxBuckets", BUCKETS_PAGE_MAX)
    if not 1 <= asked <= BUCKETS_PAGE_MAX:
        sentence = f"Argument max-buckets must be an integer between 1 and {BUCKETS_PAGE_MAX}."
        raise InvalidArgument(sentence, "max-buckets", f"{asked}")
    prefix = parameters.get("Prefix", "")
    region = parameters.get("BucketRegion", "")
    after = decode_token(parameters.get("ContinuationToken", ""), "continuation-token")
    buckets = [
        bucket
        for bucket in rooms.buckets.book.of_account(context.account)
        if bucket.name.startswith(prefix) and bucket.name > after and region in {"", bucket.region}
    ]
    page = buckets[:asked]
    answer: Answer = {
        "Owner": owner_members(context.account),
        "Buckets": [
            {
                "Name": bucket.name,
                "CreationDate": bucket.created_at,
                "BucketRegion": bucket.region,
                "BucketArn": bucket.arn,
            }
            for bucket in page
        ],
        "Prefix": prefix or None,
    }
    if page and len(buckets) > asked:
        answer["ContinuationToken"] = encode_token(page[-1].name)
    return found(answer)


def get_bucket_tagging(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """Look a bucket's tags up.

    Raises:
        NoSuchTagSet: It has none.
    """
    bucket = rooms.buckets.book.find(owner_of(context), parameters["Bucket"])
    if not bucket.tags:
        raise NoSuchTagSet(bucket.name)
    return found({"TagSet": tag_members(bucket.tags)})


def put_bucket_tagging(parameters: Parameters, context: Context, rooms: Any) -> TagBucket:
    """Read PutBucketTagging."""
    tags = tags_of(parameters.get("Tagging", {}).get("TagSet", []))
    return TagBucket(owner_of(context), parameters["Bucket"], tags)


def delete_bucket_tagging(parameters: Parameters, context: Context, rooms: Any) -> TagBucket:
    """Read DeleteBucketTagging."""
    return TagBucket(owner_of(context), parameters["Bucket"], {})


OPERATIONS: dict[str, Operation] = {
    "CreateBucket": Operation(create_bucket, answer_created),
    "DeleteBucket": Operation(delete_bucket, answer_nothing),
    "HeadBucket": Operation(head_bucket, answer_nothing),
    "GetBucketLocation": Operation(get_bucket_location, answer_nothing),
    "GetBucketVersioning": Operation(get_bucket_versioning, answer_nothing),
    "ListBuckets": Operation(list_buckets, answer_nothing),
    "GetBucketTagging": Operation(get_bucket_tagging, answer_nothing),
    "PutBucketTagging": Operation(put_bucket_tagging, answer_nothing),
    "DeleteBucketTagging": Operation(delete_bucket_tagging, answer_nothing),
}
