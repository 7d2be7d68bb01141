"""The journal and the blobs on disk or in memory; no queue semantics here."""
