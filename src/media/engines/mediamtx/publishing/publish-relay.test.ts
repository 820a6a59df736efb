import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../../../foundation/clock.ts";
import { serializeRtp } from "../../../formats/rtp.ts";
import { type RtspMessage, type RtspRequest, serializeResponse } from "../../../formats/rtsp-message.ts";
import { RtspParser } from "../../../formats/rtsp-parser.ts";
import { PublishRelay } from "./publish-relay.ts";

const login = { username: "publisher", password: "of-this-run" };
const authorization = `Basic ${Buffer.from("publisher:of-this-run").toString("base64")}`;
const sdp = [
  "v=0",
  "m=video 0 RTP/AVP 96",
  "a=rtpmap:96 H264/90000",
  "a=control:streamid=0",
  "m=audio 0 RTP/AVP 97",
  "a=rtpmap:97 MPEG4-GENERIC/48000/1",
  "a=control:streamid=1",
].join("\r\n");

/** A MediaMTX that takes everything, and writes down what it hears. */
class Listening implements AsyncDisposable {
  readonly heard: RtspMessage[] = [];
  readonly #server = createServer((socket) => this.#welcome(socket));
  readonly #waiting = new Set<() => void>();
  readonly sockets: Socket[] = [];
  /** The answer to RECORD. */
  status = 200;
  isClosed = false;

  static async start(): Promise<Listening> {
    const listening = new Listening();
    listening.#server.listen(0, "127.0.0.1");
    await once(listening.#server, "listening");
    return listening;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get requests(): RtspRequest[] {
    return this.heard.filter((message) => message.kind === "request");
  }

  get frames(): number[] {
    return this.heard.flatMap((message) => (message.kind === "frame" ? [message.channel] : []));
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #welcome(socket: Socket): void {
    const parser = new RtspParser();
    this.sockets.push(socket);
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      for (const message of parser.push(chunk)) this.#hear(message, socket);
    });
    socket.once("close", () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  #hear(message: RtspMessage, socket: Socket): void {
    this.heard.push(message);
    if (message.kind === "request") {
      const status = message.method === "RECORD" ? this.status : 200;
      socket.write(serializeResponse({ status }, message.headers.get("cseq"), "test"));
    }
    this.#wake();
  }

  #wake(): void {
    for (const resolve of [...this.#waiting]) resolve();
    this.#waiting.clear();
  }
}

/** As FFmpeg publishes. */
class Publishing {
  readonly socket: Socket;
  readonly #url: string;
  #sequence = 0;

  constructor(url: string) {
    this.#url = url;
    this.socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port) });
    this.socket.on("error", () => undefined);
  }

  /** Resolves with the status. */
  async ask(method: string, { below = "", headers = "", body = "" } = {}): Promise<number> {
    const length = body ? `Content-Type: application/sdp\r\nContent-Length: ${body.length}\r\n` : "";
    this.socket.write(
      `${method} ${this.#url}${below} RTSP/1.0\r\nCSeq: ${++this.#sequence}\r\n${headers}${length}\r\n${body}`,
    );
    const [answer] = (await once(this.socket, "data")) as [Buffer];
    return Number(/^RTSP\/1\.0 (\d+)/.exec(answer.toString())?.[1]);
  }

  async begin(): Promise<number> {
    await this.ask("OPTIONS");
    await this.ask("ANNOUNCE", { body: sdp });
    for (const track of [0, 1]) {
      const headers = `Transport: RTP/AVP/TCP;unicast;interleaved=${track * 2}-${track * 2 + 1};mode=record\r\n`;
      await this.ask("SETUP", { below: `/streamid=${track}`, headers });
    }
    return await this.ask("RECORD");
  }

  send(channel: number, size = 100): void {
    const fields = { payloadType: 96, marker: true, ssrc: 1, sequenceNumber: 1, timestamp: 1 };
    const payload = serializeRtp({ ...fields, payload: Buffer.alloc(size, 0x65) });
    const header = Buffer.from([0x24, channel, 0, 0]);
    header.writeUInt16BE(payload.length, 2);
    this.socket.write(Buffer.concat([header, payload]));
  }
}

