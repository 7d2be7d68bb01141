"""The loop, the HTTP server, carrying out effects; the only place where concrete parts meet."""
