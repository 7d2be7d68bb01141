"""Event source mappings: what is polled, batched, invoked and deleted, as rules."""
