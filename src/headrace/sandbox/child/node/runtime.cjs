"use strict";
// Load a function's handler and call it for each event: the Node runtime.
//
// No dependency; Node 18 and later. Executed as `node runtime.cjs <socket>` inside the fences of
// an environment. Behaves as AWS's runtime does where a function or its caller can see it
// (spec/lambda.md 2.2, 3.6, 5). Frames as in `../runtime.py`, and beside those:
//
//     from us:  {"kind": "error", "exits": true}      an answer; the process ends by itself
//               {"kind": "stream", "content_type"}    a streaming handler begins to answer
//               {"kind": "chunk"} + bytes             a piece of it
//               {"kind": "stream_end"}                the answer is whole; or "error" instead

const path = require("node:path");

const { Connection } = require("./connection.cjs");
const { UnhandledPromiseRejection, describe } = require("./faults.cjs");
const { loadHandler } = require("./handlers.cjs");
const { HAS_CALLBACKS, Invocation, checkHandler, encodeDocument } = require("./invocation.cjs");
const logbook = require("./logbook.cjs");
const streaming = require("./streaming.cjs");

// Exit statuses: AWS's own for the first two, Node's for a promise that nothing can settle.
const UNHANDLED_REJECTION = 128;
const UNCAUGHT_EXCEPTION = 129;
const UNSETTLED_AWAIT = 13;

let invocation = null;
/** Whether the handler is still being loaded. */
let isLoading = true;

function serve(connection, handler) {
  connection.receive((header, body) => {
    logbook.current.requestId = header.id;
    if (header.trace) process.env._X_AMZN_TRACE_ID = header.trace;
    else delete process.env._X_AMZN_TRACE_ID;
    invocation = new Invocation(connection, handler, header, () => {
      invocation = null; // A frozen environment holds no event.
      serve(connection, handler);
    });
    invocation.run(body);
  });
}

/** Answer with an error that no handler has caught, and end. */
function die(connection, error, status) {
  const exit = () => process.exit(status);
  if (isLoading) {
    const document = describe(error);
    const header = { kind: "init_error", type: document.errorType };
    connection.send(header, encodeDocument(document), exit);
  } else if (invocation !== null) {
    invocation.failForGood(error, exit);
  } else {
    exit();
  }
}

function watch(connection) {
  process.on("uncaughtException", (error) => {
    logbook.logError("Uncaught Exception", error);
    die(connection, error, UNCAUGHT_EXCEPTION);
  });
  process.on("unhandledRejection", (reason, promise) => {
    const error = new UnhandledPromiseRejection(reason, promise);
    logbook.logError("Unhandled Promise Rejection", error);
    die(connection, error, UNHANDLED_REJECTION);
  });
  process.on("beforeExit", () => {
    if (isLoading) process.exitCode = UNSETTLED_AWAIT;
    else invocation?.noteEmptyLoop();
  });
}

async function main() {
  const connection = new Connection(Number(process.argv[2]));
  const task = process.env.LAMBDA_TASK_ROOT ?? "/var/task";
  const runtime = process.env.LAMBDA_RUNTIME_DIR ?? "/var/runtime";
  process.argv = [process.argv[0], path.join(runtime, "index.mjs")];
  logbook.installConsole();
  streaming.installGlobal();
  watch(connection);
  try {
    const handler = await loadHandler(process.env._HANDLER ?? "", task, !HAS_CALLBACKS);
    checkHandler(handler);
    isLoading = false;
    connection.send({ kind: "ready" });
    serve(connection, handler);
  } catch (error) {
    logbook.logError("Uncaught Exception", error);
    die(connection, error, UNCAUGHT_EXCEPTION);
  }
}

main();
