"""Every S3 operation that this server serves, by AWS's name."""

from headrace.api.objects import buckets, listing, objects, uploads
from headrace.api.operation import Operation

OPERATIONS: dict[str, Operation] = {
    **buckets.OPERATIONS,
    **listing.OPERATIONS,
    **objects.OPERATIONS,
    **uploads.OPERATIONS,
}
