"""Amazon SQS operations."""
