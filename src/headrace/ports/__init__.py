"""What the shell needs of the world, as protocols: journal, blobs, clock, entropy, sandbox, logs."""
