"""AWS protocols as pure functions: bytes to parameters and back."""
