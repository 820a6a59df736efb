// One TCP connection of an RTSP client: bytes in, answers out in order, and the bounds on time.
import type { Socket } from "node:net";
import { composeSignals, onAbort, StopError } from "../../../foundation/abort.ts";
import { type Clock, every } from "../../../foundation/clock.ts";
import { plainAddress } from "../../../foundation/ip-address.ts";
import type { Logger } from "../../../foundation/logger.ts";
import {
  type RtspMessage,
  type RtspRequest,
  type RtspResponse,
  serializeResponse,
} from "../../formats/rtsp-message.ts";
import { RtspParser } from "../../formats/rtsp-parser.ts";
import type { PublishDirectory } from "../../hub/publish-directory.ts";
import type { StreamDirectory } from "../../hub/stream.ts";
import { InterleavedTransports } from "./interleaved-transport.ts";
import { RtspConversation } from "./rtsp-conversation.ts";
import type { RtspCredentials } from "./rtsp-credentials.ts";
import type { RtspLimits } from "./rtsp-limits.ts";
import type { UdpPortPair } from "./udp-port-pair.ts";
import { UdpTransports } from "./udp-transport.ts";

export interface RtspConnectionOptions {
  readonly streams: StreamDirectory;
  readonly publishers: PublishDirectory | undefined;
  readonly credentials: RtspCredentials | undefined;
  readonly limits: RtspLimits;
  readonly serverName: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined where UDP is off. */
  readonly udpPorts: UdpPortPair | undefined;
  /** See ConversationOptions. */
  readonly mayFailLogin: () => boolean;
  /** Of the server. */
  readonly signal: AbortSignal;
}

const mostWaiting = 16;

export class RtspConnection {
  /** Resolves when the socket is gone and all its streams are released. */
  readonly closed: Promise<void>;
  readonly remoteAddress: string;
  readonly #socket: Socket;
  readonly #options: RtspConnectionOptions;
  readonly #controller = new AbortController();
  readonly #parser = new RtspParser();
  readonly #conversation: RtspConversation;
  /** Requests not yet answered; undefined stands for what was not understood. */
  readonly #waiting: { readonly request?: RtspRequest; readonly refusal?: RtspResponse }[] = [];
  #isAnswering = false;
  #isClosing = false;
  #lastRequestMs: number;
  #messageTimer: Disposable | undefined;
  #flushTimer: Disposable | undefined;

  constructor(socket: Socket, options: RtspConnectionOptions) {
    const { clock, udpPorts, signal } = options;
    const address = socket.remoteAddress ?? "";
    this.remoteAddress = plainAddress(address);
    this.#socket = socket;
    this.#options = options;
    this.#lastRequestMs = clock.monotonic();
    this.#conversation = new RtspConversation({
      ...options,
      signal: composeSignals(this.#controller.signal, signal),
      remoteAddress: this.remoteAddress,
      localAddress: plainAddress(socket.localAddress),
      localPort: socket.localPort ?? 0,
      transports: [
        new InterleavedTransports(socket),
        ...(udpPorts ? [new UdpTransports({ ports: udpPorts, address, clock })] : []),
      ],
      onNothingLeft: () => this.#close(),
    });
    this.closed = this.#run();
  }

  async #run(): Promise<void> {
    const { clock, limits, logger, signal } = this.#options;
    const closed = new Promise<void>((resolve) => this.#socket.once("close", () => resolve()));
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on("error", (error) =>
      logger.debug(() => `The RTSP connection of ${this.remoteAddress} broke`, error),
    );
    using _patience = every(clock, Math.min(limits.idleMs / 4, 5_000), () => this.#endIdle());
    using _stop = onAbort(signal, () => this.#socket.destroy());
    await closed;
    this.#isClosing = true;
    this.#controller.abort(new StopError("closed"));
    this.#messageTimer?.[Symbol.dispose]();
    this.#flushTimer?.[Symbol.dispose]();
    this.#conversation[Symbol.dispose]();
  }

  #receive(chunk: Buffer): void {
    if (this.#isClosing) return;
    const messages = this.#parser.push(chunk);
    for (const message of messages) this.#accept(message);
    this.#watchMessage(messages.length > 0);
    if (this.#waiting.length > mostWaiting) this.#socket.pause();
    if (!this.#isAnswering) void this.#answerAll();
  }

  #accept(message: RtspMessage): void {
    if (message.kind === "frame") {
      this.#conversation.receive(message);
      return;
    }
    this.#lastRequestMs = this.#options.clock.monotonic();
    if (message.kind === "request") this.#waiting.push({ request: message });
    else this.#waiting.push({ refusal: { status: message.status, isLast: true } });
  }

  /** A message that has begun must be complete in time. */
  #watchMessage(isProgress: boolean): void {
    if (isProgress || !this.#parser.isWithinMessage) {
      this.#messageTimer?.[Symbol.dispose]();
      this.#messageTimer = undefined;
    }
    if (!this.#parser.isWithinMessage) return;
    this.#messageTimer ??= this.#options.clock.after(this.#options.limits.messageMs, () => this.#socket.destroy());
  }

  async #answerAll(): Promise<void> {
    this.#isAnswering = true;
    for (let next = this.#waiting.shift(); next && !this.#isClosing; next = this.#waiting.shift()) {
      const { request, refusal } = next;
      const response = request ? await this.#conversation.answer(request) : (refusal ?? { status: 400 });
      if (this.#isClosing) break;
      this.#write(response, request);
      if (this.#waiting.length === 0) this.#socket.resume();
    }
    this.#isAnswering = false;
  }

  #write(response: RtspResponse, request: RtspRequest | undefined): void {
    const sequence = request?.headers.get("cseq");
    const echoed = sequence !== undefined && /^\d{1,10}$/.test(sequence) ? sequence : undefined;
    this.#socket.write(serializeResponse(response, echoed, this.#options.serverName));
    response.afterWrite?.();
    // Answers count as much as media, of which alone the slow-reader policy knows.
    if (this.#socket.writableLength > this.#options.limits.unreadBytes) this.#socket.destroy();
    else if (response.isLast) this.#close();
  }

  #endIdle(): void {
    const { clock, limits } = this.#options;
    this.#conversation.reap();
    const isIdle = clock.monotonic() - this.#lastRequestMs >= limits.idleMs;
    if (isIdle && !this.#conversation.isBusy) this.#close();
  }

  /** Closes when what is written has left, or at last without that. */
  #close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#socket.end();
    this.#socket.resume();
    this.#flushTimer = this.#options.clock.after(this.#options.limits.flushMs, () => this.#socket.destroy());
  }
}
