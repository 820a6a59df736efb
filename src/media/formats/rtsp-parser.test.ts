import fc from "fast-check";
import { expect, test } from "vitest";
import type { RtspMessage } from "./rtsp-message.ts";
import { RtspParser } from "./rtsp-parser.ts";

const parseAll = (chunks: readonly Buffer[]): RtspMessage[] => {
  const parser = new RtspParser();
  return chunks.flatMap((chunk) => parser.push(chunk));
};
const parse = (text: string): RtspMessage[] => parseAll([Buffer.from(text, "latin1")]);
const first = (text: string): RtspMessage | undefined => parse(text)[0];

/** Cuts bytes at the given places. */
function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

const plain = (message: RtspMessage): unknown =>
  message.kind === "request"
    ? { ...message, headers: Object.fromEntries(message.headers), body: message.body.toString("hex") }
    : message.kind === "frame"
      ? { ...message, payload: message.payload.toString("hex") }
      : message;

test("reads a request with a body, names of headers in any case", () => {
  const [message] = parse(
    "SET_PARAMETER rtsp://h/p RTSP/1.0\r\ncSEQ:  7 \r\nCONTENT-length: 3\r\nX:a\r\nx: b\r\n\r\nabc",
  );
  expect(message && plain(message)).toEqual({
    kind: "request",
    method: "SET_PARAMETER",
    url: "rtsp://h/p",
    headers: { cseq: "7", "content-length": "3", x: "a, b" },
    body: Buffer.from("abc").toString("hex"),
  });
});

test("frames, empty lines and bare line feeds between requests are understood", () => {
  const frame = Buffer.from([0x24, 1, 0, 2, 0xaa, 0xbb]);
  const emptyFrame = Buffer.from([0x24, 3, 0, 0]);
  const request = Buffer.from("\r\nOPTIONS * RTSP/1.0\nCSeq: 1\n\n");
  expect(parseAll([Buffer.concat([frame, request, emptyFrame, request])]).map(({ kind }) => kind)).toEqual([
    "frame",
    "request",
    "frame",
    "request",
  ]);
});

test.each([
  ["GET / HTTP/1.1\r\n", 400],
  ["OPTIONS * RTSP/2.0\r\n", 505],
  ["OPTIONS *\r\n", 400],
  ["\u0016\u0003\u0001", 400],
  ["OPTIONS * RTSP/1.0\r\nno colon\r\n", 400],
  ["OPTIONS * RTSP/1.0\r\nX: a\u0000b\r\n", 400],
  ["OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n", 400],
  ["OPTIONS * RTSP/1.0\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", 400],
  ["OPTIONS * RTSP/1.0\r\nContent-Length: 70000\r\n\r\n", 413],
  [`OPTIONS ${"a".repeat(9_000)}`, 414],
  [`OPTIONS * RTSP/1.0\r\nX: ${"a".repeat(9_000)}`, 400],
  [`OPTIONS * RTSP/1.0\r\n${`X: ${"a".repeat(8_000)}\r\n`.repeat(9)}`, 400],
])("refuses %j", (text, status) => {
  expect(first(text)).toMatchObject({ kind: "invalid", status });
});

test("nothing is understood after what was not", () => {
  const parser = new RtspParser();
  parser.push(Buffer.from("\u0001"));
  expect(parser.push(Buffer.from("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"))).toEqual([]);
  expect(parser.isWithinMessage).toBe(false);
});

const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/);
const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
const requestBytes = fc
  .record({
    method: fc.constantFrom("OPTIONS", "DESCRIBE", "SETUP", "PLAY"),
    headers: fc.array(fc.tuple(token, value), { maxLength: 5 }),
    body: fc.uint8Array({ maxLength: 60 }),
  })
  .map(({ method, headers, body }) => {
    const fields = headers.filter(([name]) => name.toLowerCase() !== "content-length");
    const lines = [...fields, ["Content-Length", String(body.length)]].map(([name, text]) => `${name}: ${text}\r\n`);
    return Buffer.concat([Buffer.from(`${method} rtsp://h/p RTSP/1.0\r\n${lines.join("")}\r\n`), body]);
  });
const frameBytes = fc
  .tuple(fc.nat(255), fc.uint8Array({ maxLength: 300 }))
  .map(([channel, payload]) =>
    Buffer.concat([Buffer.from([0x24, channel, payload.length >> 8, payload.length & 255]), payload]),
  );
const conversation = fc.array(fc.oneof(requestBytes, frameBytes), { minLength: 1, maxLength: 6 });

test("where the bytes are cut makes no difference", () => {
  fc.assert(
    fc.property(conversation, fc.array(fc.nat(), { maxLength: 20 }), (messages, cuts) => {
      const bytes = Buffer.concat(messages);
      const whole = parseAll([bytes]).map(plain);
      expect(whole).toHaveLength(messages.length);
      expect(parseAll(split(bytes, cuts)).map(plain)).toEqual(whole);
    }),
    { numRuns: 300 },
  );
});

test("20,000 damaged conversations neither throw nor are remembered", () => {
  const samples = fc.sample(conversation, 200);
  let state = 12_345;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  for (let run = 0; run < 20_000; run++) {
    const bytes = Buffer.from(Buffer.concat(samples[run % samples.length] ?? []));
    for (let damage = random(6); damage >= 0; damage--) bytes[random(bytes.length)] = random(256);
    const parser = new RtspParser();
    const messages = split(bytes, [random(1_000), random(1_000)]).flatMap((chunk) => parser.push(chunk));
    const invalid = messages.findIndex(({ kind }) => kind === "invalid");
    if (invalid >= 0 && invalid !== messages.length - 1) throw new Error("a message came after an invalid one");
  }
});
