"use strict";
// Frames over a socket, as src/headrace/sandbox/frames.py has them: body length (u32,
// little-endian), header length (u16), header (JSON), body.

const net = require("node:net");

const PREFIX_BYTES = 6;
const READ_BYTES = 65_536;

/** Cuts a stream into frames; a large body is copied once, into its place. */
class FrameReader {
  #rest = Buffer.alloc(0);
  #large = null;
  #filled = 0;

  /** Take in what has been received; the buffer may be used again afterwards. */
  add(data) {
    if (this.#large !== null) {
      const taken = data.copy(this.#large, this.#filled);
      this.#filled += taken;
      data = data.subarray(taken);
    }
    if (data.length > 0) {
      this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, data]) : Buffer.from(data);
    }
  }

  /** Return the next whole frame as {header, body}, or null if it is not here yet. */
  next() {
    if (this.#large !== null) {
      if (this.#filled < this.#large.length) return null;
      const frame = this.#large;
      this.#large = null;
      return split(frame);
    }
    if (this.#rest.length < PREFIX_BYTES) return null;
    const size = PREFIX_BYTES + this.#rest.readUInt32LE(0) + this.#rest.readUInt16LE(4);
    if (this.#rest.length >= size) {
      const frame = this.#rest.subarray(0, size);
      this.#rest = this.#rest.subarray(size);
      return split(frame);
    }
    if (size > READ_BYTES) {
      this.#large = Buffer.allocUnsafeSlow(size);
      this.#filled = this.#rest.copy(this.#large);
      this.#rest = Buffer.alloc(0);
    }
    return null;
  }
}

function split(frame) {
  const end = PREFIX_BYTES + frame.readUInt16LE(4);
  return { header: JSON.parse(frame.toString("utf8", PREFIX_BYTES, end)), body: frame.subarray(end) };
}

/**
 * The server at the other end.
 *
 * Only while an event is awaited does the connection keep the event loop running: an empty loop
 * while one is in hand tells that nothing is left that could answer it.
 */
class Connection {
  #socket;
  #reader = new FrameReader();
  #take = null;

  constructor(descriptor) {
    this.#socket = new net.Socket({
      fd: descriptor,
      readable: true,
      writable: true,
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_BYTES),
        callback: (count, buffer) => {
          this.#reader.add(buffer.subarray(0, count));
          this.#deliver();
          return true;
        },
      },
    });
    // The server is gone or has had enough of us.
    this.#socket.on("end", () => process.exit(0));
    this.#socket.on("error", () => process.exit(0));
    this.#socket.resume();
    this.#socket.unref();
  }

  /** Call `take(header, body)` once, for the next event. */
  receive(take) {
    this.#take = take;
    this.#socket.ref();
    this.#deliver();
  }

  #deliver() {
    if (this.#take === null) return;
    const frame = this.#reader.next();
    if (frame === null) return;
    const take = this.#take;
    this.#take = null;
    this.#socket.unref();
    take(frame.header, frame.body);
  }

  /**
   * Send a frame; `body` is text or bytes.
   *
   * Returns false when the server does not keep up; `sent` is called when all is with the kernel.
   */
  send(header, body = "", sent = undefined) {
    const peak = process.resourceUsage().maxRSS;
    const text = Buffer.from(JSON.stringify({ ...header, peak_kb: peak }));
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    const prefix = Buffer.alloc(PREFIX_BYTES);
    prefix.writeUInt32LE(bytes.length, 0);
    prefix.writeUInt16LE(text.length, 4);
    if (bytes.length <= READ_BYTES) {
      return this.#socket.write(Buffer.concat([prefix, text, bytes]), sent);
    }
    this.#socket.cork();
    this.#socket.write(prefix);
    this.#socket.write(text);
    const flows = this.#socket.write(bytes, sent);
    this.#socket.uncork();
    return flows;
  }
}

module.exports = { Connection, FrameReader };
