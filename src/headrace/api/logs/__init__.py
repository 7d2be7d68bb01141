"""CloudWatch Logs: AWS's names to our commands and queries, and back."""
