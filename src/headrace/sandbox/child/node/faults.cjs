"use strict";
// Errors: the runtime's own, and the documents that AWS makes of any (spec/lambda.md 2.2, 5.1).

const { isNativeError } = require("node:util/types");

/** An error that is the runtime's own word, with AWS's name for it. */
class Fault extends Error {
  /** `reason` is a text, or the error behind it. */
  constructor(kind, reason) {
    super(String(reason));
    // Not enumerable: what is enumerable of an error goes into the log.
    Object.defineProperty(this, "name", { value: kind });
    Error.captureStackTrace(this, Fault);
  }
}

/** A promise was rejected and nobody had asked what became of it. */
class UnhandledPromiseRejection extends Fault {
  constructor(reason, promise) {
    super("Runtime.UnhandledPromiseRejection", reason);
    this.reason = reason;
    this.promise = promise;
  }
}

function isError(value) {
  return (
    isNativeError(value) ||
    (value !== null &&
      typeof value === "object" &&
      ["name", "message", "stack"].every((name) => typeof value[name] === "string"))
  );
}

/** Return an error, made of whatever was thrown. */
function toError(value) {
  if (isError(value)) return value;
  try {
    return new Error(value);
  } catch {
    return new Error(typeof value); // It has no text, not even a wrong one.
  }
}

/** Return the document of whatever was thrown, for the caller of the function. */
function describe(error) {
  try {
    if (isError(error)) {
      return {
        errorType: error.name,
        errorMessage: error.message,
        trace: String(error.stack).split("\n"),
      };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    return {
      errorType: "handled",
      errorMessage:
        "callback called with Error argument, but there was a problem while retrieving one or " +
        "more of its message, name, and stack",
      trace: [],
    };
  }
}

/** Return the text of an error for the log: its document, with all that is enumerable of it. */
function formatForLog(error) {
  const told = toError(error);
  try {
    return `\t${JSON.stringify(told, (_name, value) => withOwnProperties(value))}`;
  } catch {
    return `\t${JSON.stringify(describe(told))}`; // It refers to itself, or holds a BigInt.
  }
}

function withOwnProperties(value) {
  if (!isError(value)) return value;
  const told = {
    errorType: value.name,
    errorMessage: value.message,
    code: value.code,
    ...value,
  };
  if (typeof value.stack === "string") told.stack = value.stack.split("\n");
  return told;
}

module.exports = { Fault, UnhandledPromiseRejection, describe, formatForLog, isError, toError };
