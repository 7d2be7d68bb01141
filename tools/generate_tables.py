"""Print `wire/tables/` anew from the service models of the installed botocore.

Run as `python tools/generate_tables.py` to write the tables, or with `--check` to say whether they
are what the models say (exit status 1 if not). No documentation strings are taken over.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import botocore
from botocore.loaders import Loader

TABLES = Path(__file__).resolve().parent.parent / "src" / "headrace" / "wire" / "tables"

#: Of the companions only what is served: a whole model takes longer to import than all of ours.
IAM_OPERATIONS = frozenset(
    {
        "CreateRole",
        "GetRole",
        "ListRoles",
        "UpdateRole",
        "UpdateRoleDescription",
        "UpdateAssumeRolePolicy",
        "DeleteRole",
        "TagRole",
        "UntagRole",
        "ListRoleTags",
        "PutRolePermissionsBoundary",
        "DeleteRolePermissionsBoundary",
        "PutRolePolicy",
        "GetRolePolicy",
        "ListRolePolicies",
        "DeleteRolePolicy",
        "AttachRolePolicy",
        "DetachRolePolicy",
        "ListAttachedRolePolicies",
        "ListInstanceProfilesForRole",
        "CreatePolicy",
        "GetPolicy",
        "ListPolicies",
        "DeletePolicy",
        "ListEntitiesForPolicy",
        "CreatePolicyVersion",
        "GetPolicyVersion",
        "ListPolicyVersions",
        "DeletePolicyVersion",
        "SetDefaultPolicyVersion",
        "TagPolicy",
        "UntagPolicy",
        "ListPolicyTags",
    }
)
LOG_OPERATIONS = frozenset(
    {
        "CreateLogGroup",
        "CreateLogStream",
        "DeleteLogGroup",
        "DeleteLogStream",
        "DeleteRetentionPolicy",
        "DescribeLogGroups",
        "DescribeLogStreams",
        "DescribeSubscriptionFilters",
        "FilterLogEvents",
        "GetLogEvents",
        "ListTagsForResource",
        "ListTagsLogGroup",
        "PutLogEvents",
        "PutRetentionPolicy",
        "TagLogGroup",
        "TagResource",
        "UntagLogGroup",
        "UntagResource",
    }
)
EVENTS_OPERATIONS = frozenset({"ListRuleNamesByTarget"})
STS_OPERATIONS = frozenset({"GetCallerIdentity", "AssumeRole", "GetSessionToken"})
#: UploadPartCopy is not served; it would look like UploadPart if it were not known.
S3_OPERATIONS = frozenset(
    [
        "ListBuckets",
        "CreateBucket",
        "HeadBucket",
        "DeleteBucket",
        "GetBucketLocation",
        "GetBucketVersioning",
        "GetBucketTagging",
        "PutBucketTagging",
        "DeleteBucketTagging",
        "ListObjects",
        "ListObjectsV2",
        "PutObject",
        "CopyObject",
        "GetObject",
        "HeadObject",
        "DeleteObject",
        "DeleteObjects",
        "GetObjectTagging",
        "PutObjectTagging",
        "DeleteObjectTagging",
        "CreateMultipartUpload",
        "UploadPart",
        "UploadPartCopy",
        "CompleteMultipartUpload",
        "AbortMultipartUpload",
        "ListParts",
        "ListMultipartUploads",
    ]
)
#: Members of S3 that say nothing here: who pays, access lists, keys of encryption, locks, what
#: becomes of objects with time, checksums that no SDK sends by itself.
S3_LEFT_OUT = re.compile(
    "(SSE(?!CustomerAlgorithm$)|CopySourceSSE|ServerSide|BucketKey|RequestPayer|RequestCharged|Grant"
    "|ACL$|ObjectLock(?!Enabled)|Expected|MFA|Bypass|Restore|Archive|Replication|Expiration|Abort"
    "|Checksum(SHA512|MD5|XXHASH)|OptionalObject|ObjectSize|Initiator|ObjectOwnership"
    "|BucketNamespace|BucketLocation|BucketInfo|Annotation|ObjectEncryption|MpuObject"
    "|WriteOffset|IfMatchInit|IfMatchLast|IfMatchSize|ObjectIfNone)"
)


class Source(NamedTuple):
    """One service and its table."""

    service: str  #: As botocore has it.
    file: str  #: In `wire/tables/`.
    title: str  #: In the docstring.
    operations: frozenset[str] = frozenset()  #: Those to take, with their shapes; empty: all.
    left_out: re.Pattern[str] | None = None  #: Beginnings of members that are not taken.


SOURCES = (
    Source("sqs", "sqs.py", "SQS"),
    Source("lambda", "functions.py", "Lambda"),
    Source("iam", "iam.py", "IAM", IAM_OPERATIONS),
    Source("sts", "sts.py", "STS", STS_OPERATIONS),
    Source("logs", "logs.py", "CloudWatch Logs", LOG_OPERATIONS),
    Source("events", "events.py", "EventBridge", EVENTS_OPERATIONS),
    Source("s3", "s3.py", "S3", S3_OPERATIONS, S3_LEFT_OUT),
)

KINDS = {"float": "double", "character": "string"}
#: Enumerations that AWS tells in another order than its model has (spec/lambda.md 13.8, L-A61).
ENUMS = {"RecursiveLoop": ("Terminate", "Allow")}
PLACES = {
    "uri": "uri",
    "querystring": "query",
    "header": "header",
    "headers": "headers",
    "statusCode": "status",
}


def table(source: Source) -> str:
    """Return the text of one table, formatted."""
    raw = Loader().load_service_model(source.service, "service-2")
    if source.operations:
        raw = narrowed(raw, source.operations, source.left_out)
    operations = [operation_row(raw, name) for name in sorted(raw["operations"])]
    shapes = [
        shape_row(name, shape, xml=raw["metadata"]["protocol"] == "rest-xml")
        for name, shape in sorted(raw["shapes"].items())
        if not shape.get("exception")
    ]
    errors = [
        error_row(name, shape)
        for name, shape in sorted(raw["shapes"].items())
        if shape.get("exception")
    ]
    version, uid = botocore.__version__, raw["metadata"]["uid"]
    text = "\n".join(
        [
            f'"""{source.title} operations and shapes (generated; do not edit).',
            "",
            f"Printed by tools/generate_tables.py from botocore {version}, {uid}.",
            '"""',
            "",
            "from headrace.wire.model import ErrorShape, Member, Operation, Shape",
            "",
            "OPERATIONS = (",
            *(f"{row}," for row in operations),
            ")",
            "",
            "SHAPES = (",
            *(f"{row}," for row in shapes),
            ")",
            "",
            "ERRORS = (",
            *(f"{row}," for row in errors),
            ")",
            "",
        ]
    )
    return formatted(text)


