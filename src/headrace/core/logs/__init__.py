"""Log groups and what may be asked of their events; the events themselves are the store's."""
