// One client on the push server: login, heartbeats, notifications out, acknowledgements in.
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Journal } from "../journal.ts";
import type { Device } from "./credentials.ts";
import { type Frame, FrameError, FrameReader, mcsVersion, writeFrame } from "./frame-reader.ts";
import {
  closeMessage,
  dataMessageStanza,
  extensions,
  heartbeatAck,
  heartbeatPing,
  iqStanza,
  type LoginRequest,
  loginRequest,
  loginResponse,
  selectiveAck,
  tags,
} from "./mcs-messages.ts";
import { type MessageStore, messageLifetimeMs, type StoredMessage } from "./message-store.ts";
import { WireMessageError } from "./wire-message.ts";

// A client that stops reading is cut; what it missed is sent again at its next login.
const maximumUnsentBytes = 1024 * 1024;
const idleLimitMs = 30 * 60_000;
const lingerMs = 2000;
const unauthorized = 401;

export interface McsWorld {
  readonly journal: Journal;
  readonly store: MessageStore;
  readonly loginTimeoutMs: number;
  isDevice(device: Device): boolean;
  answersHeartbeats(): boolean;
  /** The client is in: its older connection, if any, has to go. */
  loggedIn(connection: McsConnection, androidId: string): void;
  closed(connection: McsConnection): void;
}

export class McsConnection {
  readonly #world: McsWorld;
  /** Below TLS, because only this one can be reset. */
  readonly #tcp: Socket;
  readonly #tls: TLSSocket;
  readonly #reader = new FrameReader();
  /** Until login, then until the client closes its side. */
  #deadline: NodeJS.Timeout;
  /** By number in the outgoing stream, for clients that acknowledge by number. */
  readonly #sent = new Map<number, string>();
  #androidId: string | undefined;
  #messagesIn = 0;
  #messagesOut = 0;
  #isMuted = false;
  #isEnding = false;
  #reason = "the client went away";

