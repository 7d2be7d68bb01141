"""AWS Lambda operations."""
