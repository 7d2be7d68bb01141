"""What the wire takes from one request, and how much it remembers between requests."""

#: Bytes of a form in which `Action` and `Version` are looked for: no query call is longer
#: (shell/limits.py: BODY_BYTES_MAX). (Ours.)
QUERY_BYTES_MAX = 4 * 1_024 * 1_024

#: Values in one JSON body that is read with AWS's leniency, which is slow: ten thousand log events
#: of two members each make 50,000. (Ours.)
JSON_VALUES_MAX = 60_000

#: Query parameters in one request: ten batch entries with ten attributes of three parts each make
#: 370; the rest is head room. Beyond it the request is refused as malformed. (Ours.)
QUERY_PARAMETERS_MAX = 2_000

#: Parts of one query parameter's name: the longest real one,
#: `SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.BinaryListValue.1`, has seven. (Ours.)
QUERY_NAME_PARTS_MAX = 10

#: Digits of an index in a query parameter's name. (Ours.)
QUERY_INDEX_DIGITS_MAX = 9

#: Credential scopes whose parsed form is remembered; the least recently used one goes. (Ours.)
CREDENTIAL_SCOPES_MAX = 1_024

#: Characters of a credential scope that is looked at; longer ones count as unsigned. AWS's access
#: key ids have 16 to 128 characters. (Ours.)
CREDENTIAL_SCOPE_MAX = 512

#: A string longer than this many times its greatest length is refused without trying its pattern,
#: so that no pattern runs over megabytes. (Ours.)
PATTERN_LENGTH_FACTOR = 4

#: The same for strings whose length has no limit in the model, in characters. (Ours.)
PATTERN_LENGTH_MAX = 10_000

#: Violations of the model that one error names; the others are not looked for. (Ours.)
VIOLATIONS_MAX = 1_000

#: Items of a list that is too long, up to which they are checked all the same: no list of the model
#: may have more. (Ours.)
ITEMS_LOOKED_AT_MAX = 10_000

#: Items of a list that an error's sentence repeats. (Ours.)
ITEMS_DISPLAYED_MAX = 1_000

#: Characters of an unknown name or value that an error's sentence repeats. (Ours.)
ECHO_MAX = 256

#: Integers of AWS's model: `integer` has 32 bits, `long` 64.
INTEGER_MAX = 2**31 - 1
LONG_MAX = 2**63 - 1

#: Bytes of an XML body: a thousand keys of 1,024 bytes, each escaped, and the elements around them,
#: or ten thousand parts. (Ours.)
XML_BYTES_MAX = 4 * 1_024 * 1_024

#: Characters of an XML body that make work beyond their own length: `<`, quotes and line ends. A
#: thousand keys with all that DeleteObjects may say of each, a line for each element, make 19,000.
#: (Ours.)
XML_MARKS_MAX = 30_000

#: Chunks of one upload: 72 MiB in the smallest that S3 takes, 8 KiB, make 9,216. (Ours; S3 refuses
#: smaller ones.)
CHUNKS_MAX = 10_000

#: Bytes of what stands behind the last chunk. (Ours.)
TRAILERS_BYTES_MAX = 16 * 1_024
