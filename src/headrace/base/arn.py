"""Parse and format ARNs and queue URLs.

Source: spec/sqs.md 1.5. A queue is stored by account, region and name, never by a URL: the host of
a URL follows the host that the caller used.
"""

import re

import msgspec

#: `{region}` in the host names that AWS gives or gave queues, newest first.
_REGION_IN_HOST = re.compile(
    r"(?:"
    r"sqs(?:-fips)?\.(?P<current>[a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)"
    r"|(?:vpce-[a-z0-9-]+\.)?sqs\.(?P<endpoint>[a-z0-9-]+)\.vpce\.amazonaws\.com"
    r"|(?P<legacy>[a-z0-9-]+)\.queue\.amazonaws\.com(?:\.cn)?"
    r"|sqs\.(?P<own>[a-z]{2}(?:-[a-z]+)+-[0-9])\..+"
    r")"
)
#: Beginnings of region names whose partition is not "aws" (botocore 1.44.8, partitions.json).
_PARTITIONS = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("eusc-", "aws-eusc"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("eu-isoe-", "aws-iso-e"),
)
_ELSEWHERE = tuple(beginning for beginning, _ in _PARTITIONS)
_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]", re.ASCII)


class Arn(msgspec.Struct, frozen=True, gc=False):
    """The six parts of an ARN; `resource` may hold further colons."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        """Return the ARN as text."""
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


class QueuePlace(msgspec.Struct, frozen=True, gc=False):
    """What a queue URL says; empty parts are the caller's own."""

    account: str
    region: str
    name: str
    is_region_certain: bool = False  #: It stands in the path; a host says it by the way.


def parse_arn(text: str) -> Arn:
    """Return the parts of an ARN.

    Raises:
        ValueError: It is not of the form arn:partition:service:region:account:resource.
    """
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
        raise ValueError(f"not an ARN: {text}")
    return Arn(*parts[1:])


def partition_of(region: str) -> str:
    """Return the AWS partition that a region belongs to."""
    if region.startswith(_ELSEWHERE):
        return next(partition for start, partition in _PARTITIONS if region.startswith(start))
    return "aws"


def queue_arn(region: str, account: str, name: str) -> str:
    """Return the ARN of a queue as text."""
    return f"arn:{partition_of(region)}:sqs:{region}:{account}:{name}"


def format_queue_url(base_url: str, account: str, name: str) -> str:
    """Return a queue's URL under `base_url`, scheme and authority without a slash at the end."""
    return f"{base_url}/{account}/{name}"


def parse_queue_url(text: str) -> QueuePlace:
    """Return the queue that a QueueUrl means, in every form that AWS takes or took.

    Accepts a full URL with any host, the path alone, the bare name, a slash at the end, and the
    path form /queue/{region}/{account}/{name}. The name is empty when the text names no queue
    (a URL without a path); no queue has that name.
    """
    host, path = _split(text)
    parts = [part for part in path.split("/") if part]
    region = region_of_host(host)
    if len(parts) == 4 and parts[0] == "queue" and _REGION.fullmatch(parts[1]):
        return QueuePlace(parts[2], parts[1], parts[3], is_region_certain=True)
    if len(parts) == 2 and _ACCOUNT.fullmatch(parts[0]):
        return QueuePlace(parts[0], region, parts[1])
    if len(parts) == 1 and not host:
        return QueuePlace("", "", parts[0])
    return QueuePlace("", region, "")


def region_of_host(host: str) -> str:
    """Return the region that a host name holds, without its port; empty when it holds none."""
    name = host.split(":", 1)[0].lower()
    if name == "queue.amazonaws.com":
        return "us-east-1"
    match = _REGION_IN_HOST.fullmatch(name)
    return next((part for part in match.groups() if part), "") if match else ""


def _split(text: str) -> tuple[str, str]:
    """Return host and path of a URL; the host is empty for a path or a bare name."""
    text = text.split("?", 1)[0].split("#", 1)[0]
    scheme, separator, rest = text.partition("://")
    if not separator:
        return "", text
    if scheme.lower() not in {"http", "https"}:
        return "", ""
    host, _, path = rest.partition("/")
    return host.rpartition("@")[2], path
