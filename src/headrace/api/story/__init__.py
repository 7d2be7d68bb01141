"""What became of one message, and why: facts and decisions to events, events to sentences."""
