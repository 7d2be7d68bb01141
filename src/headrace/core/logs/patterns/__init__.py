"""Filter patterns of log events: text terms, JSON selectors, space-delimited fields."""