let mediamtx: Listening;
const open = new Set<PublishRelay>();

beforeEach(async () => {
  mediamtx = await Listening.start();
});
afterEach(async () => {
  for (const relay of open) relay[Symbol.dispose]();
  open.clear();
  await mediamtx[Symbol.asyncDispose]();
});

async function relayTo(port: number, isRecording = false): Promise<PublishRelay> {
  const target = { host: "127.0.0.1", port, login };
  const relay = await PublishRelay.open({ path: "camera_live", target, isRecording, clock: systemClock });
  open.add(relay);
  relay.expect();
  return relay;
}

test("what FFmpeg asks goes to the path at MediaMTX, with the login, which FFmpeg never sees", async () => {
  const relay = await relayTo(mediamtx.port);
  expect(relay.url).toMatch(/^rtsp:\/\/127\.0\.0\.1:\d+\/secret-[0-9a-f]{48}\/camera_live$/);
  const ffmpeg = new Publishing(relay.url);
  expect(await ffmpeg.begin()).toBe(200);
  await relay.published;
  const place = `rtsp://127.0.0.1:${mediamtx.port}/camera_live`;
  expect(mediamtx.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    `OPTIONS ${place}`,
    `ANNOUNCE ${place}`,
    `SETUP ${place}/streamid=0`,
    `SETUP ${place}/streamid=1`,
    `RECORD ${place}`,
  ]);
  expect(new Set(mediamtx.requests.map(({ headers }) => headers.get("authorization")))).toEqual(
    new Set([authorization]),
  );
  expect(mediamtx.requests[1]?.body.toString()).toBe(sdp);
  relay.release();
  for (const channel of [0, 2, 0, 2]) ffmpeg.send(channel);
  await mediamtx.until(() => mediamtx.frames.length === 4);
  expect(mediamtx.frames.toSorted()).toEqual([0, 0, 2, 2]);
  ffmpeg.socket.end();
  await relay.done;
  expect(mediamtx.isClosed).toBe(true);
});

test("whoever writes a request in two pieces is answered something between them, so that the second one comes at once", async () => {
  const relay = await relayTo(mediamtx.port);
  const ffmpeg = new Publishing(relay.url);
  await ffmpeg.ask("OPTIONS");
  const head = `ANNOUNCE ${relay.url} RTSP/1.0\r\nCSeq: 2\r\nContent-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n`;
  ffmpeg.socket.write(head);
  const [frame] = (await once(ffmpeg.socket, "data")) as [Buffer];
  expect(frame).toEqual(Buffer.from([0x24, 0, 0, 0]));
  ffmpeg.socket.write(sdp);
  const [answer] = (await once(ffmpeg.socket, "data")) as [Buffer];
  expect(answer.toString()).toMatch(/^RTSP\/1\.0 200 /);
});

test("nobody is let in before FFmpeg can come", async () => {
  const target = { host: "127.0.0.1", port: mediamtx.port, login };
  const relay = await PublishRelay.open({ path: "camera_live", target, isRecording: false, clock: systemClock });
  open.add(relay);
  const stranger = new Publishing(relay.url);
  await once(stranger.socket, "close");
  relay.expect();
  expect(await new Publishing(relay.url).begin()).toBe(200);
});

test("the place is for one, and only for who knows its path", async () => {
  const relay = await relayTo(mediamtx.port);
  const stranger = new Publishing(relay.url.replace(/secret-[0-9a-f]{8}/, "secret-00000000"));
  expect(await stranger.ask("ANNOUNCE", { body: sdp })).toBe(404);
  const ffmpeg = new Publishing(relay.url);
  await ffmpeg.begin();
  const second = new Publishing(relay.url);
  const [error] = await once(second.socket, "error");
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
  expect(mediamtx.requests).toHaveLength(5);
});

