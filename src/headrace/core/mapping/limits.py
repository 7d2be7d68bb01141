"""Quotas and times of event source mappings, each with its unit and source."""

#: Messages of a batch, unless the mapping says otherwise (spec/esm.md 1.2).
BATCH_SIZE_DEFAULT = 10
#: Messages of a batch without a batching window, and of a FIFO queue's (spec/esm.md 1.4, 8 and 10).
BATCH_SIZE_PLAIN_MAX = 10
#: Bytes that an event document must stay below: that of a synchronous invoke (spec/esm.md 3).
PAYLOAD_BYTES_MAX = 6_291_456
#: Messages of one receive (spec/esm.md 4.2): bounds the bodies that one receive reads.
RECEIVE_AT_MOST = 10
#: Batches that one receive of a standard queue may bring while messages keep coming. (Ours: AWS has
#: five pollers where we have one receive, which waits for the disk; bounds a turn of the loop.)
BATCHES_OF_RECEIVE_MAX = 20
#: Batches that may wait in hand for a slot while the function is quick. (Ours: the disk takes a
#: while to bring the next ones.)
AHEAD_MAX = 20
#: Milliseconds from which on an invoke is not quick. (Ours: so long may a batch wait for a slot.)
QUICK_MS = 100
#: Characters (`PolledMessage.length`) that a receive of several batches is expected to bring at
#: most, by what the one before it brought. (Ours.)
RECEIVE_LENGTH_EXPECTED = 2 * 1024 * 1024

#: Batches in hand at once when a mapping starts, in batches (spec/esm.md 4.1).
CONCURRENCY_START = 5
#: What is left of them when nothing came for `QUIET_MS`, in batches (spec/esm.md 4.1).
CONCURRENCY_QUIET = 2
#: Milliseconds without a message after which a mapping is quiet. (Ours: AWS does not say.)
QUIET_MS = 300_000
#: The most batches in hand at once, in batches (spec/esm.md 4.1).
CONCURRENCY_MAX = 1_250
#: Milliseconds from one more batch at once to the next: 300 a minute (spec/esm.md 4.1).
GROWTH_STEP_MS = 200
#: Bytes of event documents in hand from which a mapping stops asking for messages; it asks again
#: as soon as batches end. (Ours: 1,250 batches of 6 MB would be 7.5 GB.)
IN_HAND_BYTES_MAX = 256 * 1024 * 1024
#: Bytes of event documents in hand of all mappings together from which those that have some in hand
#: stop asking for more. (Ours: five batches of a thousand mappings would be 30 GB.)
ALL_IN_HAND_BYTES_MAX = 1024 * 1024 * 1024

#: Milliseconds to the second try of a throttled batch; each further one waits twice as long
#: (spec/esm.md 4.3).
RETRY_FIRST_MS = 1_000
#: The longest wait between two tries of a throttled batch, in milliseconds (spec/esm.md 4.3).
RETRY_LONGEST_MS = 32_000
#: Milliseconds to the next receive after one that failed; doubles (spec/esm.md 4.3).
POLL_RETRY_FIRST_MS = 1_000
#: The longest wait after a failed receive, in milliseconds (spec/esm.md 4.3).
POLL_RETRY_LONGEST_MS = 60_000

#: What a receive's visibility timeout has above window and function timeout, in milliseconds
#: (spec/esm.md 4.2).
VISIBILITY_MARGIN_MS = 30_000
#: The visibility timeout of a mapping's receive where the queue's is 0, in milliseconds: otherwise
#: each message would be received again and again before anybody could handle it. (Ours.)
VISIBILITY_LEAST_MS = 1_000
#: Milliseconds that Creating, Enabling, Updating, Disabling and Deleting last. AWS takes seconds
#: to a minute (spec/esm.md 1.5); ours is short, long enough to be seen. (Ours.)
SETTLE_MS = 100

#: Turns through one function after which an event of a loop is not handed to it again, unless the
#: function allows loops (spec/esm.md 5.5).
LOOP_TURNS_MAX = 16

#: Tags of one mapping, as of one function (spec/lambda.md 1.5).
TAGS_MAX = 50
#: Mappings on one page of a list (spec/esm.md 1.6).
LIST_PAGE_MAX = 100

#: The fewest pollers of provisioned mode, and how many there are unless the mapping says otherwise
#: (spec/esm.md 1.2).
POLLERS_LEAST = 2
#: The greatest MinimumPollers (spec/esm.md 1.2).
POLLERS_LEAST_MAX = 200
#: MaximumPollers unless the mapping says otherwise (spec/esm.md 1.2).
POLLERS_MOST_DEFAULT = 200
#: The greatest MaximumPollers (spec/esm.md 1.2).
POLLERS_MAX = 10_000
#: Batches in hand at once of one provisioned poller (spec/esm.md 4.1).
POLLER_CONCURRENCY = 10
#: Milliseconds from one more batch at once to the next in provisioned mode: 1,000 a minute
#: (spec/esm.md 4.1).
PROVISIONED_GROWTH_STEP_MS = 60

#: Filters of a mapping (spec/esm.md 1.2; AWS raises it to 10 for those who ask).
FILTERS_MAX = 5
#: Names from the root of a filter pattern to its deepest rule. (Ours: AWS's patterns end at 4,096
#: characters.)
PATTERN_DEPTH_MAX = 100

#: Characters of what one receive brings, times what each costs (`Sieve.burden`), from which on it
#: is sifted beside the loop. (Ours: about 2 ms.)
LONG_BURDEN = 400_000
