// What a user of the JavaScript SDK v3 does with a function and a mapping.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import {
  CreateEventSourceMappingCommand, CreateFunctionCommand, DeleteEventSourceMappingCommand,
  DeleteFunctionCommand, GetEventSourceMappingCommand, GetFunctionCommand, InvokeCommand,
  InvokeWithResponseStreamCommand,
  LambdaClient, ListFunctionsCommand, ResourceNotFoundException, waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2, UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import {
  CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";

const lambda = new LambdaClient({});
const sqs = new SQSClient({});
const FunctionName = "echo";
const create = async (name) => (await sqs.send(new CreateQueueCommand({ QueueName: name }))).QueueUrl;
const source = await create("source");
const target = await create("target");

const created = await lambda.send(new CreateFunctionCommand({
  FunctionName, Runtime: "python3.12", Handler: "app.handler",
  Role: "arn:aws:iam::000000000000:role/any", Code: { ZipFile: await readFile(process.argv[2]) },
  Timeout: 10, Environment: { Variables: { TARGET: target } },
}));
assert.equal(created.State, "Pending");
await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 20 }, { FunctionName });
const text = (payload) => new TextDecoder().decode(payload);
const direct = await lambda.send(new InvokeCommand({
  FunctionName, Payload: JSON.stringify({ hello: "✓" }), LogType: "Tail",
}));
assert.equal(direct.StatusCode, 200);
assert.deepEqual(JSON.parse(text(direct.Payload)), { hello: "✓" });
assert.match(Buffer.from(direct.LogResult, "base64").toString(), /REPORT RequestId: /);
const failed = await lambda.send(new InvokeCommand({
  FunctionName, Payload: JSON.stringify({ raise: "no" }),
}));
assert.equal(failed.FunctionError, "Unhandled");
assert.equal(JSON.parse(text(failed.Payload)).errorMessage, "no");

const { EventStream } = await lambda.send(new InvokeWithResponseStreamCommand({
  FunctionName, Payload: JSON.stringify({ hello: "✓" }), LogType: "Tail",
}));
const events = [];
for await (const event of EventStream) events.push(event);
assert.deepEqual(JSON.parse(text(events[0].PayloadChunk.Payload)), { hello: "✓" });
assert.match(Buffer.from(events[1].InvokeComplete.LogResult, "base64").toString(), /REPORT /);
assert.equal(events.length, 2);

await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, MemorySize: 256 }));
await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 20 }, { FunctionName });
const found = await lambda.send(new GetFunctionCommand({ FunctionName }));
assert.equal(found.Configuration.MemorySize, 256);
assert.ok(found.Code.Location.startsWith("http"));
assert.equal((await lambda.send(new ListFunctionsCommand({}))).Functions.length, 1);

const { Attributes } = await sqs.send(new GetQueueAttributesCommand({
  QueueUrl: source, AttributeNames: ["QueueArn"],
}));
const mapping = await lambda.send(new CreateEventSourceMappingCommand({
  EventSourceArn: Attributes.QueueArn, FunctionName, BatchSize: 10,
}));
await sqs.send(new SendMessageCommand({ QueueUrl: source, MessageBody: "through the mapping" }));
const arrived = await sqs.send(new ReceiveMessageCommand({ QueueUrl: target, WaitTimeSeconds: 20 }));
assert.equal(arrived.Messages[0].Body, "through the mapping");

const get = new GetEventSourceMappingCommand({ UUID: mapping.UUID });
while ((await lambda.send(get)).State !== "Enabled") { /* it settles by itself */ }
await lambda.send(new DeleteEventSourceMappingCommand({ UUID: mapping.UUID }));
await lambda.send(new DeleteFunctionCommand({ FunctionName }));
await assert.rejects(
  lambda.send(new GetFunctionCommand({ FunctionName })),
  (error) => error instanceof ResourceNotFoundException && error.$metadata.httpStatusCode === 404,
);
console.log("functions: right");
