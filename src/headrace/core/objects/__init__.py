"""Buckets and their objects: as much of S3 as deploy tools need to bring code."""
