"""Every limit of log groups, with its unit and where it comes from."""

#: Tags of a group (AWS's quota).
TAGS_MAX = 50
#: Days for which a group may keep its events (API reference, PutRetentionPolicy).
RETENTION_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
MS_PER_DAY = 86_400_000
#: How often old events of a group with a retention are removed, in ms; ours. They are not shown
#: any more from the moment at which they are too old.
EXPIRE_EVERY_MS = MS_PER_DAY

#: Events of one PutLogEvents: bytes of a batch and of an event, and what each counts beside its
#: text (spec/lambda.md 5.4, T10).
BATCH_BYTES_MAX = 1_048_576
EVENT_BYTES_MAX = 1_048_576
EVENT_BYTES_EXTRA = 26
#: The longest time between the first and the last event of a batch, in ms.
BATCH_SPAN_MS_MAX = MS_PER_DAY
#: How old or early an event may be when it comes, in ms.
TOO_OLD_MS = 14 * MS_PER_DAY
TOO_NEW_MS = 2 * 3_600_000

#: Groups and streams that one page shows.
DESCRIBE_MAX = 50
#: Events of a page, and bytes of their texts.
EVENTS_MAX = 10_000
EVENTS_BYTES_MAX = 1_048_576
#: Bytes that are searched for one page of FilterLogEvents, for each condition of its pattern; ours.
#: A page may be empty.
SEARCHED_BYTES_MAX = 16 * 1_048_576
#: Nested parts of a filter pattern; ours.
PATTERN_DEPTH_MAX = 20