def narrowed(
    raw: dict[str, Any], names: frozenset[str], left_out: re.Pattern[str] | None
) -> dict[str, Any]:
    """Return a model with these operations only, and the shapes that they need."""
    operations = {name: raw["operations"][name] for name in names}
    waiting = [
        operation[part]["shape"]
        for operation in operations.values()
        for part in ("input", "output")
        if part in operation
    ]
    waiting += [error["shape"] for each in operations.values() for error in each.get("errors", ())]
    shapes: dict[str, Any] = {}
    while waiting:
        name = waiting.pop()
        if name not in shapes:
            shape = shapes[name] = without(raw["shapes"][name], left_out)
            inner = [*shape.get("members", {}).values()]
            inner += [shape[key] for key in ("member", "key", "value") if key in shape]
            waiting += [each["shape"] for each in inner]
    return {**raw, "operations": operations, "shapes": shapes}


def without(shape: dict[str, Any], left_out: re.Pattern[str] | None) -> dict[str, Any]:
    """Return a shape without the members that are not taken."""
    if left_out is None or "members" not in shape:
        return shape
    members = {name: row for name, row in shape["members"].items() if not left_out.match(name)}
    return {**shape, "members": members}


def operation_row(raw: dict[str, Any], name: str) -> str:
    """Return the source text of one operation's row."""
    operation = raw["operations"][name]
    http = operation["http"]
    parts = [
        repr(name),
        repr(http["method"]),
        repr(http["requestUri"]),
        repr(http.get("responseCode", 200)),
        repr(operation.get("input", {}).get("shape", "")),
    ]
    if "output" in operation:
        parts.append(repr(operation["output"]["shape"]))
    return f"Operation({', '.join(parts)})"


def shape_row(name: str, shape: dict[str, Any], *, xml: bool) -> str:
    """Return the source text of one shape's row; `xml`: with what only REST-XML has."""
    parts = [repr(name), repr(KINDS.get(shape["type"], shape["type"]))]
    if shape["type"] == "structure" and shape["members"]:
        required = set(shape.get("required", ()))
        rows = [
            member_row(member, row, required=member in required)
            for member, row in shape["members"].items()
        ]
        parts.append(f"members=({', '.join(rows)},)")
    for key, argument in (("member", "item"), ("value", "item"), ("key", "key")):
        if key in shape:
            parts.append(f"{argument}={shape[key]['shape']!r}")
    for key, argument in (
        ("payload", "payload"),
        ("min", "minimum"),
        ("max", "maximum"),
        ("pattern", "pattern"),
        ("sensitive", "sensitive"),
        ("eventstream", "event_stream"),
    ):
        if key in shape:
            parts.append(f"{argument}={shape[key]!r}")
    if xml and shape.get("flattened"):
        parts.append("flattened=True")
    if xml and shape["type"] == "list" and "locationName" in shape["member"]:
        parts.append(f"item_name={shape['member']['locationName']!r}")
    if "enum" in shape:
        parts.append(f"enum={ENUMS.get(name, tuple(shape['enum']))!r}")
    return f"Shape({', '.join(parts)})"


def member_row(name: str, member: dict[str, Any], *, required: bool) -> str:
    """Return the source text of one member's row."""
    parts = [repr(name), repr(member["shape"])]
    if required:
        parts.append("required=True")
    if "location" in member:
        parts.append(f"place={PLACES[member['location']]!r}")
    if member.get("locationName", name) != name:
        parts.append(f"wire_name={member['locationName']!r}")
    return f"Member({', '.join(parts)})"


def error_row(name: str, shape: dict[str, Any]) -> str:
    """Return the source text of one error's row."""
    members = shape["members"]
    message = next((member for member in members if member.lower() == "message"), "")
    status = shape.get("error", {}).get("httpStatusCode", 0)
    parts = [repr(name), repr(status), repr(message)]
    headers = tuple(
        (member, row["locationName"])
        for member, row in members.items()
        if row.get("location") == "header"
    )
    if headers:
        parts.append(f"headers={headers!r}")
    return f"ErrorShape({', '.join(parts)})"


def formatted(text: str) -> str:
    """Return Python source as `ruff format` leaves it."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(TABLES / "table.py"), "-"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def main(arguments: list[str]) -> int:
    """Write the tables, or compare them with `--check`; return the exit status."""
    stale = []
    for source in SOURCES:
        text = table(source)
        path = TABLES / source.file
        if arguments == ["--check"]:
            if not path.exists() or path.read_text() != text:
                stale.append(path.name)
        else:
            path.write_text(text)
    if stale:
        print(f"out of date: {', '.join(stale)}; run python tools/generate_tables.py")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
