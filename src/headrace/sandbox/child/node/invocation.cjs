"use strict";
// One event: call the handler, and send what comes of it exactly once.

const { isAsyncFunction, isPromise } = require("node:util/types");

const { Fault, describe } = require("./faults.cjs");
const logbook = require("./logbook.cjs");
const { ResponseStream, isStreaming, streamOptions } = require("./streaming.cjs");

/** The largest result, in bytes (spec/lambda.md 2.1, I4). */
const RESULT_BYTES_MAX = 6_291_556;
const MESSAGE_CHARACTERS_MAX = 65_536;

/** From nodejs24.x on there are no callbacks, and a plain function's return value counts. */
const HAS_CALLBACKS = runtimeMajor() < 24;

function runtimeMajor() {
  const named = /nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV ?? "");
  return Number(named?.[1] ?? process.versions.node.split(".")[0]);
}

/** Throw what AWS says of a handler that this runtime no longer calls. */
function checkHandler(handler) {
  if (!HAS_CALLBACKS && !isStreaming(handler) && handler.length >= 3) {
    throw new Fault(
      "Runtime.CallbackHandlerDeprecated",
      "AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. " +
        "You need to modify this function to use a supported handler signature to use Node.js 24 or later. " +
        "For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.",
    );
  }
}

/** Return an error document as JSON text, cut if it is larger than a result may be. */
function encodeDocument(document) {
  const text = JSON.stringify(document);
  if (Buffer.byteLength(text) <= RESULT_BYTES_MAX) return text;
  const message = document.errorMessage.slice(0, MESSAGE_CHARACTERS_MAX);
  return JSON.stringify({ ...document, errorMessage: message, trace: [] });
}

class Invocation {
  #connection;
  #handler;
  #header;
  #done;
  #isDone = false;
  #waitsForEmptyLoop = true;
  #isSaid = false;
  /** What to do when nothing is left that could go on. */
  #atEmptyLoop;

  /** `done` is called once, when the answer has been handed over. */
  constructor(connection, handler, header, done) {
    this.#connection = connection;
    this.#handler = handler;
    this.#header = header;
    this.#done = done;
    this.#atEmptyLoop = () => {
      if (isAsyncFunction(handler) || isStreaming(handler)) {
        this.fail(
          new Fault(
            "Runtime.NodeJsExit",
            "The Lambda runtime client detected an unexpected Node.js exit code. This is most " +
              "commonly caused by a Promise that was never settled. For more information, see " +
              "https://nodejs.org/docs/latest/api/process.html#exit-codes",
          ),
        );
      } else {
        this.succeed(null);
      }
    };
  }

  /** Call the handler. */
  run(body) {
    try {
      const event = JSON.parse(body.toString());
      if (isStreaming(this.#handler)) this.#runStreaming(event);
      else this.#runPlain(event);
    } catch (error) {
      this.#once(() => this.fail(error));
    }
  }

  #runPlain(event) {
    const context = this.#context();
    const result = HAS_CALLBACKS
      ? this.#handler(event, context, (error, data) =>
          this.#once(() => this.#callBack(error, data)),
        )
      : this.#handler(event, context);
    if (isThenable(result)) {
      result.then(
        (data) => this.#once(() => this.succeed(data)),
        (error) => this.#once(() => this.fail(error)),
      );
    } else if (!HAS_CALLBACKS) {
      this.succeed(result);
    }
  }

  #runStreaming(event) {
    const stream = new ResponseStream(this.#connection, streamOptions(this.#handler));
    const finished = new Promise((resolve, reject) => {
      stream.on("finish", resolve);
      stream.on("error", reject);
    });
    const result = this.#handler(event, stream, this.#context());
    if (!isThenable(result)) {
      throw new Fault(
        "Runtime.MalformedStreamingHandler",
        "Streaming does not support non-async handlers.",
      );
    }
    const noted = Promise.resolve(result).then((value) => {
      if (value !== undefined) console.warn("Streaming handlers ignore return values.");
    });
    Promise.all([noted, finished]).then(
      () => this.#end({ kind: "stream_end" }),
      (error) => this.fail(error),
    );
  }

  #context() {
    const header = this.#header;
    const variables = process.env;
    const context = {
      functionVersion: variables.AWS_LAMBDA_FUNCTION_VERSION,
      functionName: variables.AWS_LAMBDA_FUNCTION_NAME,
      memoryLimitInMB: variables.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      logGroupName: variables.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: variables.AWS_LAMBDA_LOG_STREAM_NAME,
      clientContext: header.client_context ? JSON.parse(header.client_context) : undefined,
      identity: undefined,
      invokedFunctionArn: header.arn,
      awsRequestId: header.id,
      tenantId: undefined,
      getRemainingTimeInMillis: () => header.deadline_ms - Date.now(),
    };
    if (!HAS_CALLBACKS || isStreaming(this.#handler)) return context;
    const end = (error, data) =>
      this.#once(() => (isGiven(error) ? this.fail(error) : this.succeed(data)));
    const invocation = this;
    const callbacks = {
      get callbackWaitsForEmptyEventLoop() {
        return invocation.#waitsForEmptyLoop;
      },
      set callbackWaitsForEmptyEventLoop(waits) {
        invocation.#waitsForEmptyLoop = waits;
      },
      succeed: (data) => end(null, data),
      fail: (error) => end(isGiven(error) ? error : "handled", null),
      done: end,
    };
    return Object.defineProperties(callbacks, Object.getOwnPropertyDescriptors(context));
  }

  /** Take the first of what callback, context and promise say; it counts while it waits, too. */
  #once(action) {
    if (this.#isSaid) return;
    this.#isSaid = true;
    action();
  }

  #callBack(error, data) {
    if (isGiven(error)) this.fail(error);
    else if (this.#waitsForEmptyLoop) this.#atEmptyLoop = () => this.succeed(data);
    else this.succeed(data);
  }

  /** Send the answer that is due when the event loop has run empty. */
  noteEmptyLoop() {
    if (!this.#isDone) this.#atEmptyLoop();
  }

  /** Send a result, unless something has been sent. */
  succeed(data) {
    if (this.#isDone) return;
    let text;
    try {
      text = JSON.stringify(data === undefined ? null : data) ?? "null";
    } catch {
      const words = "Unable to stringify response body";
      // From nodejs24.x on this has a name of its own.
      this.fail(HAS_CALLBACKS ? new Error(words) : new Fault("Runtime.JSONStringifyError", words));
      return;
    }
    const bytes = Buffer.from(text);
    if (bytes.length > RESULT_BYTES_MAX) this.#end({ kind: "too_large" });
    else this.#end({ kind: "result" }, bytes);
  }

  /** Log an error and send its document, unless something has been sent. */
  fail(error) {
    if (this.#isDone) return;
    logbook.logError("Invoke Error", error);
    const document = describe(error);
    this.#end({ kind: "error", type: document.errorType }, encodeDocument(document));
  }

  /** Send the document of an error that ends this process. */
  failForGood(error, exit) {
    if (this.#isDone) {
      exit();
      return;
    }
    this.#isDone = true;
    const document = describe(error);
    const header = { kind: "error", type: document.errorType, exits: true };
    this.#connection.send(header, encodeDocument(document), exit);
  }

  #end(header, body) {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#connection.send(header, body);
    this.#done();
  }
}

function isGiven(error) {
  return error !== undefined && error !== null;
}

function isThenable(value) {
  return isPromise(value) || typeof value?.then === "function";
}

module.exports = { HAS_CALLBACKS, Invocation, checkHandler, encodeDocument };
