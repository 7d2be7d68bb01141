"use strict";
// The console as on AWS: an event for each call, as text or JSON, from a level upwards
// (spec/lambda.md 5.1, 5.2). Events go to the log in frames (3.5), so that one may have many lines.

const fs = require("node:fs");
const util = require("node:util");

const { formatForLog, isError, toError } = require("./faults.cjs");

const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const METHODS = {
  trace: "TRACE",
  debug: "DEBUG",
  info: "INFO",
  log: "INFO",
  warn: "WARN",
  error: "ERROR",
  fatal: "FATAL",
};
const STDOUT = 1;
/** How a frame begins, before the length of its text and its time in µs. */
const FRAME = [0xa5, 0x5a, 0x00, 0x03];
const FRAME_HEAD_BYTES = 16;
const RETRY_MS = 1;

/** The request id of the event in hand; undefined before the first. */
const current = { requestId: undefined };

const nap = new Int32Array(new SharedArrayBuffer(4));

/** Write an event to the log before returning: after an answer we may be frozen. */
function writeOut(text) {
  const body = Buffer.from(text);
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.set(FRAME);
  head.writeUInt32BE(body.length, 4);
  head.writeBigInt64BE(BigInt(Date.now()) * 1000n, 8);
  let rest = Buffer.concat([head, body]);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(fs.writeSync(STDOUT, rest));
    } catch (error) {
      if (error.code === "EAGAIN") {
        // A child of the function's has made the pipe non-blocking for us too.
        Atomics.wait(nap, 0, 0, RETRY_MS);
      } else {
        return; // Closed by the function: its own wish.
      }
    }
  }
}

function formatText(level, values) {
  const message = util.format(...values);
  return `${new Date().toISOString()}\t${current.requestId}\t${level}\t${message}\n`;
}

function formatJson(level, values) {
  const entry = { timestamp: new Date().toISOString(), level, requestId: current.requestId };
  if (values.length === 1) {
    try {
      const message = values[0] === undefined ? "undefined" : values[0];
      return JSON.stringify({ ...entry, message }, describeErrors);
    } catch {
      return JSON.stringify({ ...entry, message: util.format(values[0]) });
    }
  }
  entry.message = util.format(...values);
  const error = values.find(isError);
  if (error !== undefined) Object.assign(entry, describeForJson(error));
  return JSON.stringify(entry);
}

function describeErrors(_name, value) {
  return isError(value) ? { ...describeForJson(value), ...value } : value;
}

function describeForJson(error) {
  return {
    errorType: error.constructor?.name ?? "UnknownError",
    errorMessage: error.message,
    stackTrace: typeof error.stack === "string" ? error.stack.split("\n") : [],
  };
}

const isJson = process.env.AWS_LAMBDA_LOG_FORMAT === "JSON";
const format = isJson ? formatJson : formatText;

/** Give the console its methods as on AWS, and make the streams below it write at once. */
function installConsole() {
  const lowest = LEVELS.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL);
  for (const [method, level] of Object.entries(METHODS)) {
    // A message that is not given is undefined, and told as that.
    console[method] =
      LEVELS.indexOf(level) >= lowest
        ? (message, ...values) => writeOut(format(level, [message, ...values]))
        : () => {};
  }
  for (const stream of [process.stdout, process.stderr]) {
    // Else what lies in a buffer is lost at process.exit(), or frozen.
    stream._handle?.setBlocking?.(true);
  }
}

/** Write an error to the log as the runtime's own word. */
function logError(title, error) {
  writeOut(
    isJson
      ? formatJson("ERROR", [toError(error)])
      : formatText("ERROR", [title, formatForLog(error)]),
  );
}

module.exports = { current, installConsole, logError };
