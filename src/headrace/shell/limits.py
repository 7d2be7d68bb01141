"""Limits of the server itself: sizes, counts and times of what clients may ask of a connection.

All of these are ours; AWS's own quotas stand with the rules in `core`. Where a limit is a matter of
taste it is a field of `shell/config.py` instead.
"""

KIB = 1_024
MIB = 1_024 * KIB

#: Bytes of a request line and headers. Beyond: 431, and the connection is closed.
HEAD_BYTES_MAX = 64 * KIB

#: Header lines of one request that repeat a name. Beyond: 431, and the connection is closed.
REPEATED_HEADERS_MAX = 32

#: Header names whose lower-case form is remembered; others are lowered each time.
HEADER_NAMES_MAX = 1_024

#: Bytes of a body on any path without a limit of its own. A batch of SQS is 1 MiB of text; each
#: byte of it may take three on the wire (percent escapes, `\\u` escapes); the rest is envelope.
#: Beyond: 413, and the connection is closed. What is merely too long for AWS gets AWS's error.
BODY_BYTES_MAX = 4 * MIB

#: Bytes of a body that names an operation of SQS which sends no messages: fifty tags take 230 KiB
#: if each of their characters is escaped. What is longer takes long to read and is none of AWS's.
SMALL_BODY_BYTES_MAX = 256 * KIB

#: Bytes of a body that brings a layer's archive, 50 MiB in base64, or an object.
CODE_BODY_BYTES_MAX = 72 * MIB

#: Bytes of a body that brings a function's code. Beyond: AWS's own sentence (spec/lambda.md 1.4).
FUNCTION_BODY_BYTES_MAX = 70_167_210

#: Bytes of an invoke's payload that are read; AWS's own limit (6 MiB) answers in AWS's words below.
PAYLOAD_BODY_BYTES_MAX = 16 * MIB

#: Bytes of half-received bodies, over all connections. Beyond: 503 for the body that grew.
BODIES_BYTES_MAX = 512 * MIB

#: Connections that read on in one turn of the loop when the driver is no longer pressed; each may
#: bring 256 KiB, which is what one read of a socket gives.
RELIEVED_AT_ONCE = 8

#: Requests of one connection that are begun and not answered. Beyond, later ones wait unread.
PIPELINED_MAX = 32

#: Requests that were read and not begun while a receive is parked before them, so that reading
#: cannot pause. Beyond: the connection is closed.
PIPELINED_BEHIND_PARKED_MAX = 4_096

#: Bytes handed to a socket's buffer and not taken by the client, from which on the connection's
#: further answers wait and nothing more is read from it.
WRITE_HIGH_BYTES = 256 * KIB
#: And below which it goes on.
WRITE_LOW_BYTES = 64 * KIB

#: Bytes of answers that wait for slow readers, over all connections. Beyond: the connection that
#: has been stuck longest is closed, and so on.
UNREAD_BYTES_MAX = 256 * MIB

#: Bytes that are read and dropped from a connection after an error closed it, so that the client
#: gets to see the answer: a little more than code that is too large. Beyond: cut off.
LINGER_BYTES_MAX = 80 * MIB
#: And how long that lasts.
LINGER_S = 2

#: Bytes per second that a body, or an answer, may at least be expected to travel with: a time limit
#: grows by a second for each of these.
SLOWEST_BYTES_PER_S = MIB

#: File descriptors kept free for the journal, sandboxes and logs when connections are counted.
SPARE_DESCRIPTORS = 256

#: Connections that wait in the kernel to be accepted.
BACKLOG = 1_024

#: Hosts whose admission is remembered.
HOSTS_REMEMBERED_MAX = 256

#: Credentials whose meaning is remembered.
IDENTITIES_REMEMBERED_MAX = 1_024

#: Rebuilds of memory with no block written in between that follow each other at once.
REBUILDS_AT_ONCE = 5
#: And seconds before a further one at most: a second at first, doubled each time.
REBUILD_PAUSE_S_MAX = 30

# --- What the keeper does, and when (shell/keeper.py) -------------------------------------------

#: Bytes of heads behind the newest snapshots that a start may have to replay. Beyond: a round of
#: snapshots, unless the last one wrote more than a quarter of this; then later in proportion.
HEADS_TO_REPLAY_BYTES = 8 * MIB

#: Blocks behind the newest snapshots, likewise.
BLOCKS_TO_REPLAY = 10_000

#: Bytes of bodies that nobody needs and that only lie on disk because a snapshot is missing,
#: likewise.
DEAD_BYTES = 16 * MIB

#: A round of snapshots comes when this many times the bytes of the last one have been written, so
#: that snapshots are a fifth of all writing at most.
SNAPSHOT_SHARE = 4

#: Bytes of state that one turn of the loop takes snapshots of, and machines.
SNAPSHOT_SLICE_BYTES = 1 * MIB
SNAPSHOT_SLICE_MACHINES = 256

#: Bytes of state that a clean stop writes; more would make it long, and a start can replay.
STOP_SNAPSHOT_BYTES = 64 * MIB

#: Blocks that the keeper looks at in one turn when it looks at all of them.
BLOCKS_LOOKED_AT = 5_000

#: Bytes of a block's bodies part up to which it is tiny: merged although all of it is alive.
TINY_BLOCK_BYTES = 4 * KIB

#: A block of which at most one in so many bodies is alive is nearly empty.
NEARLY_EMPTY = 4

#: Bytes, bodies and blocks that one step of compaction moves into the block being filled.
COMPACTED_BYTES = 1 * MIB
COMPACTED_BODIES = 500
COMPACTED_BLOCKS = 512

#: Blocks from which a step of compaction is worth it, if it does not free `COMPACTED_BYTES`.
COMPACTED_BLOCKS_MIN = 16

#: Steps of compaction in one round.
COMPACTION_STEPS = 256

#: Bytes of bodies in the answer to a look at messages; the page ends with the slice that is beyond.
LOOK_BYTES_MAX = 8 * MIB
#: Messages whose bodies a look reads at once.
LOOK_SLICE = 16
#: Parameters of a look.
LOOK_FIELDS_MAX = 50

# --- Metrics (shell/metrics.py) -----------------------------------------------------------------

#: Queues, functions or mappings that one turn of the loop writes samples of.
METRICS_SLICE = 50
#: Touched messages of a queue that are looked at for the oldest: the ones touched first.
OLDEST_LOOKED_AT = 100

#: Log groups that one turn of the loop looks at for a DescribeLogGroups.
LOG_GROUPS_SLICE = 5_000

#: Mappings that one turn of the loop reads for advice.
ADVICE_SLICE = 50

# --- The history of messages (shell/history.py) --------------------------------------------------

#: Seconds that pages wait to be written together.
HISTORY_WRITE_AFTER_S = 0.25
#: Bytes of heads that wait to be written. Beyond: they are lost, and the log says so.
HISTORY_WAITING_BYTES_MAX = 64 * MIB
#: Files that the history is cut into, about: the oldest goes whole.
HISTORY_PARTS = 16
#: Messages from elsewhere that one turn of the loop notes when one is looked for by its id.
SOUGHT_SLICE = 2_000
#: Events in the answer to why; beyond, those in the middle are left out.
STORY_EVENTS_MAX = 1_000
