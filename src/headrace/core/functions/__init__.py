"""Functions, their invocations and their execution environments, as rules."""
