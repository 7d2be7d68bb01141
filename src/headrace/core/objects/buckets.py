"""The room of all buckets of a shard."""

from collections.abc import Callable, Iterable
from typing import Any

from headrace.base.instant import Instant
from headrace.core.machine import BodyAddress, Numbers, Record, Remember, Reply
from headrace.core.objects.book import BucketBook
from headrace.core.objects.bucket import FrozenBucket, decode, stored, upload_of
from headrace.core.objects.commands import (
    AbortUpload,
    BeginUpload,
    CompleteUpload,
    Condition,
    CreateBucket,
    DeleteBucket,
    DeleteObjects,
    PutObject,
    PutPart,
    TagBucket,
    TagObject,
)
from headrace.core.objects.content import Part
from headrace.core.objects.errors import (
    BucketAlreadyExists,
    BucketAlreadyOwnedByYou,
    BucketNotEmpty,
    EntityTooLarge,
    IllegalLocationConstraint,
    InvalidArgument,
    InvalidLocationConstraint,
    NoSuchKey,
    PreconditionFailed,
    TooManyBuckets,
)
from headrace.core.objects.limits import (
    BUCKET_TAGS_MAX,
    BUCKETS_MAX,
    OBJECT_BYTES_MAX,
    OBJECT_TAGS_MAX,
    PART_NUMBER_MAX,
    SNAPSHOT_PART_OBJECTS,
)
from headrace.core.objects.names import check_bucket_name, check_key, check_metadata, check_tags
from headrace.core.objects.records import (
    BucketCreated,
    BucketDeleted,
    BucketTagged,
    ObjectsDeleted,
    ObjectStored,
    ObjectTagged,
    PartStored,
    UploadAborted,
    UploadBegun,
)
from headrace.core.objects.replies import BucketMade, Done, UploadFound
from headrace.core.objects.uploads import (
    DEFAULT_TYPES,
    check_algorithm,
    completed,
    upload_id_of,
)

#: The region whose buckets have no location, and where making one's own again is no error.
FIRST_REGION = "us-east-1"

_DONE = Done()

#: What is to be remembered (None: nothing) and what the caller hears.
Decision = tuple[Record | None, Any]


