"""EventBridge: the one question that is answered."""
