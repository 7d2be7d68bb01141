"""What the name in Host says about the service and the bucket that a request means.

Buckets may stand in front of the server's name: `code.s3.localhost`, `code.s3.eu-west-1.localhost`,
or `code.localhost`, as some SDKs make of the endpoint http://localhost.
"""

import re

#: `s3` or `s3-fips` as a label of a name.
_S3 = re.compile(r"(?:(?P<bucket>.+)\.)?s3(?:-[a-z0-9-]+)?\..+", re.ASCII)
_LOCAL = ".localhost"
#: Characters of a name in DNS at most. Looking for a bucket in a longer one takes seconds.
_NAME_MAX = 253


def is_s3(host: str) -> bool:
    """Tell whether a Host header names S3."""
    name = _name(host)
    return "s3" in name and _S3.fullmatch(name) is not None


def bucket_of(host: str) -> str:
    """Return the bucket in the Host header of a request to S3; empty: it stands in the path."""
    name = _name(host)
    found = _S3.fullmatch(name)
    if found is not None:
        return found["bucket"] or ""
    return name.removesuffix(_LOCAL) if name.endswith(_LOCAL) else ""


def _name(host: str) -> str:
    name = host.partition(":")[0].lower().removesuffix(".")
    return name if len(name) <= _NAME_MAX else ""
