"""Every limit of the sandbox, with its unit and where it comes from."""

#: The largest result of a function, in bytes (spec/lambda.md 2.1, I4).
RESULT_BYTES_MAX = 6_291_556
#: The largest streamed answer, in bytes (spec/lambda.md 2.3).
STREAM_BYTES_MAX = 209_715_200
#: The largest header of a frame, in bytes; the frame's own field ends there.
HEADER_BYTES_MAX = 65_535
#: How much is read from an environment's socket at a time, in bytes.
READ_BYTES = 65_536

#: The head of a request to the Runtime API, in bytes; an X-Ray cause alone may have 1 MB
#: (spec/lambda.md 3.1).
HTTP_HEAD_BYTES_MAX = 2_097_152
#: Extensions of an environment (spec/lambda.md 3.7).
EXTENSIONS_MAX = 10
#: The shutdown phase with internal extensions only, and with a program, in ms (4.1).
SHUTDOWN_INTERNAL_MS = 500
SHUTDOWN_EXTERNAL_MS = 2_000
#: Items, bytes and milliseconds by which telemetry is gathered: least and most (3.7; AWS's page).
TELEMETRY_ITEMS = (1_000, 10_000)
TELEMETRY_BYTES = (262_144, 1_048_576)
TELEMETRY_TIMEOUT_MS = (25, 30_000)
TELEMETRY_TIMEOUT_MS_DEFAULT = 1_000
#: The lowest port that telemetry is brought to; those below are not an ordinary user's. Ours.
TELEMETRY_PORT_MIN = 1_024
#: Bytes of telemetry of one init phase, and bytes that wait for one extension; ours.
TELEMETRY_EARLY_BYTES_MAX = 1_048_576
TELEMETRY_WAITING_BYTES_MAX = 4_194_304
#: How often a batch is tried to be brought, and the seconds between; ours.
TELEMETRY_ATTEMPTS = 3
TELEMETRY_RETRY_S = 0.1
#: How much of a listener's answer is read, in bytes, and how long it may take to close its
#: connection after it, in seconds; ours.
TELEMETRY_ANSWER_BYTES_MAX = 65_536
TELEMETRY_CLOSE_S = 1.0
#: The port of an environment's endpoint on a network of its own (spec/lambda.md 3.4).
API_PORT = 9001
#: Requests of one connection that wait behind each other before no more is read; ours.
PIPELINED_MAX = 16
#: Connections of one environment to its endpoint; ours, far above what clients open.
API_CONNECTIONS_MAX = 128
#: Bytes of request bodies that are kept for one environment at a time; ours: two results.
API_BODIES_BYTES_MAX = 2 * RESULT_BYTES_MAX

#: Capacity of a log pipe, in bytes: what may lie unread when an outcome comes (Linux's default).
LOG_PIPE_BYTES = 65_536
#: The longest line of a log, in bytes; a longer one is delivered in pieces (spec/lambda.md T10).
LOG_LINE_BYTES_MAX = 262_144

#: A function's code unpacked, in bytes (spec/lambda.md 1.5).
UNPACKED_BYTES_MAX = 262_144_000
#: Entries of an archive; ours: a limit on inodes.
ARCHIVE_ENTRIES_MAX = 100_000
#: Folders in each other, in archives, images and folders with code; ours: the house walks through
#: them level by level, and packages have some 30.
FOLDERS_DEEP_MAX = 256
#: The heads of one entry of a layer, long names and other properties among them, in bytes; ours.
ENTRY_HEAD_BYTES_MAX = 1_048_576
#: A container image unpacked, in bytes (AWS's quota), and its entries; the latter is ours.
IMAGE_BYTES_MAX = 10_737_418_240
IMAGE_ENTRIES_MAX = 1_000_000
#: The largest JSON document of an image, in bytes (as registries have it).
IMAGE_DOCUMENT_BYTES_MAX = 4_194_304
#: How many indexes of an image may lie in each other; ours.
IMAGE_INDEXES_MAX = 4
#: How many links a path may follow, as in the kernel.
LINKS_FOLLOWED_MAX = 40
#: How much is unpacked between two looks at the limits, in bytes.
UNPACK_CHUNK_BYTES = 262_144

#: Processes and threads of an environment (spec/lambda.md 4.3).
PROCESS_COUNT_MAX = 1024
#: Memory that buys one CPU, in MB (spec/lambda.md 4.3).
MEMORY_MB_PER_CPU = 1769
#: How much more than its memory each process may map for data where there are no control groups,
#: in MB; ours: all together are looked at, and the kernel's own limit is for what is too fast.
DATA_SLACK_MB = 1_024
#: The shortest and the longest time between two looks at that, in ms; ours.
MEMORY_LOOK_MS_MIN = 25
MEMORY_LOOK_MS_MAX = 200
#: Period in which the CPU share is counted, in µs (the kernel's default).
CPU_PERIOD_US = 100_000
#: The smallest share that the kernel accepts, in µs.
CPU_QUOTA_US_MIN = 1_000

#: User ids of environments: this one and the following, the lowest free one first.
FIRST_USER = 20_000
USER_COUNT = 10_000
#: User ids of templates: each has a run of them, the first for itself and one for each of its
#: environments; they end before 60,000, where systems have users of their own again.
FIRST_TEMPLATE_USER = 30_000
TEMPLATE_USER_COUNT = 1_024
#: Such runs: more than templates, because those that are gone may still have environments.
TEMPLATE_USERS_COUNT = 28
#: Templates at a time; ours. Another one takes the place of the one that was used least recently.
TEMPLATE_COUNT_MAX = 20

#: Environments at a time; ours: each costs the server four descriptors.
ENVIRONMENT_COUNT_MAX = 4_096

#: How long a zygote may take to become ready, in seconds; ours.
ZYGOTE_START_S = 30.0
#: How long a fork may take to be reported, in seconds; ours.
FORK_S = 10.0
#: Between two looks at processes that are about to stop and have no processor yet, in seconds.
STOP_LOOK_S = 0.02
#: How long a polite kill may take before the hard one, in seconds; ours.
KILL_PATIENCE_S = 2.0
#: How long close() waits for a zygote before it is killed, in seconds; ours.
CLOSE_PATIENCE_S = 5.0
#: How long an interpreter may take to say its version, in seconds; ours.
INTERPRETER_ANSWER_S = 10.0
#: The oldest Python, 3.N, that can import the shared libraries (boto3 of 2026 needs 3.10).
LIBRARIES_SINCE_MINOR = 10
#: How much of a zygote's last words is kept for an error message, in bytes; ours.
ZYGOTE_WORDS_BYTES = 2_000
#: Bytes of /tmp for each file or folder that it may hold, as ext4 reckons (mke2fs.conf).
BYTES_PER_INODE = 16_384
