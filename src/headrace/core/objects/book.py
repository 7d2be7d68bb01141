"""Which buckets there are: by number, and by name, which is one for all accounts of a shard."""

from collections.abc import Iterator

from headrace.core.machine import Record
from headrace.core.objects.bucket import Bucket, new_bucket
from headrace.core.objects.commands import Owner
from headrace.core.objects.content import StoredObject, Upload
from headrace.core.objects.errors import AccessDenied, NoSuchBucket, NoSuchKey, NoSuchUpload
from headrace.core.objects.records import BucketCreated, BucketDeleted


class BucketBook:
    """The durable state of all buckets of a shard; changed by facts only."""

    def __init__(self) -> None:
        """Start empty."""
        self.buckets: dict[int, Bucket] = {}
        self.by_name: dict[str, int] = {}

    def number(self, owner: Owner, name: str) -> int:
        """Return the number of a bucket.

        Raises:
            NoSuchBucket: There is none of this name.
            AccessDenied: It is another account's.
        """
        number = self.by_name.get(name)
        if number is None:
            raise NoSuchBucket(name)
        if self.buckets[number].account != owner.account:
            raise AccessDenied
        return number

    def find(self, owner: Owner, name: str) -> Bucket:
        """Return a bucket.

        Raises:
            NoSuchBucket: There is none of this name.
            AccessDenied: It is another account's.
        """
        return self.buckets[self.number(owner, name)]

    def find_object(self, owner: Owner, name: str, key: str) -> StoredObject:
        """Return an object.

        Raises:
            NoSuchBucket: There is no bucket of this name.
            AccessDenied: It is another account's.
            NoSuchKey: Nothing is under the key.
        """
        found = self.find(owner, name).objects.get(key)
        if found is None:
            raise NoSuchKey(key)
        return found

    def find_upload(self, owner: Owner, name: str, key: str, upload_id: str) -> Upload:
        """Return a multipart upload.

        Raises:
            NoSuchBucket: There is no bucket of this name.
            AccessDenied: It is another account's.
            NoSuchUpload: The bucket has no such upload for this key.
        """
        found = self.find(owner, name).uploads.get(upload_id)
        if found is None or found.key != key:
            raise NoSuchUpload(upload_id)
        return found

    def of_account(self, account: str) -> list[Bucket]:
        """Return an account's buckets, by name."""
        found = (bucket for bucket in self.buckets.values() if bucket.account == account)
        return sorted(found, key=lambda bucket: bucket.name)

    def digests(self) -> Iterator[str]:
        """Yield the blobs that some object or part is made of."""
        for bucket in self.buckets.values():
            yield from bucket.digests()

    def take(self, record: Record) -> None:
        """Apply a fact."""
        if isinstance(record, BucketCreated):
            self.add(record.machine, new_bucket(record))
        elif isinstance(record, BucketDeleted):
            del self.by_name[self.buckets.pop(record.machine).name]
        else:
            self.buckets[record.machine].take(record)

    def add(self, number: int, bucket: Bucket) -> None:
        """Take in a bucket."""
        self.buckets[number] = bucket
        self.by_name[bucket.name] = number
