// Cuts the bytes of an RTSP connection into messages, however they are split; every size is bounded.
import type { InvalidMessage, RtspMessage, RtspRequest } from "./rtsp-message.ts";

export interface ParserLimits {
  readonly lineBytes: number;
  readonly headerBytes: number;
  readonly bodyBytes: number;
}

export const usualParserLimits: ParserLimits = { lineBytes: 8_192, headerBytes: 65_536, bodyBytes: 65_536 };

const dollar = 0x24;
const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const empty = Buffer.alloc(0);
const requestLine = /^([A-Za-z_]{1,32}) (\S+) ([A-Z]{1,8})\/(\d{1,3}\.\d{1,3})$/;
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:(.*)$/;

interface Draft {
  readonly method: string;
  readonly url: string;
  readonly headers: Map<string, string>;
  bytes: number;
}

/** A part of known length that is being collected. */
interface Content {
  readonly length: number;
  readonly collected: Buffer[];
  collectedBytes: number;
  readonly complete: (bytes: Buffer) => void;
}

export class RtspParser {
  readonly #limits: ParserLimits;
  #messages: RtspMessage[] = [];
  #line: Buffer = empty;
  #draft: Draft | undefined;
  #content: Content | undefined;
  #isBroken = false;

  constructor(limits: ParserLimits = usualParserLimits) {
    this.#limits = limits;
  }

  /** A message has begun and is not complete. */
  get isWithinMessage(): boolean {
    return this.#line.length > 0 || this.#draft !== undefined || this.#content !== undefined;
  }

  /** The messages that these bytes complete. After an invalid one, which is the last, everything is ignored. */
  push(chunk: Buffer): RtspMessage[] {
    this.#messages = [];
    for (let rest = chunk; rest.length > 0 && !this.#isBroken; ) rest = this.#take(rest);
    return this.#messages;
  }

  /** Takes some of the bytes and returns the others. */
  #take(bytes: Buffer): Buffer {
    if (this.#content) return this.#takeContent(this.#content, bytes);
    if (!this.isWithinMessage) {
      const first = bytes[0] ?? 0;
      if (first === dollar) {
        this.#collect(4, (header) => this.#startFrame(header));
        return bytes;
      }
      if (first === carriageReturn || first === lineFeed) return bytes.subarray(1);
      if (!isLetter(first)) return this.#fail(400, "this is not RTSP");
    }
    return this.#takeLine(bytes);
  }

  #takeLine(bytes: Buffer): Buffer {
    const end = bytes.indexOf(lineFeed);
    const part = end < 0 ? bytes : bytes.subarray(0, end);
    if (this.#line.length + part.length > this.#limits.lineBytes)
      return this.#fail(this.#draft ? 400 : 414, `a line is longer than ${this.#limits.lineBytes} bytes`);
    const line = this.#line.length > 0 ? Buffer.concat([this.#line, part]) : part;
    if (end < 0) {
      // A copy: the chunk may be a large buffer of the socket.
      this.#line = Buffer.from(line);
      return empty;
    }
    this.#line = empty;
    const text = line.toString("latin1").replace(/\r$/, "");
    if (this.#draft) this.#readHeader(this.#draft, text);
    else this.#readRequestLine(text);
    return bytes.subarray(end + 1);
  }

  #readRequestLine(text: string): void {
    const [, method, url, protocol, version] = requestLine.exec(text) ?? [];
    if (method === undefined || url === undefined || protocol !== "RTSP" || hasControlCharacter(url))
      this.#fail(400, "the request line is not one of RTSP");
    else if (version !== "1.0") this.#fail(505, `RTSP ${version} is not spoken here`);
    else this.#draft = { method: method.toUpperCase(), url, headers: new Map(), bytes: text.length };
  }

  #readHeader(draft: Draft, text: string): void {
    if (text === "") {
      this.#endHeaders(draft);
      return;
    }
    draft.bytes += text.length + 2;
    const [, name, rest] = headerLine.exec(text) ?? [];
    if (draft.bytes > this.#limits.headerBytes) this.#fail(400, "the headers are too long");
    else if (name === undefined || rest === undefined || hasControlCharacter(rest))
      this.#fail(400, "a header is malformed");
    else {
      const key = name.toLowerCase();
      const known = draft.headers.get(key);
      draft.headers.set(key, known === undefined ? rest.trim() : `${known}, ${rest.trim()}`);
    }
  }

  #endHeaders(draft: Draft): void {
    const length = draft.headers.get("content-length") ?? "0";
    if (!/^\d{1,10}$/.test(length)) this.#fail(400, "Content-Length is not a number");
    else if (Number(length) > this.#limits.bodyBytes) this.#fail(413, "the body is too long");
    else {
      this.#draft = undefined;
      this.#collect(Number(length), (body) => this.#messages.push(requestOf(draft, body)));
    }
  }

  #startFrame(header: Buffer): void {
    const channel = header[1] ?? 0;
    this.#collect(header.readUInt16BE(2), (payload) => this.#messages.push({ kind: "frame", channel, payload }));
  }

  #collect(length: number, complete: (bytes: Buffer) => void): void {
    if (length === 0) complete(empty);
    else this.#content = { length, collected: [], collectedBytes: 0, complete };
  }

  #takeContent(content: Content, bytes: Buffer): Buffer {
    const part = bytes.subarray(0, content.length - content.collectedBytes);
    content.collected.push(part);
    content.collectedBytes += part.length;
    if (content.collectedBytes === content.length) {
      this.#content = undefined;
      const [only] = content.collected;
      content.complete(content.collected.length === 1 && only ? only : Buffer.concat(content.collected));
    } else if (content.collected.length >= 16) {
      // Many small parts cost more than they carry.
      content.collected.splice(0, content.collected.length, Buffer.concat(content.collected));
    }
    return bytes.subarray(part.length);
  }

  #fail(status: number, reason: string): Buffer {
    this.#isBroken = true;
    this.#line = empty;
    this.#draft = undefined;
    this.#content = undefined;
    this.#messages.push({ kind: "invalid", status, reason } satisfies InvalidMessage);
    return empty;
  }
}

function requestOf(draft: Draft, body: Buffer): RtspRequest {
  return { kind: "request", method: draft.method, url: draft.url, headers: draft.headers, body };
}

function isLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}

function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}
