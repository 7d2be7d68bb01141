"""Run SQS, Lambda and event source mappings on your own machines."""

__version__ = "0.1.0"
