"use strict";
// The global `awslambda`: handlers that answer bit by bit (spec/lambda.md 2.3).

const { Writable } = require("node:stream");

const { Fault } = require("./faults.cjs");

// Libraries know these by their names.
const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
const HIGH_WATER_MARK = Symbol.for("aws.lambda.runtime.handler.streaming.highWaterMark");
const HTTP_RESPONSE = "application/vnd.awslambda.http-integration-response";
const PRELUDE_END = Buffer.alloc(8);
const CHUNK_BYTES_MAX = 1_048_576;

/** What a streaming handler writes its answer to; each write is a frame. */
class ResponseStream extends Writable {
  #connection;
  #contentType = "application/octet-stream";
  #begun = false;
  #prelude = null;

  constructor(connection, options) {
    super(options);
    this.#connection = connection;
  }

  /** Set the answer's content type; only before its first byte. */
  setContentType(contentType) {
    if (this.#begun) {
      throw new Fault("Runtime.InvalidStreamingOperation", "Cannot set content-type, too late.");
    }
    this.#contentType = contentType;
  }

  /** Put status and headers before the first byte. */
  setPrelude(metadata) {
    this.setContentType(HTTP_RESPONSE);
    this.#prelude = Buffer.concat([Buffer.from(JSON.stringify(metadata)), PRELUDE_END]);
  }

  /** Write text or bytes; of anything else its JSON. */
  write(chunk, ...more) {
    const isPlain = typeof chunk === "string" || chunk instanceof Uint8Array;
    return super.write(isPlain ? chunk : JSON.stringify(chunk), ...more);
  }

  _write(chunk, encoding, done) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
    this.#begin();
    for (let start = 0; start + CHUNK_BYTES_MAX < bytes.length; start += CHUNK_BYTES_MAX) {
      this.#connection.send({ kind: "chunk" }, bytes.subarray(start, start + CHUNK_BYTES_MAX));
    }
    const rest = bytes.length % CHUNK_BYTES_MAX || Math.min(bytes.length, CHUNK_BYTES_MAX);
    this.#connection.send({ kind: "chunk" }, bytes.subarray(bytes.length - rest), done);
  }

  _final(done) {
    this.#begin();
    done();
  }

  #begin() {
    if (this.#begun) return;
    this.#begun = true;
    this.#connection.send({ kind: "stream", content_type: this.#contentType });
    if (this.#prelude !== null) this.#connection.send({ kind: "chunk" }, this.#prelude);
  }
}

/** Answers for function URLs: status and headers go before the body. */
class HttpResponseStream {
  /** Return the stream, which will begin with this status and these headers. */
  static from(stream, metadata) {
    stream.setPrelude(metadata);
    return stream;
  }
}

/** Mark a handler as one that is called with (event, responseStream, context). */
function streamifyResponse(handler, options) {
  handler[STREAMING] = "response";
  if (typeof options?.highWaterMark === "number") handler[HIGH_WATER_MARK] = options.highWaterMark;
  return handler;
}

/** Give user code the global that it finds on AWS. */
function installGlobal() {
  globalThis.awslambda = { streamifyResponse, HttpResponseStream };
}

/** Tell whether a handler answers bit by bit. */
function isStreaming(handler) {
  return handler[STREAMING] === "response";
}

/** Return a handler's own stream options. */
function streamOptions(handler) {
  return handler[HIGH_WATER_MARK] === undefined
    ? {}
    : { highWaterMark: handler[HIGH_WATER_MARK] };
}

module.exports = { ResponseStream, installGlobal, isStreaming, streamOptions };