  constructor(tcp: Socket, tls: TLSSocket, world: McsWorld) {
    this.#tcp = tcp;
    this.#tls = tls;
    this.#world = world;
    this.#deadline = setTimeout(() => this.destroy("no login in time"), world.loginTimeoutMs);
    tls.setTimeout(idleLimitMs, () => this.close("idle"));
    tls.on("data", (chunk) => this.#receive(chunk));
    tls.on("error", (error) => this.#noteReason(error.message));
    tls.on("close", () => this.#finish());
    // A reset or a broken handshake may reach only the lower socket.
    tcp.on("error", (error) => this.#noteReason(error.message));
    tcp.on("close", () => tls.destroy());
  }

  get androidId(): string | undefined {
    return this.#androidId;
  }

  /** False when it cannot be written: not logged in, muted or on its way out. */
  send(message: StoredMessage): boolean {
    if (this.#androidId === undefined || this.#isMuted || this.#isEnding) return false;
    const { notification, tokenTail } = message;
    this.#sent.set(this.#messagesOut + 1, notification.persistentId);
    message.sendings += 1;
    const bytes = this.#write(
      tags.dataMessageStanza,
      dataMessageStanza.encode({
        ...notification,
        ttl: messageLifetimeMs / 1000,
        sent: message.storedAt,
        lastStreamIdReceived: this.#messagesIn,
      }),
    );
    this.#world.journal.record("push.delivered", {
      fcmToken: tokenTail,
      persistentId: notification.persistentId,
      bytes,
      sending: message.sendings,
    });
    return true;
  }

  ping(): boolean {
    if (this.#androidId === undefined || this.#isMuted || this.#isEnding) return false;
    this.#write(tags.heartbeatPing, heartbeatPing.encode({ lastStreamIdReceived: this.#messagesIn }));
    return true;
  }

  /** Tells the client to go, then ends. */
  close(reason: string): void {
    if (this.#isEnding) return;
    if (!this.#isMuted) this.#write(tags.close, closeMessage.encode({}));
    this.#end(reason);
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

  /** From now on nothing is answered and nothing is sent, while the connection stays. */
  mute(): void {
    this.#isMuted = true;
  }

  #receive(chunk: Buffer): void {
    if (this.#isMuted || this.#isEnding) return;
    try {
      for (const frame of this.#reader.read(chunk)) {
        this.#messagesIn += 1;
        if (this.#androidId === undefined) this.#login(frame);
        else this.#handle(frame, this.#androidId);
        if (this.#isEnding) return;
      }
    } catch (error) {
      if (!(error instanceof FrameError || error instanceof WireMessageError)) throw error;
      this.#refuse(error.message);
    }
  }

  #login({ tag, payload }: Frame): void {
    if (tag !== tags.loginRequest) throw new FrameError(`A push client sent tag ${tag} before it logged in.`);
    const login = loginRequest.decode(payload);
    if (!this.#isAllowed(login)) {
      this.#writeLoginResponse({ id: login.id, error: { code: unauthorized, message: "UNAUTHORIZED" } });
      this.#refuse("a push login was refused: its ids do not belong together or were not issued here");
      return;
    }
    clearTimeout(this.#deadline);
    this.#androidId = login.user;
    this.#writeLoginResponse({ id: login.id, jid: `${login.user}@mcs.android.com`, serverTimestamp: Date.now() });
    this.#world.journal.record("push.connected", { androidId: login.user, client: login.id });
    this.#world.loggedIn(this, login.user);
    this.#acknowledge(login.user, login.receivedPersistentId, "login");
    for (const message of this.#world.store.waiting(login.user)) this.send(message);
  }

  #isAllowed({ user, resource, deviceId, authToken }: LoginRequest): boolean {
    if (resource !== user || deviceId !== `android-${BigInt(user).toString(16)}`) return false;
    return this.#world.isDevice({ androidId: user, securityToken: authToken });
  }

  #writeLoginResponse(fields: Record<string, unknown>): void {
    this.#tls.write(Buffer.from([mcsVersion]));
    this.#write(tags.loginResponse, loginResponse.encode({ ...fields, lastStreamIdReceived: this.#messagesIn }));
  }

  #handle({ tag, payload }: Frame, androidId: string): void {
    switch (tag) {
      case tags.heartbeatPing:
        this.#acknowledgeStream(androidId, heartbeatPing.decode(payload).lastStreamIdReceived);
        if (this.#world.answersHeartbeats()) {
          this.#write(tags.heartbeatAck, heartbeatAck.encode({ lastStreamIdReceived: this.#messagesIn }));
        }
        return;
      case tags.heartbeatAck:
        this.#acknowledgeStream(androidId, heartbeatAck.decode(payload).lastStreamIdReceived);
        return;
      case tags.iqStanza:
        this.#handleIq(payload, androidId);
        return;
      case tags.close:
        this.#end("the client closed");
        return;
      default:
        throw new FrameError(`A push client sent tag ${tag}, which only servers send or nobody knows.`);
    }
  }

  #handleIq(payload: Buffer, androidId: string): void {
    const { extension, lastStreamIdReceived } = iqStanza.decode(payload);
    this.#acknowledgeStream(androidId, lastStreamIdReceived);
    if (extension.id !== extensions.selectiveAck) return;
    this.#acknowledge(androidId, selectiveAck.decode(extension.data).id, "selective");
  }

  #acknowledgeStream(androidId: string, lastStreamId: number | undefined): void {
    if (lastStreamId === undefined) return;
    const passed = [...this.#sent].filter(([streamId]) => streamId <= lastStreamId);
    for (const [streamId] of passed) this.#sent.delete(streamId);
    const persistentIds = passed.map(([, persistentId]) => persistentId);
    this.#acknowledge(androidId, persistentIds, "stream");
  }

  #acknowledge(androidId: string, persistentIds: readonly string[], by: "login" | "selective" | "stream"): void {
    for (const { notification, tokenTail } of this.#world.store.acknowledge(androidId, persistentIds)) {
      const { persistentId } = notification;
      this.#world.journal.record("push.acknowledged", { fcmToken: tokenTail, persistentId, by });
    }
  }

  #write(tag: number, payload: Buffer): number {
    const frame = writeFrame(tag, payload);
    this.#messagesOut += 1;
    this.#tls.write(frame);
    if (this.#tls.writableLength > maximumUnsentBytes) this.destroy("the client does not read");
    return frame.length;
  }

  #refuse(what: string): void {
    this.#world.journal.violation(what, { androidId: this.#androidId });
    this.#end("refused");
  }

  /** Sends what is written and waits a little for the client to close, because destroying at once can lose it. */
  #end(reason: string): void {
    this.#noteReason(reason);
    this.#isEnding = true;
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#tls.destroy(), lingerMs);
    this.#tls.end();
  }

  #noteReason(reason: string): void {
    if (!this.#isEnding) this.#reason = reason;
  }

  #finish(): void {
    clearTimeout(this.#deadline);
    this.#world.closed(this);
    this.#world.journal.record("push.disconnected", { androidId: this.#androidId, reason: this.#reason });
  }
}
