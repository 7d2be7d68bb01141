"""Refusals of S3 (API reference, "Error responses"); members are further elements of the error."""

from headrace.base.errors import ServiceError


class S3Error(ServiceError):
    """What S3 says of a request; its only protocol has one name for each."""

    status = 400
    fault = "Sender"


class NoSuchBucket(S3Error):
    """There is no bucket of this name."""

    code = "NoSuchBucket"
    status = 404

    def __init__(self, bucket: str) -> None:
        """Name the bucket."""
        super().__init__("The specified bucket does not exist", BucketName=bucket)


class NoSuchKey(S3Error):
    """There is no object under this key."""

    code = "NoSuchKey"
    status = 404

    def __init__(self, key: str) -> None:
        """Name the key."""
        super().__init__("The specified key does not exist.", Key=key)


class NoSuchVersion(S3Error):
    """Objects have one version here, whose id is "null", as in a bucket without versioning."""

    code = "NoSuchVersion"
    status = 404

    def __init__(self, key: str, version: str) -> None:
        """Name key and version."""
        text = "The specified version does not exist."
        super().__init__(text, Key=key, VersionId=version)


class NoSuchUpload(S3Error):
    """There is no multipart upload with this id for this key."""

    code = "NoSuchUpload"
    status = 404

    def __init__(self, upload_id: str) -> None:
        """Name the upload."""
        super().__init__(
            "The specified upload does not exist. The upload ID may be invalid, or the upload may "
            "have been aborted or completed.",
            UploadId=upload_id,
        )


class BucketAlreadyExists(S3Error):
    """The name is another account's."""

    code = "BucketAlreadyExists"
    status = 409

    def __init__(self, bucket: str) -> None:
        """Name the bucket."""
        super().__init__(
            "The requested bucket name is not available. The bucket namespace is shared by all "
            "users of the system. Please select a different name and try again.",
            BucketName=bucket,
        )


class BucketAlreadyOwnedByYou(S3Error):
    """The bucket is there already."""

    code = "BucketAlreadyOwnedByYou"
    status = 409

    def __init__(self, bucket: str) -> None:
        """Name the bucket."""
        super().__init__(
            "Your previous request to create the named bucket succeeded and you already own it.",
            BucketName=bucket,
        )


class BucketNotEmpty(S3Error):
    """A bucket with objects cannot be deleted."""

    code = "BucketNotEmpty"
    status = 409

    def __init__(self, bucket: str) -> None:
        """Name the bucket."""
        super().__init__("The bucket you tried to delete is not empty", BucketName=bucket)


class InvalidBucketName(S3Error):
    """No bucket can have this name."""

    code = "InvalidBucketName"

    def __init__(self, bucket: str) -> None:
        """Name the bucket."""
        super().__init__("The specified bucket is not valid.", BucketName=bucket)


class TooManyBuckets(S3Error):
    """The account has as many buckets as it may."""

    code = "TooManyBuckets"

    def __init__(self) -> None:
        """Say so."""
        super().__init__("You have attempted to create more buckets than allowed")


class InvalidLocationConstraint(S3Error):
    """No region has this name."""

    code = "InvalidLocationConstraint"

    def __init__(self, location: str) -> None:
        """Name the location."""
        text = "The specified location-constraint is not valid"
        super().__init__(text, LocationConstraint=location)


class IllegalLocationConstraint(S3Error):
    """A bucket is made in the region that is asked, which is then named, unless it is us-east-1."""

    code = "IllegalLocationConstraintException"

    def __init__(self, location: str) -> None:
        """Name the location; empty: none was given."""
        super().__init__(
            f"The {location or 'unspecified'} location constraint is incompatible for the region "
            "specific endpoint this request was sent to."
        )


class AccessDenied(S3Error):
    """The bucket is another account's."""

    code = "AccessDenied"
    status = 403

    def __init__(self) -> None:
        """Say no more than S3 does."""
        super().__init__("Access Denied")


class KeyTooLong(S3Error):
    """A key is longer than S3 takes."""

    code = "KeyTooLongError"

    def __init__(self, size: int, most: int) -> None:
        """Say how long it is and may be, in bytes."""
        super().__init__("Your key is too long", Size=str(size), MaxSizeAllowed=str(most))


class MetadataTooLarge(S3Error):
    """An object's own metadata is more than S3 takes."""

    code = "MetadataTooLarge"

    def __init__(self, size: int, most: int) -> None:
        """Say how large it is and may be, in bytes."""
        super().__init__(
            "Your metadata headers exceed the maximum allowed metadata size",
            Size=str(size),
            MaxSizeAllowed=str(most),
        )


