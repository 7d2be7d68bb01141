"""What the shell needs of the world: journal, blobs, clock, entropy, sandbox, logs."""
