"""The services that are served: their rows put together, and where the models need correcting."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from headrace.wire.model import Operation, QueryNames, Service, Shape
from headrace.wire.tables import events, functions, iam, logs, query, s3, sqs, sts

#: Lambda's model says 200 with a `StatusCode` member; the service answers 204 and no body
#: (spec/lambda.md W8, L-A7).
_DELETED = {"DeleteFunction": 204}


#: What the service prints: it has no brackets around the first pattern, which the newest model has
#: (L-A75), and its own words in the second, with layers and without the newest kinds (L-A62).
_PATTERNS = {
    "LayerVersionArn": (
        "(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:"
        "\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:"
        "[a-zA-Z0-9-_]+)"
    ),
    "TaggableResource": (
        "arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:"
        "(function:[a-zA-Z0-9-_]+(:(\\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)"
        "|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}"
        "-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)"
    ),
}


def _with_pattern(shape: Shape) -> Shape:
    pattern = _PATTERNS.get(shape.name)
    return shape if pattern is None else msgspec.structs.replace(shape, pattern=pattern)


def _corrected(operation: Operation) -> Operation:
    status = _DELETED.get(operation.name)
    if status is None:
        return operation
    return msgspec.structs.replace(operation, status=status, output="")


SQS = Service(
    name="sqs",
    target_prefix="AmazonSQS",
    json_version="1.0",
    namespace="com.amazonaws.sqs",
    query=QueryNames(
        xml_namespace="http://queue.amazonaws.com/doc/2012-11-05/",
        version="2012-11-05",
        items=query.SQS_ITEMS,
        entries=query.SQS_ENTRIES,
        path_member="QueueUrl",
        has_detail=True,
        root_only=query.SQS_ROOT_ONLY,
        json_names=query.SQS_JSON_NAMES,
        texts=query.SQS_TEXTS,
    ),
    query_errors=True,
    omits_empty=True,
    operations={row.name: row for row in sqs.OPERATIONS},
    shapes={row.name: row for row in sqs.SHAPES},
    errors={row.code: row for row in sqs.ERRORS},
)

LAMBDA = Service(
    name="lambda",
    checks_constraints=True,
    operations={row.name: _corrected(row) for row in functions.OPERATIONS},
    shapes={row.name: _with_pattern(row) for row in functions.SHAPES},
    errors={row.code: row for row in functions.ERRORS},
)

IAM = Service(
    name="iam",
    checks_constraints=True,
    query=QueryNames(
        xml_namespace="https://iam.amazonaws.com/doc/2010-05-08/",
        version="2010-05-08",
        is_wrapped=True,
    ),
    operations={row.name: row for row in iam.OPERATIONS},
    shapes={row.name: row for row in iam.SHAPES},
    errors={row.code: row for row in iam.ERRORS},
)

STS = Service(
    name="sts",
    checks_constraints=True,
    query=QueryNames(
        xml_namespace="https://sts.amazonaws.com/doc/2011-06-15/",
        version="2011-06-15",
        is_wrapped=True,
    ),
    operations={row.name: row for row in sts.OPERATIONS},
    shapes={row.name: row for row in sts.SHAPES},
    errors={row.code: row for row in sts.ERRORS},
)

LOGS = Service(
    name="logs",
    target_prefix="Logs_20140328",
    json_version="1.1",
    checks_constraints=True,
    constraint_error="InvalidParameterException",
    operations={row.name: row for row in logs.OPERATIONS},
    shapes={row.name: row for row in logs.SHAPES},
    errors={row.code: row for row in logs.ERRORS},
)

EVENTS = Service(
    name="events",
    target_prefix="AWSEvents",
    json_version="1.1",
    checks_constraints=True,
    operations={row.name: row for row in events.OPERATIONS},
    shapes={row.name: row for row in events.SHAPES},
    errors={row.code: row for row in events.ERRORS},
)

S3 = Service(
    name="s3",
    operations={row.name: row for row in s3.OPERATIONS},
    shapes={row.name: row for row in s3.SHAPES},
    errors={row.code: row for row in s3.ERRORS},
)

#: Every service, by the signing name.
SERVICES: Mapping[str, Service] = MappingProxyType(
    {row.name: row for row in (SQS, LAMBDA, IAM, STS, LOGS, EVENTS, S3)}
)
