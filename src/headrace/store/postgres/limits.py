"""Limits of the PostgreSQL store: how long it waits for the database. All of them are ours."""

#: Seconds that making a connection may take.
CONNECT_S = 5.0

#: Seconds that taking the lease may take, with the wait for the last owner's last write.
TAKE_S = 15.0

#: Seconds between two tries to reach a database that is away.
RETRY_S = 0.2

#: Seconds for which a write whose connection was lost waits for the database to come back.
RESUME_S = 10.0

#: Seconds for which an owner that rebuilds its memory waits for the database. A replicated one
#: takes 10 to 30 s to fail over (research/cluster.md 4).
REOPEN_S = 60.0

#: Seconds for which a read is tried again when its connection was lost.
READ_S = 10.0

#: Seconds that one read may take.
FETCH_S = 60.0

#: Seconds that closing a connection in order may take.
CLOSE_S = 2.0

#: Milliseconds that a statement waits for a lock: a takeover behind the last owner's last write.
LOCK_WAIT_MS = 10_000

#: Of the lease time: when it is renewed, and how soon again after a failure.
RENEWED_AFTER = 1 / 3
RENEWED_AGAIN_AFTER = 1 / 30

#: Seconds between two looks of a stand-by at the lease, at most.
LOOK_S = 0.5

#: Seconds for which commands that grow the data are refused after the database's disk was full.
FULL_S = 30.0

#: Connections that read.
READERS = 4