class EntityTooLarge(S3Error):
    """An object is larger than this server takes."""

    code = "EntityTooLarge"

    def __init__(self, size: int, most: int) -> None:
        """Say how large it is and may be, in bytes."""
        super().__init__(
            "Your proposed upload exceeds the maximum allowed size",
            ProposedSize=str(size),
            MaxSizeAllowed=str(most),
        )


class EntityTooSmall(S3Error):
    """A part that is not the last is smaller than S3 takes."""

    code = "EntityTooSmall"

    def __init__(self, size: int, least: int, number: int, etag: str) -> None:
        """Say which part it is, how large, and how large it must be."""
        super().__init__(
            "Your proposed upload is smaller than the minimum allowed size",
            ProposedSize=str(size),
            MinSizeAllowed=str(least),
            PartNumber=str(number),
            ETag=etag,
        )


class InvalidPart(S3Error):
    """An upload is completed with a part that it does not have."""

    code = "InvalidPart"

    def __init__(self, upload_id: str, number: int, etag: str) -> None:
        """Say which part is meant."""
        super().__init__(
            "One or more of the specified parts could not be found.  The part may not have been "
            "uploaded, or the specified entity tag may not match the part's entity tag.",
            UploadId=upload_id,
            PartNumber=str(number),
            ETag=etag,
        )


class InvalidPartOrder(S3Error):
    """An upload is completed with parts that do not ascend."""

    code = "InvalidPartOrder"

    def __init__(self, upload_id: str) -> None:
        """Name the upload."""
        super().__init__(
            "The list of parts was not in ascending order. Parts must be ordered by part number.",
            UploadId=upload_id,
        )


class PreconditionFailed(S3Error):
    """A condition of the request does not hold."""

    code = "PreconditionFailed"
    status = 412

    def __init__(self, condition: str) -> None:
        """Name the header whose condition it is."""
        super().__init__(
            "At least one of the pre-conditions you specified did not hold", Condition=condition
        )


class NotModified(S3Error):
    """What the caller has is still what is there; the answer has no body."""

    code = "NotModified"
    status = 304

    def __init__(self) -> None:
        """Say so."""
        super().__init__("Not Modified")


class InvalidRange(S3Error):
    """A range begins behind the end of the object."""

    code = "InvalidRange"
    status = 416

    def __init__(self, asked: str, size: int) -> None:
        """Say what was asked and how large the object is."""
        super().__init__(
            "The requested range is not satisfiable",
            RangeRequested=asked,
            ActualObjectSize=str(size),
        )


class InvalidPartNumber(S3Error):
    """The object has fewer parts."""

    code = "InvalidPartNumber"
    status = 416

    def __init__(self, asked: int, count: int) -> None:
        """Say which part was asked for and how many there are."""
        super().__init__(
            "The requested partnumber is not satisfiable",
            PartNumberRequested=str(asked),
            ActualPartCount=str(count),
        )


class InvalidArgument(S3Error):
    """A value of the request cannot be."""

    code = "InvalidArgument"

    def __init__(self, sentence: str, name: str, value: str) -> None:
        """Say what is wrong with which argument."""
        super().__init__(sentence, ArgumentName=name, ArgumentValue=value)


class InvalidRequest(S3Error):
    """The request cannot be carried out as it is."""

    code = "InvalidRequest"


class InvalidDigest(S3Error):
    """Content-MD5 is no MD5."""

    code = "InvalidDigest"

    def __init__(self, given: str) -> None:
        """Repeat it."""
        text = "The Content-MD5 you specified was invalid."
        super().__init__(text, **{"Content-MD5": given})


class BadDigest(S3Error):
    """The content that came is not the one that was meant."""

    code = "BadDigest"

    def __init__(self, algorithm: str, given: str = "", found: str = "") -> None:
        """Name the algorithm, "Content-MD5" or a checksum's, and for the first both values."""
        if algorithm == "Content-MD5":
            super().__init__(
                "The Content-MD5 you specified did not match what we received.",
                ExpectedDigest=given,
                CalculatedDigest=found,
            )
        else:
            super().__init__(
                f"The {algorithm} you specified did not match the calculated checksum."
            )


class ContentSha256Mismatch(S3Error):
    """The content that came is not the one that was signed."""

    code = "XAmzContentSHA256Mismatch"

    def __init__(self, given: str, found: str) -> None:
        """Say both hashes."""
        super().__init__(
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            ClientComputedContentSHA256=given,
            S3ComputedContentSHA256=found,
        )


class InvalidTag(S3Error):
    """A tag cannot be."""

    code = "InvalidTag"


class NoSuchTagSet(S3Error):
    """The bucket has no tags."""

    code = "NoSuchTagSet"
    status = 404

    def __init__(self, bucket: str) -> None:
        """Name the bucket."""
        super().__init__("The TagSet does not exist", BucketName=bucket)