class Buckets:
    """Takes commands for buckets by name: a name belongs to one account of a shard."""

    commands: tuple[type, ...] = (
        CreateBucket,
        DeleteBucket,
        TagBucket,
        PutObject,
        DeleteObjects,
        TagObject,
        BeginUpload,
        PutPart,
        CompleteUpload,
        AbortUpload,
    )
    growing: tuple[type, ...] = (CreateBucket, PutObject, BeginUpload, PutPart)
    records: tuple[type[Record], ...] = (
        BucketCreated,
        BucketDeleted,
        BucketTagged,
        ObjectStored,
        ObjectsDeleted,
        ObjectTagged,
        UploadBegun,
        PartStored,
        UploadAborted,
    )

    def __init__(self, numbers: Numbers) -> None:
        """Start without buckets."""
        self._numbers = numbers
        self.book = BucketBook()
        self._deciders: dict[type, Callable[[Any, Instant], Decision]] = {
            CreateBucket: self._create,
            DeleteBucket: self._delete,
            TagBucket: self._tag_bucket,
            PutObject: self._put,
            DeleteObjects: self._delete_objects,
            TagObject: self._tag_object,
            BeginUpload: self._begin,
            PutPart: self._put_part,
            CompleteUpload: self._complete,
            AbortUpload: self._abort,
        }

    # --- look-ups --------------------------------------------------------------------------------

    def check(self, command: PutObject | PutPart) -> None:
        """Refuse a command as `apply` would now.

        Raises:
            S3Error: It would.
        """
        self._deciders[type(command)](command, Instant(0))

    # --- the room --------------------------------------------------------------------------------

    def apply(self, command: Any, now: Instant, ticket: int) -> list[Any]:
        """Decide a command; see `core.machine.Room`."""
        record, value = self._deciders[type(command)](command, now)
        if record is None:
            return [Reply(ticket, value)]
        self.book.take(record)
        return [Remember(record), Reply(ticket, value)]

    def next_deadline(self) -> Instant | None:
        """Return None: time changes nothing here."""
        return None

    def wake(self, now: Instant, at_most: int) -> list[Any]:
        """Do nothing."""
        return []

    def resume(self, now: Instant) -> list[Any]:
        """Do nothing."""
        return []

    def replay(self, record: Record, block: int) -> None:
        """Apply a fact."""
        self._numbers.saw(record.machine)
        self.book.take(record)

    def machines(self) -> Iterable[int]:
        """Return the numbers of the buckets that live here."""
        return self.book.buckets.keys()

    def snapshot(self, machine: int) -> bytes:
        """Return all of a bucket but the objects' bytes."""
        return b"".join(FrozenBucket(self.book.buckets[machine]))

    def freeze(self, machine: int) -> FrozenBucket | None:
        """Return the state of a bucket of many objects; see `core.machine.FreezingRoom`."""
        bucket = self.book.buckets[machine]
        return FrozenBucket(bucket) if len(bucket.keys) > SNAPSHOT_PART_OBJECTS else None

    def load(self, machine: int, state: bytes) -> None:
        """Add a bucket from its snapshot."""
        self._numbers.saw(machine)
        self.book.add(machine, decode(state))

    def count_bodies(self) -> dict[int, int]:
        """Return nothing: objects' bytes are blobs."""
        return {}

    def relocate(self, blocks: frozenset[int]) -> list[tuple[int, BodyAddress]]:
        """Return nothing: objects' bytes are blobs."""
        return []

    # --- buckets ---------------------------------------------------------------------------------

    def _create(self, command: CreateBucket, now: Instant) -> Decision:
        owner = command.owner
        check_bucket_name(command.name)
        region = _region_of(command)
        check_tags(command.tags, BUCKET_TAGS_MAX, "Bucket")
        number = self.book.by_name.get(command.name)
        if number is not None:
            there = self.book.buckets[number]
            if there.account != owner.account:
                raise BucketAlreadyExists(command.name)
            if owner.region != FIRST_REGION or there.region != FIRST_REGION:
                raise BucketAlreadyOwnedByYou(command.name)
            return None, BucketMade(there.name, there.region)
        if len(self.book.of_account(owner.account)) >= BUCKETS_MAX:
            raise TooManyBuckets
        record = BucketCreated(
            machine=self._numbers.take(),
            at=now,
            account=owner.account,
            region=region,
            name=command.name,
            tags=command.tags,
        )
        return record, BucketMade(command.name, region)

    def _delete(self, command: DeleteBucket, now: Instant) -> Decision:
        number = self.book.number(command.owner, command.name)
        if self.book.buckets[number].objects:
            raise BucketNotEmpty(command.name)
        return BucketDeleted(number, now), _DONE

    def _tag_bucket(self, command: TagBucket, now: Instant) -> Decision:
        number = self.book.number(command.owner, command.name)
        check_tags(command.tags, BUCKET_TAGS_MAX, "Bucket")
        return BucketTagged(number, now, command.tags), _DONE

    # --- objects ---------------------------------------------------------------------------------

    def _put(self, command: PutObject, now: Instant) -> Decision:
        number = self.book.number(command.owner, command.bucket)
        check_key(command.key)
        check_metadata(command.described.metadata)
        check_tags(command.described.tags, OBJECT_TAGS_MAX, "Object")
        self._check_condition(number, command.key, command.condition)
        content = command.content
        if content.piece.size > OBJECT_BYTES_MAX:
            raise EntityTooLarge(content.piece.size, OBJECT_BYTES_MAX)
        record = ObjectStored(
            machine=number,
            at=now,
            key=command.key,
            pieces=(content.piece,),
            etag=content.md5,
            described=command.described,
            checksums=content.checksums,
            checksum_type="FULL_OBJECT" if content.checksums else "",
        )
        return record, stored(record)

    def _delete_objects(self, command: DeleteObjects, now: Instant) -> Decision:
        number = self.book.number(command.owner, command.bucket)
        objects = self.book.buckets[number].objects
        keys = tuple(dict.fromkeys(key for key in command.keys if key in objects))
        return (ObjectsDeleted(number, now, keys) if keys else None), _DONE

    def _tag_object(self, command: TagObject, now: Instant) -> Decision:
        self.book.find_object(command.owner, command.bucket, command.key)
        check_tags(command.tags, OBJECT_TAGS_MAX, "Object")
        number = self.book.number(command.owner, command.bucket)
        return ObjectTagged(number, now, command.key, command.tags), _DONE

    # --- uploads ---------------------------------------------------------------------------------

    def _begin(self, command: BeginUpload, now: Instant) -> Decision:
        number = self.book.number(command.owner, command.bucket)
        check_key(command.key)
        check_metadata(command.described.metadata)
        check_tags(command.described.tags, OBJECT_TAGS_MAX, "Object")
        algorithm, kind = command.checksum_algorithm, command.checksum_type
        check_algorithm(algorithm, kind)
        record = UploadBegun(
            machine=number,
            at=now,
            upload_id=upload_id_of(command.seed),
            key=command.key,
            described=command.described,
            checksum_algorithm=algorithm,
            checksum_type=kind or (DEFAULT_TYPES.get(algorithm, "COMPOSITE") if algorithm else ""),
        )
        return record, UploadFound(record.upload_id, upload_of(record))

    def _put_part(self, command: PutPart, now: Instant) -> Decision:
        number = self.book.number(command.owner, command.bucket)
        self.book.find_upload(command.owner, command.bucket, command.key, command.upload_id)
        if not 1 <= command.number <= PART_NUMBER_MAX:
            raise InvalidArgument(
                f"Part number must be an integer between 1 and {PART_NUMBER_MAX}, inclusive",
                "partNumber",
                str(command.number),
            )
        content = command.content
        part = Part(content.piece, content.md5, now, content.checksums)
        return PartStored(number, now, command.upload_id, command.number, part), _DONE

    def _complete(self, command: CompleteUpload, now: Instant) -> Decision:
        number = self.book.number(command.owner, command.bucket)
        upload = self.book.find_upload(
            command.owner, command.bucket, command.key, command.upload_id
        )
        self._check_condition(number, command.key, command.condition)
        record = completed(number, now, upload, command)
        return record, stored(record)

    def _abort(self, command: AbortUpload, now: Instant) -> Decision:
        number = self.book.number(command.owner, command.bucket)
        self.book.find_upload(command.owner, command.bucket, command.key, command.upload_id)
        return UploadAborted(number, now, command.upload_id), _DONE

    def _check_condition(self, number: int, key: str, condition: Condition) -> None:
        there = self.book.buckets[number].objects.get(key)
        if condition.if_none and there is not None:
            raise PreconditionFailed("If-None-Match")
        if condition.if_match:
            if there is None:
                raise NoSuchKey(key)
            if condition.if_match not in {"*", there.etag}:
                raise PreconditionFailed("If-Match")


def _region_of(command: CreateBucket) -> str:
    """Return the region of a new bucket (API reference, CreateBucket)."""
    asked, location = command.owner.region, command.location
    if location == FIRST_REGION and asked == FIRST_REGION:
        raise InvalidLocationConstraint(location)
    if location == "EU":
        location = "eu-west-1"
    if asked not in {FIRST_REGION, location}:
        raise IllegalLocationConstraint(location or "")
    return location or FIRST_REGION
