"""What became of one message or asynchronous invoke, and why.

From facts and decisions to events, from events to sentences.
"""