test("of a camera nothing goes on before somebody reads, but not for long", async () => {
  const begin = async (): Promise<{ relay: PublishRelay; ffmpeg: Publishing }> => {
    const relay = await relayTo(mediamtx.port);
    const ffmpeg = new Publishing(relay.url);
    await ffmpeg.begin();
    ffmpeg.send(0);
    ffmpeg.send(2);
    await ffmpeg.ask("GET_PARAMETER");
    expect(mediamtx.frames).toEqual([]);
    return { relay, ffmpeg };
  };
  const read = await begin();
  read.relay.release();
  await mediamtx.until(() => mediamtx.frames.length === 2);
  read.ffmpeg.send(0);
  await mediamtx.until(() => mediamtx.frames.length === 3);
  mediamtx.heard.length = 0;
  await begin();
  await mediamtx.until(() => mediamtx.frames.length === 2);
});

test("what is held back goes on when somebody reads, and FFmpeg's farewell comes after it", async () => {
  const relay = await relayTo(mediamtx.port, true);
  const ffmpeg = new Publishing(relay.url);
  await ffmpeg.begin();
  await relay.published;
  for (const channel of [0, 2, 0]) ffmpeg.send(channel, 2_000);
  // Requests pass what is held back.
  await ffmpeg.ask("GET_PARAMETER");
  expect(mediamtx.frames).toEqual([]);
  relay.release();
  await mediamtx.until(() => mediamtx.frames.length === 3);
  ffmpeg.send(2);
  ffmpeg.socket.end(`TEARDOWN ${relay.url} RTSP/1.0\r\nCSeq: 9\r\n\r\n`);
  await relay.done;
  expect(mediamtx.frames.toSorted()).toEqual([0, 0, 2, 2]);
  expect(mediamtx.requests.at(-1)?.method).toBe("GET_PARAMETER");
});

test("a refusal by MediaMTX is FFmpeg's, and nothing is published", async () => {
  mediamtx.status = 400;
  const relay = await relayTo(mediamtx.port);
  let isPublished = false;
  void relay.published.then(() => {
    isPublished = true;
  });
  const ffmpeg = new Publishing(relay.url);
  expect(await ffmpeg.begin()).toBe(400);
  mediamtx.sockets[0]?.end();
  await once(ffmpeg.socket, "close");
  await relay.done;
  expect(isPublished).toBe(false);
});

test("when MediaMTX is not there, or goes, FFmpeg is sent away", async () => {
  const ffmpeg = new Publishing((await relayTo(1)).url);
  ffmpeg.socket.write("OPTIONS ");
  const relay = await relayTo(mediamtx.port);
  const other = new Publishing(relay.url);
  await other.begin();
  mediamtx.sockets[0]?.destroy();
  await once(other.socket, "close");
  await relay.done;
  ffmpeg.socket.write(`${[...open][0]?.url} RTSP/1.0\r\nCSeq: 1\r\n\r\n`);
  await once(ffmpeg.socket, "close");
});

test("it tells when MediaMTX hangs up on an FFmpeg that publishes, and not when FFmpeg is done or cut off", async () => {
  const told: string[] = [];
  const publishing = async (name: string): Promise<{ relay: PublishRelay; ffmpeg: Publishing }> => {
    const relay = await relayTo(mediamtx.port);
    void relay.lost.then(() => told.push(name));
    const ffmpeg = new Publishing(relay.url);
    await ffmpeg.begin();
    return { relay, ffmpeg };
  };
  const done = await publishing("done");
  done.ffmpeg.socket.end();
  await done.relay.done;
  const cut = await publishing("cut off");
  cut.relay[Symbol.dispose]();
  await mediamtx.until(() => mediamtx.sockets[1]?.destroyed === true);
  const dropped = await publishing("dropped");
  mediamtx.sockets[2]?.destroy();
  await dropped.relay.lost;
  expect(told).toEqual(["dropped"]);
});

test("disposed, it cuts FFmpeg off", async () => {
  const relay = await relayTo(mediamtx.port);
  const ffmpeg = new Publishing(relay.url);
  await ffmpeg.begin();
  relay[Symbol.dispose]();
  await once(ffmpeg.socket, "close");
  await mediamtx.until(() => mediamtx.isClosed);
});
