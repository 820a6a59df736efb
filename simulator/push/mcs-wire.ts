// The socket under one client of the push server: messages in and out, numbered, and every way to end it.
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { type Frame, FrameError, FrameReader, mcsVersion, writeFrame } from "./frame-reader.ts";
import { WireMessageError } from "./wire-message.ts";

// A client that stops reading is cut; what it missed is sent again at its next login.
const maximumUnsentBytes = 1024 * 1024;
const idleLimitMs = 30 * 60_000;
const lingerMs = 2000;

export interface McsWireEvents {
  /** May throw FrameError or WireMessageError: the client is at fault. */
  received(frame: Frame): void;
  /** The client broke the protocol; the wire ends. */
  broken(what: string): void;
  closed(reason: string): void;
}

export class McsWire {
  /** Below TLS, because only this one can be reset. */
  readonly #tcp: Socket;
  readonly #tls: TLSSocket;
  readonly #events: McsWireEvents;
  readonly #reader = new FrameReader();
  /** Until login, then (when ending) until the client closes its side. */
  #deadline: NodeJS.Timeout;
  #messagesIn = 0;
  #messagesOut = 0;
  #isMuted = false;
  #isEnding = false;
  #reason = "the client went away";

  constructor(tcp: Socket, tls: TLSSocket, loginTimeoutMs: number, events: McsWireEvents) {
    this.#tcp = tcp;
    this.#tls = tls;
    this.#events = events;
    this.#deadline = setTimeout(() => this.destroy("no login in time"), loginTimeoutMs);
    tls.setTimeout(idleLimitMs, () => this.end("idle"));
    tls.on("data", (chunk) => this.#read(chunk));
    tls.on("error", (error) => this.#noteReason(error.message));
    tls.on("close", () => this.#finish());
    // A reset or a broken handshake may reach only the lower socket.
    tcp.on("error", (error) => this.#noteReason(error.message));
    tcp.on("close", () => tls.destroy());
  }

  /** Whether anything written now can reach the client. */
  get isOpen(): boolean {
    return !this.#isMuted && !this.#isEnding;
  }

  /** How many messages came in: the number that acknowledges them. */
  get messagesIn(): number {
    return this.#messagesIn;
  }

  /** The number that the next message written will have. */
  get nextMessageOut(): number {
    return this.#messagesOut + 1;
  }

  acceptLogin(): void {
    clearTimeout(this.#deadline);
  }

  writeVersion(): void {
    this.#tls.write(Buffer.from([mcsVersion]));
  }

  /** Returns the bytes on the wire. */
  write(tag: number, payload: Buffer): number {
    const frame = writeFrame(tag, payload);
    this.#messagesOut += 1;
    this.#tls.write(frame);
    if (this.#tls.writableLength > maximumUnsentBytes) this.destroy("the client does not read");
    return frame.length;
  }

  /** Sends what is written and waits a little for the client to close, because destroying at once can lose it. */
  end(reason: string): void {
    if (this.#isEnding) return;
    this.#noteReason(reason);
    this.#isEnding = true;
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#tls.destroy(), lingerMs);
    this.#tls.end();
  }

  reset(reason: string): void {
    this.#noteReason(reason);
    this.#isEnding = true;
    this.#tcp.resetAndDestroy();
  }

  destroy(reason: string): void {
    this.#noteReason(reason);
    this.#isEnding = true;
    this.#tls.destroy();
  }

  /** From now on nothing is read and nothing should be sent, while the connection stays. */
  mute(): void {
    this.#isMuted = true;
  }

  #read(chunk: Buffer): void {
    if (!this.isOpen) return;
    try {
      for (const frame of this.#reader.read(chunk)) {
        this.#messagesIn += 1;
        this.#events.received(frame);
        if (!this.isOpen) return;
      }
    } catch (error) {
      if (!(error instanceof FrameError || error instanceof WireMessageError)) throw error;
      this.#events.broken(error.message);
      this.end("the client broke the protocol");
    }
  }

  #noteReason(reason: string): void {
    if (!this.#isEnding) this.#reason = reason;
  }

  #finish(): void {
    clearTimeout(this.#deadline);
    this.#events.closed(this.#reason);
  }
}
