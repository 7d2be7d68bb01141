"""Quotas of S3, and what is ours, with their sources (AWS's S3 user guide and API reference)."""

MIB = 1_024 * 1_024

#: Bytes of a key in UTF-8 (user guide, "Naming objects").
KEY_BYTES_MAX = 1_024

#: Bytes of an object. Ours, not AWS's 5 TiB: code has 250 MiB unzipped at most, and an object is
#: answered from memory (shell/limits.py: UNREAD_BYTES_MAX).
OBJECT_BYTES_MAX = 200 * MIB

#: Bytes of names and values of an object's own metadata (user guide, "Working with metadata").
METADATA_BYTES_MAX = 2_048

#: Buckets of an account (user guide, "General purpose bucket quotas").
BUCKETS_MAX = 10_000

#: Entries in one page of any list, and keys in one DeleteObjects (API reference).
PAGE_MAX = 1_000
#: The same for ListBuckets.
BUCKETS_PAGE_MAX = 10_000

#: Numbers of parts go from 1 to this (user guide, "Multipart upload limits").
PART_NUMBER_MAX = 10_000
#: Bytes that every part but the last has at least.
PART_BYTES_MIN = 5 * MIB

#: Tags of an object and of a bucket, and characters of their keys and values (user guide).
OBJECT_TAGS_MAX = 10
BUCKET_TAGS_MAX = 50
TAG_KEY_MAX = 128
TAG_VALUE_MAX = 256

#: Objects in one part of a large bucket's snapshot. (Ours.)
SNAPSHOT_PART_OBJECTS = 500
