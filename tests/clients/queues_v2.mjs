// What a user of the JavaScript SDK v2 does with a queue; every step throws when it is wrong.
import assert from "node:assert/strict";
import AWS from "aws-sdk";

// This SDK, alone among the clients here, does not know AWS_ENDPOINT_URL.
const endpoint = process.env.AWS_ENDPOINT_URL;
const sqs = new AWS.SQS({ endpoint, region: process.env.AWS_REGION });
const { QueueUrl } = await sqs.createQueue({
  QueueName: "orders", Attributes: { VisibilityTimeout: "20" },
}).promise();
assert.ok(QueueUrl.startsWith(endpoint), QueueUrl);
assert.equal((await sqs.getQueueUrl({ QueueName: "orders" }).promise()).QueueUrl, QueueUrl);
assert.deepEqual((await sqs.listQueues().promise()).QueueUrls, [QueueUrl]);

// The SDK checks the MD5 of bodies on send and receive by itself.
await sqs.sendMessage({
  QueueUrl, MessageBody: "héllo\r\n✓",
  MessageAttributes: {
    text: { DataType: "String", StringValue: "a" },
    bytes: { DataType: "Binary", BinaryValue: Buffer.from([0, 255]) },
  },
}).promise();
const received = await sqs.receiveMessage({
  QueueUrl, WaitTimeSeconds: 5, MessageAttributeNames: ["All"], AttributeNames: ["All"],
}).promise();
const [message] = received.Messages;
assert.equal(message.Body, "héllo\r\n✓");
assert.deepEqual([...message.MessageAttributes.bytes.BinaryValue], [0, 255]);
assert.equal(message.Attributes.ApproximateReceiveCount, "1");

const { ReceiptHandle } = message;
await sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }).promise();
const again = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 5 }).promise();
assert.equal(again.Messages[0].MessageId, message.MessageId);
await sqs.deleteMessage({
  QueueUrl, ReceiptHandle: again.Messages[0].ReceiptHandle,
}).promise();
assert.ok(!(await sqs.receiveMessage({ QueueUrl }).promise()).Messages?.length);

const batch = await sqs.sendMessageBatch({
  QueueUrl, Entries: ["a", "b", "c"].map((Id) => ({ Id, MessageBody: `body ${Id}` })),
}).promise();
assert.equal(batch.Successful.length, 3);
const three = await sqs.receiveMessage({
  QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 5,
}).promise();
assert.deepEqual(three.Messages.map((one) => one.Body), ["body a", "body b", "body c"]);
const deleted = await sqs.deleteMessageBatch({
  QueueUrl,
  Entries: three.Messages.map((one, Id) => ({ Id: `${Id}`, ReceiptHandle: one.ReceiptHandle })),
}).promise();
assert.equal(deleted.Successful.length, 3);

await sqs.setQueueAttributes({ QueueUrl, Attributes: { DelaySeconds: "1" } }).promise();
const { Attributes } = await sqs.getQueueAttributes({
  QueueUrl, AttributeNames: ["All"],
}).promise();
assert.equal(Attributes.DelaySeconds, "1");
assert.equal(Attributes.ApproximateNumberOfMessages, "0");
await sqs.purgeQueue({ QueueUrl }).promise();
await sqs.deleteQueue({ QueueUrl }).promise();
await assert.rejects(
  sqs.sendMessage({ QueueUrl, MessageBody: "late" }).promise(),
  (error) => error.code === "AWS.SimpleQueueService.NonExistentQueue" && error.statusCode === 400,
);
console.log("queues: right");
