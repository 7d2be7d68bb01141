"""Every SQS operation once: parameters and result, and their bytes in both protocols.

The requests are what botocore sends (for the query protocol: what it sent before it spoke JSON);
the answers were read against spec/sqs.md 1.2 and 1.3 before they were written down here.
"""

from typing import Any, NamedTuple


class Golden(NamedTuple):
    """One operation: AWS's members, and the same as bytes."""

    operation: str
    parameters: dict[str, Any]
    json_request: bytes
    query_request: bytes
    result: dict[str, Any]
    json_answer: bytes
    query_answer: bytes


REQUEST_ID = "5b1f8d8e-0000-4000-8000-0242ac120002"

GOLDENS = [
    Golden(
        "AddPermission",
        {
            "QueueUrl": "http://127.0.0.1:4566/000000000000/orders",
            "Label": "share",
            "AWSAccountIds": ["111122223333", "444455556666"],
            "Actions": ["SendMessage", "*"],
        },
        b'{"QueueUrl": "http://127.0.0.1:4566/000000000000/orders", "Label": "share", "AWSAccountIds": ["111122223333", "444455556666"], "Actions": ["SendMessage", "*"]}',
        b"Action=AddPermission&Version=2012-11-05&QueueUrl=http%3A%2F%2F127.0.0.1%3A4566%2F000000000000%2Forders&Label=share&AWSAccountId.1=111122223333&AWSAccountId.2=444455556666&ActionName.1=SendMessage&ActionName.2=%2A",
        {},
        b"",
        b'<?xml version="1.0"?><AddPermissionResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></AddPermissionResponse>',
    ),
    Golden(
        "CancelMessageMoveTask",
        {"TaskHandle": "eyJ0Ijox"},
        b'{"TaskHandle": "eyJ0Ijox"}',
        b"Action=CancelMessageMoveTask&Version=2012-11-05&TaskHandle=eyJ0Ijox",
        {"ApproximateNumberOfMessagesMoved": 2},
        b'{"ApproximateNumberOfMessagesMoved":2}',
        b'<?xml version="1.0"?><CancelMessageMoveTaskResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><CancelMessageMoveTaskResult><ApproximateNumberOfMessagesMoved>2</ApproximateNumberOfMessagesMoved></CancelMessageMoveTaskResult><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></CancelMessageMoveTaskResponse>',
    ),
    Golden(
        "ChangeMessageVisibility",
        {
            "QueueUrl": "http://127.0.0.1:4566/000000000000/orders",
            "ReceiptHandle": "AQEBhandle==",
            "VisibilityTimeout": 0,
        },
        b'{"QueueUrl": "http://127.0.0.1:4566/000000000000/orders", "ReceiptHandle": "AQEBhandle==", "VisibilityTimeout": 0}',
        b"Action=ChangeMessageVisibility&Version=2012-11-05&QueueUrl=http%3A%2F%2F127.0.0.1%3A4566%2F000000000000%2Forders&ReceiptHandle=AQEBhandle%3D%3D&VisibilityTimeout=0",
        {},
        b"",
        b'<?xml version="1.0"?><ChangeMessageVisibilityResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></ChangeMessageVisibilityResponse>',
    ),
    Golden(
        "ChangeMessageVisibilityBatch",
        {
            "QueueUrl": "http://127.0.0.1:4566/000000000000/orders",
            "Entries": [
                {"Id": "a", "ReceiptHandle": "AQEBhandle==", "VisibilityTimeout": 30},
                {"Id": "b", "ReceiptHandle": "x"},
            ],
        },
        b'{"QueueUrl": "http://127.0.0.1:4566/000000000000/orders", "Entries": [{"Id": "a", "ReceiptHandle": "AQEBhandle==", "VisibilityTimeout": 30}, {"Id": "b", "ReceiptHandle": "x"}]}',
        b"Action=ChangeMessageVisibilityBatch&Version=2012-11-05&QueueUrl=http%3A%2F%2F127.0.0.1%3A4566%2F000000000000%2Forders&ChangeMessageVisibilityBatchRequestEntry.1.Id=a&ChangeMessageVisibilityBatchRequestEntry.1.ReceiptHandle=AQEBhandle%3D%3D&ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout=30&ChangeMessageVisibilityBatchRequestEntry.2.Id=b&ChangeMessageVisibilityBatchRequestEntry.2.ReceiptHandle=x",
        {
            "Successful": [{"Id": "a"}],
            "Failed": [
                {
                    "Id": "b",
                    "SenderFault": True,
                    "Code": "ReceiptHandleIsInvalid",
                    "Message": "The input receipt handle is invalid.",
                }
            ],
        },
        b'{"Successful":[{"Id":"a"}],"Failed":[{"Id":"b","SenderFault":true,"Code":"ReceiptHandleIsInvalid","Message":"The input receipt handle is invalid."}]}',
        b'<?xml version="1.0"?><ChangeMessageVisibilityBatchResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ChangeMessageVisibilityBatchResult><ChangeMessageVisibilityBatchResultEntry><Id>a</Id></ChangeMessageVisibilityBatchResultEntry><BatchResultErrorEntry><Id>b</Id><SenderFault>true</SenderFault><Code>ReceiptHandleIsInvalid</Code><Message>The input receipt handle is invalid.</Message></BatchResultErrorEntry></ChangeMessageVisibilityBatchResult><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></ChangeMessageVisibilityBatchResponse>',
    ),
    Golden(
        "CreateQueue",
        {
            "QueueName": "orders",
            "Attributes": {"VisibilityTimeout": "45", "DelaySeconds": "0"},
            "tags": {"team": "a b", "stage": ""},
        },
        b'{"QueueName": "orders", "Attributes": {"VisibilityTimeout": "45", "DelaySeconds": "0"}, "tags": {"team": "a b", "stage": ""}}',
        b"Action=CreateQueue&Version=2012-11-05&QueueName=orders&Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=45&Attribute.2.Name=DelaySeconds&Attribute.2.Value=0&Tag.1.Key=team&Tag.1.Value=a+b&Tag.2.Key=stage&Tag.2.Value=",
        {"QueueUrl": "http://127.0.0.1:4566/000000000000/orders"},
        b'{"QueueUrl":"http://127.0.0.1:4566/000000000000/orders"}',
        b'<?xml version="1.0"?><CreateQueueResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><CreateQueueResult><QueueUrl>http://127.0.0.1:4566/000000000000/orders</QueueUrl></CreateQueueResult><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></CreateQueueResponse>',
    ),
    Golden(
        "DeleteMessage",
        {"QueueUrl": "http://127.0.0.1:4566/000000000000/orders", "ReceiptHandle": "AQEBhandle=="},
        b'{"QueueUrl": "http://127.0.0.1:4566/000000000000/orders", "ReceiptHandle": "AQEBhandle=="}',
        b"Action=DeleteMessage&Version=2012-11-05&QueueUrl=http%3A%2F%2F127.0.0.1%3A4566%2F000000000000%2Forders&ReceiptHandle=AQEBhandle%3D%3D",
        {},
        b"",
        b'<?xml version="1.0"?><DeleteMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></DeleteMessageResponse>',
    ),
    Golden(
        "DeleteMessageBatch",
        {
            "QueueUrl": "http://127.0.0.1:4566/000000000000/orders",
            "Entries": [{"Id": "a", "ReceiptHandle": "AQEBhandle=="}],
        },
        b'{"QueueUrl": "http://127.0.0.1:4566/000000000000/orders", "Entries": [{"Id": "a", "ReceiptHandle": "AQEBhandle=="}]}',
        b"Action=DeleteMessageBatch&Version=2012-11-05&QueueUrl=http%3A%2F%2F127.0.0.1%3A4566%2F000000000000%2Forders&DeleteMessageBatchRequestEntry.1.Id=a&DeleteMessageBatchRequestEntry.1.ReceiptHandle=AQEBhandle%3D%3D",
        {"Successful": [{"Id": "a"}]},
        b'{"Successful":[{"Id":"a"}]}',
        b'<?xml version="1.0"?><DeleteMessageBatchResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><DeleteMessageBatchResult><DeleteMessageBatchResultEntry><Id>a</Id></DeleteMessageBatchResultEntry></DeleteMessageBatchResult><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></DeleteMessageBatchResponse>',
    ),
    Golden(
        "DeleteQueue",
        {"QueueUrl": "http://127.0.0.1:4566/000000000000/orders"},
        b'{"QueueUrl": "http://127.0.0.1:4566/000000000000/orders"}',
        b"Action=DeleteQueue&Version=2012-11-05&QueueUrl=http%3A%2F%2F127.0.0.1%3A4566%2F000000000000%2Forders",
        {},
        b"",
        b'<?xml version="1.0"?><DeleteQueueResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></DeleteQueueResponse>',
    ),
    Golden(
        "GetQueueAttributes",
        {
            "QueueUrl": "http://127.0.0.1:4566/000000000000/orders",
            "AttributeNames": ["QueueArn", "FifoQueue"],
        },
        b'{"QueueUrl": "http://127.0.0.1:4566/000000000000/orders", "AttributeNames": ["QueueArn", "FifoQueue"]}',
        b"Action=GetQueueAttributes&Version=2012-11-05&QueueUrl=http%3A%2F%2F127.0.0.1%3A4566%2F000000000000%2Forders&AttributeName.1=QueueArn&AttributeName.2=FifoQueue",
        {
            "Attributes": {
                "QueueArn": "arn:aws:sqs:eu-west-1:000000000000:orders",
                "Policy": '{"Version":"2012-10-17"}',
            }
        },
        b'{"Attributes":{"QueueArn":"arn:aws:sqs:eu-west-1:000000000000:orders","Policy":"{\\"Version\\":\\"2012-10-17\\"}"}}',
        b'<?xml version="1.0"?><GetQueueAttributesResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><GetQueueAttributesResult><Attribute><Name>QueueArn</Name><Value>arn:aws:sqs:eu-west-1:000000000000:orders</Value></Attribute><Attribute><Name>Policy</Name><Value>{&quot;Version&quot;:&quot;2012-10-17&quot;}</Value></Attribute></GetQueueAttributesResult><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></GetQueueAttributesResponse>',
    ),
    Golden(
        "GetQueueUrl",
        {"QueueName": "orders", "QueueOwnerAWSAccountId": "000000000000"},
        b'{"QueueName": "orders", "QueueOwnerAWSAccountId": "000000000000"}',
        b"Action=GetQueueUrl&Version=2012-11-05&QueueName=orders&QueueOwnerAWSAccountId=000000000000",
        {"QueueUrl": "http://127.0.0.1:4566/000000000000/orders"},
        b'{"QueueUrl":"http://127.0.0.1:4566/000000000000/orders"}',
        b'<?xml version="1.0"?><GetQueueUrlResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><GetQueueUrlResult><QueueUrl>http://127.0.0.1:4566/000000000000/orders</QueueUrl></GetQueueUrlResult><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></GetQueueUrlResponse>',
    ),
    Golden(
        "ListDeadLetterSourceQueues",
        {"QueueUrl": "http://127.0.0.1:4566/000000000000/orders", "MaxResults": 2},
        b'{"QueueUrl": "http://127.0.0.1:4566/000000000000/orders", "MaxResults": 2}',
        b"Action=ListDeadLetterSourceQueues&Version=2012-11-05&QueueUrl=http%3A%2F%2F127.0.0.1%3A4566%2F000000000000%2Forders&MaxResults=2",
        {
            "queueUrls": [
                "http://127.0.0.1:4566/000000000000/orders",
                "http://127.0.0.1:4566/000000000000/orders-2",
            ],
            "NextToken": "t==",
        },
        b'{"queueUrls":["http://127.0.0.1:4566/000000000000/orders","http://127.0.0.1:4566/000000000000/orders-2"],"NextToken":"t=="}',
        b'<?xml version="1.0"?><ListDeadLetterSourceQueuesResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ListDeadLetterSourceQueuesResult><QueueUrl>http://127.0.0.1:4566/000000000000/orders</QueueUrl><QueueUrl>http://127.0.0.1:4566/000000000000/orders-2</QueueUrl><NextToken>t==</NextToken></ListDeadLetterSourceQueuesResult><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></ListDeadLetterSourceQueuesResponse>',
    ),
    Golden(
        "ListMessageMoveTasks",
        {"SourceArn": "arn:aws:sqs:eu-west-1:000000000000:dead", "MaxResults": 1},
        b'{"SourceArn": "arn:aws:sqs:eu-west-1:000000000000:dead", "MaxResults": 1}',
        b"Action=ListMessageMoveTasks&Version=2012-11-05&SourceArn=arn%3Aaws%3Asqs%3Aeu-west-1%3A000000000000%3Adead&MaxResults=1",
        {
            "Results": [
                {
                    "TaskHandle": "eyJ0Ijox",
                    "Status": "RUNNING",
                    "SourceArn": "arn:aws:sqs:eu-west-1:000000000000:dead",
                    "ApproximateNumberOfMessagesMoved": 2,
                    "ApproximateNumberOfMessagesToMove": 10,
                    "StartedTimestamp": 1763949999123,
                }
            ]
        },
        b'{"Results":[{"TaskHandle":"eyJ0Ijox","Status":"RUNNING","SourceArn":"arn:aws:sqs:eu-west-1:000000000000:dead","ApproximateNumberOfMessagesMoved":2,"ApproximateNumberOfMessagesToMove":10,"StartedTimestamp":1763949999123}]}',
        b'<?xml version="1.0"?><ListMessageMoveTasksResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ListMessageMoveTasksResult><ListMessageMoveTasksResultEntry><TaskHandle>eyJ0Ijox</TaskHandle><Status>RUNNING</Status><SourceArn>arn:aws:sqs:eu-west-1:000000000000:dead</SourceArn><ApproximateNumberOfMessagesMoved>2</ApproximateNumberOfMessagesMoved><ApproximateNumberOfMessagesToMove>10</ApproximateNumberOfMessagesToMove><StartedTimestamp>1763949999123</StartedTimestamp></ListMessageMoveTasksResultEntry></ListMessageMoveTasksResult><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></ListMessageMoveTasksResponse>',
    ),
    Golden(
        "ListQueueTags",
        {"QueueUrl": "http://127.0.0.1:4566/000000000000/orders"},
        b'{"QueueUrl": "http://127.0.0.1:4566/000000000000/orders"}',
        b"Action=ListQueueTags&Version=2012-11-05&QueueUrl=http%3A%2F%2F127.0.0.1%3A4566%2F000000000000%2Forders",
        {"Tags": {"team": "a b", "stage": ""}},
        b'{"Tags":{"team":"a b","stage":""}}',
        b'<?xml version="1.0"?><ListQueueTagsResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ListQueueTagsResult><Tag><Key>team</Key><Value>a b</Value></Tag><Tag><Key>stage</Key><Value></Value></Tag></ListQueueTagsResult><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></ListQueueTagsResponse>',
    ),
    Golden(
        "ListQueues",
        {"QueueNamePrefix": "or", "MaxResults": 1000},
        b'{"QueueNamePrefix": "or", "MaxResults": 1000}',
        b"Action=ListQueues&Version=2012-11-05&QueueNamePrefix=or&MaxResults=1000",
        {"QueueUrls": ["http://127.0.0.1:4566/000000000000/orders"]},
        b'{"QueueUrls":["http://127.0.0.1:4566/000000000000/orders"]}',
        b'<?xml version="1.0"?><ListQueuesResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ListQueuesResult><QueueUrl>http://127.0.0.1:4566/000000000000/orders</QueueUrl></ListQueuesResult><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></ListQueuesResponse>',
    ),
    Golden(
        "PurgeQueue",
        {"QueueUrl": "http://127.0.0.1:4566/000000000000/orders"},
        b'{"QueueUrl": "http://127.0.0.1:4566/000000000000/orders"}',
        b"Action=PurgeQueue&Version=2012-11-05&QueueUrl=http%3A%2F%2F127.0.0.1%3A4566%2F000000000000%2Forders",
        {},
        b"",
        b'<?xml version="1.0"?><PurgeQueueResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></PurgeQueueResponse>',
    ),
    Golden(
        "ReceiveMessage",
        {
            "QueueUrl": "http://127.0.0.1:4566/000000000000/orders",
            "AttributeNames": ["All"],
            "MessageSystemAttributeNames": ["SentTimestamp"],
            "MessageAttributeNames": ["All", "Kind.*"],
            "MaxNumberOfMessages": 10,
            "VisibilityTimeout": 30,
            "WaitTimeSeconds": 20,
        },
        b'{"QueueUrl": "http://127.0.0.1:4566/000000000000/orders", "AttributeNames": ["All"], "MessageSystemAttributeNames": ["SentTimestamp"], "MessageAttributeNames": ["All", "Kind.*"], "MaxNumberOfMessages": 10, "VisibilityTimeout": 30, "WaitTimeSeconds": 20}',
        b"Action=ReceiveMessage&Version=2012-11-05&QueueUrl=http%3A%2F%2F127.0.0.1%3A4566%2F000000000000%2Forders&AttributeName.1=All&MessageSystemAttributeName.1=SentTimestamp&MessageAttributeName.1=All&MessageAttributeName.2=Kind.%2A&MaxNumberOfMessages=10&VisibilityTimeout=30&WaitTimeSeconds=20",
        {
            "Messages": [
                {
                    "MessageId": "0c2e8d0a-7f7f-4a39-9a9b-0a0e1f3f6f11",
                    "ReceiptHandle": "AQEBhandle==",
                    "MD5OfBody": "2f77a6ce9b9e60c17fa9af5889cd7c45",
                    "Body": 'two\r\nlines <&">',
                    "Attributes": {"SentTimestamp": "1763949999123"},
                    "MessageAttributes": {
                        "Kind": {"DataType": "String", "StringValue": "a & b"},
                        "Blob": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
                    },
                },
                {
                    "MessageId": "0c2e8d0a-7f7f-4a39-9a9b-0a0e1f3f6f12",
                    "ReceiptHandle": "AQEBhandle==",
                    "MD5OfBody": "66ddcd97cfdeabb2f6fb8a999b4bc76f",
                    "Body": "é",
                },
            ]
        },
        b'{"Messages":[{"MessageId":"0c2e8d0a-7f7f-4a39-9a9b-0a0e1f3f6f11","ReceiptHandle":"AQEBhandle==","MD5OfBody":"2f77a6ce9b9e60c17fa9af5889cd7c45","Body":"two\\r\\nlines <&\\">","Attributes":{"SentTimestamp":"1763949999123"},"MessageAttributes":{"Kind":{"DataType":"String","StringValue":"a & b"},"Blob":{"DataType":"Binary","BinaryValue":"AP8="}}},{"MessageId":"0c2e8d0a-7f7f-4a39-9a9b-0a0e1f3f6f12","ReceiptHandle":"AQEBhandle==","MD5OfBody":"66ddcd97cfdeabb2f6fb8a999b4bc76f","Body":"\xc3\xa9"}]}',
        b'<?xml version="1.0"?><ReceiveMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ReceiveMessageResult><Message><MessageId>0c2e8d0a-7f7f-4a39-9a9b-0a0e1f3f6f11</MessageId><ReceiptHandle>AQEBhandle==</ReceiptHandle><MD5OfBody>2f77a6ce9b9e60c17fa9af5889cd7c45</MD5OfBody><Body>two&#xD;\nlines &lt;&amp;&quot;&gt;</Body><Attribute><Name>SentTimestamp</Name><Value>1763949999123</Value></Attribute><MessageAttribute><Name>Kind</Name><Value><StringValue>a &amp; b</StringValue><DataType>String</DataType></Value></MessageAttribute><MessageAttribute><Name>Blob</Name><Value><BinaryValue>AP8=</BinaryValue><DataType>Binary</DataType></Value></MessageAttribute></Message><Message><MessageId>0c2e8d0a-7f7f-4a39-9a9b-0a0e1f3f6f12</MessageId><ReceiptHandle>AQEBhandle==</ReceiptHandle><MD5OfBody>66ddcd97cfdeabb2f6fb8a999b4bc76f</MD5OfBody><Body>\xc3\xa9</Body></Message></ReceiveMessageResult><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></ReceiveMessageResponse>',
    ),
    Golden(
        "RemovePermission",
        {"QueueUrl": "http://127.0.0.1:4566/000000000000/orders", "Label": "share"},
        b'{"QueueUrl": "http://127.0.0.1:4566/000000000000/orders", "Label": "share"}',
        b"Action=RemovePermission&Version=2012-11-05&QueueUrl=http%3A%2F%2F127.0.0.1%3A4566%2F000000000000%2Forders&Label=share",
        {},
        b"",
        b'<?xml version="1.0"?><RemovePermissionResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></RemovePermissionResponse>',
    ),
    Golden(
        "SendMessage",
        {
            "QueueUrl": "http://127.0.0.1:4566/000000000000/orders",
            "MessageBody": 'two\r\nlines <&">',
            "DelaySeconds": 5,
            "MessageAttributes": {
                "Kind": {"DataType": "String", "StringValue": "a & b"},
                "Blob": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
            },
            "MessageSystemAttributes": {
                "AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5"}
            },
        },
        b'{"QueueUrl": "http://127.0.0.1:4566/000000000000/orders", "MessageBody": "two\\r\\nlines <&\\">", "DelaySeconds": 5, "MessageAttributes": {"Kind": {"DataType": "String", "StringValue": "a & b"}, "Blob": {"DataType": "Binary", "BinaryValue": "AP8="}}, "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5"}}}',
        b"Action=SendMessage&Version=2012-11-05&QueueUrl=http%3A%2F%2F127.0.0.1%3A4566%2F000000000000%2Forders&MessageBody=two%0D%0Alines+%3C%26%22%3E&DelaySeconds=5&MessageAttribute.1.Name=Kind&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=a+%26+b&MessageAttribute.2.Name=Blob&MessageAttribute.2.Value.DataType=Binary&MessageAttribute.2.Value.BinaryValue=AP8%3D&MessageSystemAttribute.1.Name=AWSTraceHeader&MessageSystemAttribute.1.Value.DataType=String&MessageSystemAttribute.1.Value.StringValue=Root%3D1-5",
        {
            "MD5OfMessageBody": "2f77a6ce9b9e60c17fa9af5889cd7c45",
            "MessageId": "0c2e8d0a-7f7f-4a39-9a9b-0a0e1f3f6f11",
        },
        b'{"MD5OfMessageBody":"2f77a6ce9b9e60c17fa9af5889cd7c45","MessageId":"0c2e8d0a-7f7f-4a39-9a9b-0a0e1f3f6f11"}',
        b'<?xml version="1.0"?><SendMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><SendMessageResult><MD5OfMessageBody>2f77a6ce9b9e60c17fa9af5889cd7c45</MD5OfMessageBody><MessageId>0c2e8d0a-7f7f-4a39-9a9b-0a0e1f3f6f11</MessageId></SendMessageResult><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></SendMessageResponse>',
    ),
    Golden(
        "SendMessageBatch",
        {
            "QueueUrl": "http://127.0.0.1:4566/000000000000/orders",
            "Entries": [
                {
                    "Id": "a",
                    "MessageBody": "one",
                    "MessageAttributes": {
                        "Kind": {"DataType": "String", "StringValue": "a & b"},
                        "Blob": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
                    },
                },
                {
                    "Id": "b",
                    "MessageBody": "é",
                    "DelaySeconds": 0,
                    "MessageGroupId": "g",
                    "MessageDeduplicationId": "d",
                },
            ],
        },
        b'{"QueueUrl": "http://127.0.0.1:4566/000000000000/orders", "Entries": [{"Id": "a", "MessageBody": "one", "MessageAttributes": {"Kind": {"DataType": "String", "StringValue": "a & b"}, "Blob": {"DataType": "Binary", "BinaryValue": "AP8="}}}, {"Id": "b", "MessageBody": "\\u00e9", "DelaySeconds": 0, "MessageGroupId": "g", "MessageDeduplicationId": "d"}]}',
        b"Action=SendMessageBatch&Version=2012-11-05&QueueUrl=http%3A%2F%2F127.0.0.1%3A4566%2F000000000000%2Forders&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=one&SendMessageBatchRequestEntry.1.MessageAttribute.1.Name=Kind&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType=String&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue=a+%26+b&SendMessageBatchRequestEntry.1.MessageAttribute.2.Name=Blob&SendMessageBatchRequestEntry.1.MessageAttribute.2.Value.DataType=Binary&SendMessageBatchRequestEntry.1.MessageAttribute.2.Value.BinaryValue=AP8%3D&SendMessageBatchRequestEntry.2.Id=b&SendMessageBatchRequestEntry.2.MessageBody=%C3%A9&SendMessageBatchRequestEntry.2.DelaySeconds=0&SendMessageBatchRequestEntry.2.MessageGroupId=g&SendMessageBatchRequestEntry.2.MessageDeduplicationId=d",
        {
            "Successful": [
                {
                    "Id": "a",
                    "MessageId": "0c2e8d0a-7f7f-4a39-9a9b-0a0e1f3f6f11",
                    "MD5OfMessageBody": "f97c5d29941bfb1b2fdab0874906ab82",
                }
            ],
            "Failed": [
                {"Id": "b", "SenderFault": False, "Code": "InternalError", "Message": "We failed."}
            ],
        },
        b'{"Successful":[{"Id":"a","MessageId":"0c2e8d0a-7f7f-4a39-9a9b-0a0e1f3f6f11","MD5OfMessageBody":"f97c5d29941bfb1b2fdab0874906ab82"}],"Failed":[{"Id":"b","SenderFault":false,"Code":"InternalError","Message":"We failed."}]}',
        b'<?xml version="1.0"?><SendMessageBatchResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><SendMessageBatchResult><SendMessageBatchResultEntry><Id>a</Id><MessageId>0c2e8d0a-7f7f-4a39-9a9b-0a0e1f3f6f11</MessageId><MD5OfMessageBody>f97c5d29941bfb1b2fdab0874906ab82</MD5OfMessageBody></SendMessageBatchResultEntry><BatchResultErrorEntry><Id>b</Id><SenderFault>false</SenderFault><Code>InternalError</Code><Message>We failed.</Message></BatchResultErrorEntry></SendMessageBatchResult><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></SendMessageBatchResponse>',
    ),
    Golden(
        "SetQueueAttributes",
        {
            "QueueUrl": "http://127.0.0.1:4566/000000000000/orders",
            "Attributes": {"ReceiveMessageWaitTimeSeconds": "20"},
        },
        b'{"QueueUrl": "http://127.0.0.1:4566/000000000000/orders", "Attributes": {"ReceiveMessageWaitTimeSeconds": "20"}}',
        b"Action=SetQueueAttributes&Version=2012-11-05&QueueUrl=http%3A%2F%2F127.0.0.1%3A4566%2F000000000000%2Forders&Attribute.1.Name=ReceiveMessageWaitTimeSeconds&Attribute.1.Value=20",
        {},
        b"",
        b'<?xml version="1.0"?><SetQueueAttributesResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></SetQueueAttributesResponse>',
    ),
    Golden(
        "StartMessageMoveTask",
        {
            "SourceArn": "arn:aws:sqs:eu-west-1:000000000000:dead",
            "DestinationArn": "arn:aws:sqs:eu-west-1:000000000000:orders",
            "MaxNumberOfMessagesPerSecond": 50,
        },
        b'{"SourceArn": "arn:aws:sqs:eu-west-1:000000000000:dead", "DestinationArn": "arn:aws:sqs:eu-west-1:000000000000:orders", "MaxNumberOfMessagesPerSecond": 50}',
        b"Action=StartMessageMoveTask&Version=2012-11-05&SourceArn=arn%3Aaws%3Asqs%3Aeu-west-1%3A000000000000%3Adead&DestinationArn=arn%3Aaws%3Asqs%3Aeu-west-1%3A000000000000%3Aorders&MaxNumberOfMessagesPerSecond=50",
        {"TaskHandle": "eyJ0Ijox"},
        b'{"TaskHandle":"eyJ0Ijox"}',
        b'<?xml version="1.0"?><StartMessageMoveTaskResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><StartMessageMoveTaskResult><TaskHandle>eyJ0Ijox</TaskHandle></StartMessageMoveTaskResult><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></StartMessageMoveTaskResponse>',
    ),
    Golden(
        "TagQueue",
        {"QueueUrl": "http://127.0.0.1:4566/000000000000/orders", "Tags": {"team": "a b"}},
        b'{"QueueUrl": "http://127.0.0.1:4566/000000000000/orders", "Tags": {"team": "a b"}}',
        b"Action=TagQueue&Version=2012-11-05&QueueUrl=http%3A%2F%2F127.0.0.1%3A4566%2F000000000000%2Forders&Tag.1.Key=team&Tag.1.Value=a+b",
        {},
        b"",
        b'<?xml version="1.0"?><TagQueueResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></TagQueueResponse>',
    ),
    Golden(
        "UntagQueue",
        {"QueueUrl": "http://127.0.0.1:4566/000000000000/orders", "TagKeys": ["team", "stage"]},
        b'{"QueueUrl": "http://127.0.0.1:4566/000000000000/orders", "TagKeys": ["team", "stage"]}',
        b"Action=UntagQueue&Version=2012-11-05&QueueUrl=http%3A%2F%2F127.0.0.1%3A4566%2F000000000000%2Forders&TagKey.1=team&TagKey.2=stage",
        {},
        b"",
        b'<?xml version="1.0"?><UntagQueueResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ResponseMetadata><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId></ResponseMetadata></UntagQueueResponse>',
    ),
]
