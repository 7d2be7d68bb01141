// What a user of the JavaScript SDK v3 does with a queue; every step throws when it is wrong.
import assert from "node:assert/strict";
import {
  ChangeMessageVisibilityCommand, CreateQueueCommand, DeleteMessageBatchCommand,
  DeleteMessageCommand, DeleteQueueCommand, GetQueueAttributesCommand, GetQueueUrlCommand,
  ListQueuesCommand, PurgeQueueCommand, QueueDoesNotExist, ReceiveMessageCommand,
  SendMessageBatchCommand, SendMessageCommand, SetQueueAttributesCommand, SQSClient,
} from "@aws-sdk/client-sqs";

const sqs = new SQSClient({});
const { QueueUrl } = await sqs.send(new CreateQueueCommand({
  QueueName: "orders", Attributes: { VisibilityTimeout: "20" },
}));
assert.ok(QueueUrl.startsWith(process.env.AWS_ENDPOINT_URL), QueueUrl);
assert.equal((await sqs.send(new GetQueueUrlCommand({ QueueName: "orders" }))).QueueUrl, QueueUrl);
assert.deepEqual((await sqs.send(new ListQueuesCommand({}))).QueueUrls, [QueueUrl]);

// The SDK checks the MD5 of bodies on send and receive by itself.
await sqs.send(new SendMessageCommand({
  QueueUrl, MessageBody: "héllo\r\n✓",
  MessageAttributes: {
    text: { DataType: "String", StringValue: "a" },
    bytes: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255]) },
  },
}));
const received = await sqs.send(new ReceiveMessageCommand({
  QueueUrl, WaitTimeSeconds: 5, MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"],
}));
const [message] = received.Messages;
assert.equal(message.Body, "héllo\r\n✓");
assert.deepEqual([...message.MessageAttributes.bytes.BinaryValue], [0, 255]);
assert.equal(message.Attributes.ApproximateReceiveCount, "1");

await sqs.send(new ChangeMessageVisibilityCommand({
  QueueUrl, ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: 0,
}));
const again = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
assert.equal(again.Messages[0].MessageId, message.MessageId);
await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: again.Messages[0].ReceiptHandle }));
assert.equal((await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages, undefined);

const batch = await sqs.send(new SendMessageBatchCommand({
  QueueUrl, Entries: ["a", "b", "c"].map((Id) => ({ Id, MessageBody: `body ${Id}` })),
}));
assert.equal(batch.Successful.length, 3);
const three = await sqs.send(new ReceiveMessageCommand({
  QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 5,
}));
assert.deepEqual(three.Messages.map((one) => one.Body), ["body a", "body b", "body c"]);
const deleted = await sqs.send(new DeleteMessageBatchCommand({
  QueueUrl,
  Entries: three.Messages.map((one, Id) => ({ Id: `${Id}`, ReceiptHandle: one.ReceiptHandle })),
}));
assert.equal(deleted.Successful.length, 3);

await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { DelaySeconds: "1" } }));
const { Attributes } = await sqs.send(new GetQueueAttributesCommand({
  QueueUrl, AttributeNames: ["All"],
}));
assert.equal(Attributes.DelaySeconds, "1");
assert.equal(Attributes.ApproximateNumberOfMessages, "0");
await sqs.send(new PurgeQueueCommand({ QueueUrl }));
await sqs.send(new DeleteQueueCommand({ QueueUrl }));
await assert.rejects(
  sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "late" })),
  (error) => error instanceof QueueDoesNotExist && error.$metadata.httpStatusCode === 400,
);
console.log("queues: right");
