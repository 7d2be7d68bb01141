"""Queues: which messages are where, and what happens next."""
