"""The rules: state machines without I/O, clock, randomness or async."""
