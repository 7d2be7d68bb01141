"""What the query protocol adds to the models: element names, wrappers, texts (kept by hand).

botocore has dropped these names; they stand in spec/sqs.md 1.3. All lists and maps of SQS are
flattened: an item is a parameter `Element.N` and a repeated XML element.
"""

#: List shape to the name of one item.
SQS_ITEMS = {
    "AWSAccountIdList": "AWSAccountId",
    "ActionNameList": "ActionName",
    "AttributeNameList": "AttributeName",
    "BatchResultErrorEntryList": "BatchResultErrorEntry",
    "BinaryList": "BinaryListValue",
    "ChangeMessageVisibilityBatchRequestEntryList": "ChangeMessageVisibilityBatchRequestEntry",
    "ChangeMessageVisibilityBatchResultEntryList": "ChangeMessageVisibilityBatchResultEntry",
    "DeleteMessageBatchRequestEntryList": "DeleteMessageBatchRequestEntry",
    "DeleteMessageBatchResultEntryList": "DeleteMessageBatchResultEntry",
    "ListMessageMoveTasksResultEntryList": "ListMessageMoveTasksResultEntry",
    "MessageAttributeNameList": "MessageAttributeName",
    "MessageList": "Message",
    "MessageSystemAttributeList": "MessageSystemAttributeName",
    "QueueUrlList": "QueueUrl",
    "SendMessageBatchRequestEntryList": "SendMessageBatchRequestEntry",
    "SendMessageBatchResultEntryList": "SendMessageBatchResultEntry",
    "StringList": "StringListValue",
    "TagKeyList": "TagKey",
}

#: Map shape to the names of one entry, its key and its value.
SQS_ENTRIES = {
    "MessageBodyAttributeMap": ("MessageAttribute", "Name", "Value"),
    "MessageBodySystemAttributeMap": ("MessageSystemAttribute", "Name", "Value"),
    "MessageSystemAttributeMap": ("Attribute", "Name", "Value"),
    "QueueAttributeMap": ("Attribute", "Name", "Value"),
    "TagMap": ("Tag", "Key", "Value"),
}

#: Operations that cannot be asked of a queue's own URL.
SQS_ROOT_ONLY = frozenset({"CreateQueue", "ListQueues"})

#: Result members that are spelled otherwise when a query call is answered in JSON (S-C3).
SQS_JSON_NAMES = {"Messages": "messages"}

#: (error code, operation) to the text that replaces the JSON protocol's; "" is any operation.
SQS_TEXTS = {
    ("QueueDoesNotExist", "GetQueueUrl"): (
        "The specified queue does not exist or you do not have access to it."
    ),
    ("QueueDoesNotExist", ""): "The specified queue does not exist for this wsdl version.",
}
