// Whole RTSP conversations of random and damaged requests, with everything behind them but sockets and a camera.
import { Writable } from "node:stream";
import { systemClock } from "../../src/foundation/clock.ts";
import { createLogger } from "../../src/foundation/logger.ts";
import { Redactor } from "../../src/foundation/redact.ts";
import { serializeResponse } from "../../src/media/formats/rtsp-message.ts";
import { RtspParser } from "../../src/media/formats/rtsp-parser.ts";
import { PublishedSources } from "../../src/media/hub/published-source.ts";
import { InterleavedTransports } from "../../src/media/servers/rtsp/interleaved-transport.ts";
import { RtspConversation } from "../../src/media/servers/rtsp/rtsp-conversation.ts";
import { usualRtspLimits } from "../../src/media/servers/rtsp/rtsp-limits.ts";
import { directoryOf, ScriptedStream } from "../../src/media/servers/rtsp/scripted-stream.fake.ts";
import { UdpPortPair } from "../../src/media/servers/rtsp/udp-port-pair.ts";
import { UdpTransports } from "../../src/media/servers/rtsp/udp-transport.ts";
import type { FuzzInputs, Random } from "./rtsp-fuzz-inputs.ts";

/** Makes every line and forgets it. */
const logger = createLogger({ isEnabled: () => true, write: () => undefined }, new Redactor());
const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
const sink = {
  track: () => undefined,
  silent: () => undefined,
  restart: () => undefined,
  packet: () => undefined,
  senderReport: () => undefined,
};
const longestConversation = 10;

export class FuzzedServer implements AsyncDisposable {
  /** How often each status was answered. */
  readonly statuses = new Map<number, number>();
  readonly #inputs: FuzzInputs;
  readonly #random: Random;
  readonly #udpPorts: UdpPortPair;
  readonly #stream = new ScriptedStream("cam_live");
  readonly #life = new AbortController();

  private constructor(inputs: FuzzInputs, random: Random, udpPorts: UdpPortPair) {
    this.#inputs = inputs;
    this.#random = random;
    this.#udpPorts = udpPorts;
  }

  static async open(inputs: FuzzInputs, random: Random): Promise<FuzzedServer> {
    return new FuzzedServer(inputs, random, await UdpPortPair.bind("127.0.0.1", 0, logger));
  }

  get openLeases(): number {
    return this.#stream.openLeases;
  }

  async converse(): Promise<void> {
    const publishers = new PublishedSources();
    const notWanted = new AbortController();
    publishers
      .source("cam_publish")
      .open(sink, notWanted.signal)
      .catch(() => undefined);
    const parser = new RtspParser();
    using conversation = this.#conversation(publishers);
    let session = "";
    for (let turn = 1 + this.#random(longestConversation); turn > 0; turn--) {
      for (const message of this.#inputs.message(session).flatMap((chunk) => parser.push(chunk))) {
        if (message.kind === "invalid") this.#count(message.status);
        if (message.kind === "frame") conversation.receive(message);
        if (message.kind !== "request") continue;
        const response = await conversation.answer(message);
        response.afterWrite?.();
        serializeResponse(response, "1", "Belfry");
        this.#count(response.status);
        const header = response.headers?.find(([name]) => name === "Session")?.[1];
        session = header?.split(";")[0] ?? session;
      }
    }
    notWanted.abort();
    this.#stream.leases.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort();
    await this.#udpPorts[Symbol.asyncDispose]();
  }

  #conversation(publishers: PublishedSources): RtspConversation {
    const udp = new UdpTransports({ ports: this.#udpPorts, address: "127.0.0.1", clock: systemClock });
    return new RtspConversation({
      ...{ streams: directoryOf(this.#stream), publishers, credentials: undefined, mayFailLogin: () => true },
      ...{ limits: usualRtspLimits, clock: systemClock, logger, signal: this.#life.signal },
      ...{ remoteAddress: "127.0.0.1", localAddress: "127.0.0.1", localPort: 8554 },
      transports: [new InterleavedTransports(nowhere), udp],
      onNothingLeft: () => undefined,
    });
  }

  #count(status: number): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
  }
}
