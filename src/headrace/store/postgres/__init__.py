"""The journal and the blobs in a PostgreSQL database, under a lease."""
