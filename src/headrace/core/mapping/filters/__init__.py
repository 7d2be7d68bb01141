"""Event patterns: which messages of a queue a mapping is for (spec/esm.md section 2)."""
