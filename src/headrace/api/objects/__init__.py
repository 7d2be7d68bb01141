"""Amazon S3 operations."""
