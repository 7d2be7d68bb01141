"""Find the queue that a request means by its QueueUrl.

Only account and name matter, and a bare name means the caller's own account (spec/sqs.md 1.5). The
region is the one that the URL names, in its path or as AWS's hosts do, else the caller's; and also
the caller's where the host's has no such queue, since on AWS any host will do.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from headrace.api.context import Context
from headrace.base.arn import parse_queue_url, partition_of
from headrace.core.sqs.errors import AccessDenied, MissingParameter, QueueDoesNotExist
from headrace.core.sqs.queues import Queues

#: Queue URLs whose parts are remembered; a client sends the same few again and again.
REMEMBERED_URLS_MAX = 4_096
#: Characters of the longest one that is remembered: a queue's real URL is shorter, and a request
#: may hold a megabyte of anything in its place.
REMEMBERED_URL_LENGTH_MAX = 1_024

_remembered = lru_cache(maxsize=REMEMBERED_URLS_MAX)(parse_queue_url)


def find_queue(parameters: Mapping[str, Any], context: Context, queues: Queues) -> int:
    """Return the machine number of the queue that `QueueUrl` names.

    Raises:
        MissingParameter: There is no QueueUrl.
        QueueDoesNotExist: It names no queue.
    """
    url = parameters.get("QueueUrl")
    if not url:
        raise MissingParameter("The request must contain the parameter QueueUrl.")
    is_usual = len(url) <= REMEMBERED_URL_LENGTH_MAX
    place = _remembered(url) if is_usual else parse_queue_url(url)
    account, region = place.account or context.account, place.region or context.region
    try:
        return queues.find(account, region, place.name)
    except QueueDoesNotExist:
        if region == context.region or place.is_region_certain:
            raise
        return queues.find(account, context.region, place.name)


def find_own_queue(
    parameters: Mapping[str, Any], context: Context, queues: Queues, operation: str
) -> int:
    """Return the machine number of the caller's queue that `QueueUrl` names.

    For operations that no policy lets another account do (spec/sqs.md 2).

    Raises:
        MissingParameter, QueueDoesNotExist: As for `find_queue`.
        AccessDenied: It is another account's.
    """
    queue = find_queue(parameters, context, queues)
    view = queues.describe(queue)
    if view.account != context.account:
        action = f"sqs:{operation.lower()}"
        partition = partition_of(view.region)
        raise AccessDenied(
            f"User: arn:{partition}:iam::{context.account}:root is not authorized to perform: "
            f"{action} on resource: {view.arn} because no resource-based policy allows the "
            f"{action} action"
        )
    return queue
