// What a user of sqs-consumer does: 200 messages in batches, and handlers that throw.
import assert from "node:assert/strict";
import {
  CreateQueueCommand, GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient,
} from "@aws-sdk/client-sqs";
import { Consumer } from "sqs-consumer";

const MESSAGES = 200;
const sqs = new SQSClient({});

// Each of these is thrown at once, the first time that it comes.
const failing = new Set(["7", "70", "170"]);

async function consume(name, options) {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({
    QueueName: name, Attributes: { VisibilityTimeout: "30" },
  }));
  for (let first = 0; first < MESSAGES; first += 10) {
    const Entries = Array.from({ length: 10 }, (_, number) => ({
      Id: `${number}`, MessageBody: `${first + number}`,
    }));
    const { Successful } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    assert.equal(Successful.length, 10);
  }
  const left = new Set(Array.from({ length: MESSAGES }, (_, number) => `${number}`));
  const thrown = new Set();
  const failures = [];
  const { promise: finished, resolve } = withResolvers();
  const take = (messages) => {
    for (const { Body } of messages) {
      if (failing.has(Body) && !thrown.has(Body)) {
        thrown.add(Body);
        throw new Error(`not yet: ${Body}`);
      }
    }
    for (const { Body } of messages) {
      assert.ok(left.delete(Body), `${Body} came again after it was acknowledged`);
    }
  };
  const consumer = Consumer.create({
    queueUrl: QueueUrl, sqs, batchSize: 10, waitTimeSeconds: 5,
    // A message whose handler threw is wanted back at once: ChangeMessageVisibility with 0.
    terminateVisibilityTimeout: true, ...options(take),
  });
  // Of a single message's handler the first tells, of a batch's the second, which also tells of
  // what the server refused.
  consumer.on("processing_error", (error) => failures.push(error.message));
  consumer.on("error", (error) => failures.push(error.message));
  consumer.on("response_processed", () => { if (left.size === 0) resolve(); });
  consumer.start();
  await finished;
  const stopped = new Promise((done) => { consumer.on("stopped", done); });
  consumer.stop({ abort: true });
  await stopped;
  assert.deepEqual([...thrown].sort(), [...failing].sort());
  assert.deepEqual(
    failures.map((text) => text.replace("Unexpected message handler failure: not yet: ", "")).sort(),
    [...failing].sort(),
  );
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({
    QueueUrl, AttributeNames: ["All"],
  }));
  assert.equal(Attributes.ApproximateNumberOfMessages, "0");
  assert.equal(Attributes.ApproximateNumberOfMessagesNotVisible, "0");
}

// Promise.withResolvers is not in Node 20.
function withResolvers() {
  const made = {};
  made.promise = new Promise((resolve) => { made.resolve = resolve; });
  return made;
}

await consume("one-by-one", (take) => ({ handleMessage: async (message) => take([message]) }));
console.log("one by one: right");
await consume("batches", (take) => ({ handleMessageBatch: async (messages) => take(messages) }));
console.log("batches: right");
