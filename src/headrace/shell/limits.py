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

#: Bytes of a body that brings code: 50 MiB of zip archive in base64, and the envelope.
CODE_BODY_BYTES_MAX = 72 * MIB

#: Bytes of an invoke's payload that are read; AWS's own limit (6 MiB) answers in AWS's words below.
PAYLOAD_BODY_BYTES_MAX = 16 * MIB

#: Bytes of half-received bodies, over all connections. Beyond: 503 for the body that grew.
BODIES_BYTES_MAX = 512 * MIB

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
#: gets to see the answer. Beyond: cut off.
LINGER_BYTES_MAX = 8 * MIB
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
