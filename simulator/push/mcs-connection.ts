// One client on the push server: login, heartbeats, notifications out, acknowledgements in.
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Journal } from "../journal.ts";
import type { Device } from "./credentials.ts";
import { type Frame, FrameError } from "./frame-reader.ts";
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
import { McsWire } from "./mcs-wire.ts";
import { type MessageStore, maximumMessages, messageLifetimeMs, type StoredMessage } from "./message-store.ts";

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
  readonly #wire: McsWire;
  /** Persistent ids by number in the outgoing stream, for clients that acknowledge by number. */
  readonly #sent = new Map<number, string>();
  #androidId: string | undefined;

  constructor(tcp: Socket, tls: TLSSocket, world: McsWorld) {
    this.#world = world;
    this.#wire = new McsWire(tcp, tls, world.loginTimeoutMs, {
      received: (frame) => this.#receive(frame),
      broken: (what) => world.journal.violation(what, { androidId: this.#androidId }),
      closed: (reason) => {
        world.closed(this);
        world.journal.record("push.disconnected", { androidId: this.#androidId, reason });
      },
    });
  }

  get androidId(): string | undefined {
    return this.#androidId;
  }

  /** False when it cannot be written: not logged in, muted or on its way out. */
  send(message: StoredMessage): boolean {
    if (this.#androidId === undefined || !this.#wire.isOpen) return false;
    const { notification, tokenTail, storedAt } = message;
    const { persistentId } = notification;
    const ttl = messageLifetimeMs / 1000;
    message.sendings += 1;
    this.#noteSent(persistentId);
    const stanza = { ...notification, ttl, sent: storedAt, lastStreamIdReceived: this.#wire.messagesIn };
    const bytes = this.#wire.write(tags.dataMessageStanza, dataMessageStanza.encode(stanza));
    const { sendings } = message;
    this.#world.journal.record("push.delivered", { fcmToken: tokenTail, persistentId, bytes, sendings });
    return true;
  }

  ping(): boolean {
    if (this.#androidId === undefined || !this.#wire.isOpen) return false;
    this.#wire.write(tags.heartbeatPing, heartbeatPing.encode({ lastStreamIdReceived: this.#wire.messagesIn }));
    return true;
  }

  /** Tells the client to go, then ends. */
  close(reason: string): void {
    if (this.#wire.isOpen) this.#wire.write(tags.close, closeMessage.encode({}));
    this.#wire.end(reason);
  }

  reset(reason: string): void {
    this.#wire.reset(reason);
  }

  destroy(reason: string): void {
    this.#wire.destroy(reason);
  }

  /** Leaves the connection, but nothing is answered and nothing is sent any more. */
  mute(): void {
    this.#wire.mute();
  }

  #noteSent(persistentId: string): void {
    this.#sent.set(this.#wire.nextMessageOut, persistentId);
    // Older ones are no longer stored either.
    const [oldest] = this.#sent.keys();
    if (oldest !== undefined && this.#sent.size > maximumMessages) this.#sent.delete(oldest);
  }

  #receive(frame: Frame): void {
    if (this.#androidId === undefined) this.#login(frame);
    else this.#handle(frame, this.#androidId);
  }

  #login({ tag, payload }: Frame): void {
    if (tag !== tags.loginRequest) throw new FrameError(`A push client sent tag ${tag} before it logged in.`);
    const login = loginRequest.decode(payload);
    const androidId = login.user;
    if (!this.#isAllowed(login)) {
      this.#answerLogin({ id: login.id, error: { code: unauthorized, message: "UNAUTHORIZED" } });
      throw new FrameError("A push login is refused: its ids do not belong together or were not issued here.");
    }
    this.#wire.acceptLogin();
    this.#androidId = androidId;
    this.#answerLogin({ id: login.id, jid: `${androidId}@mcs.android.com`, serverTimestamp: Date.now() });
    this.#world.journal.record("push.connected", { androidId, client: login.id });
    this.#world.loggedIn(this, androidId);
    this.#acknowledge(androidId, login.receivedPersistentId, "login");
    for (const message of this.#world.store.waiting(androidId)) this.send(message);
  }

  #isAllowed({ user, resource, deviceId, authToken }: LoginRequest): boolean {
    if (resource !== user || deviceId !== `android-${BigInt(user).toString(16)}`) return false;
    return this.#world.isDevice({ androidId: user, securityToken: authToken });
  }

  #answerLogin(fields: Record<string, unknown>): void {
    this.#wire.writeVersion();
    const response = { ...fields, lastStreamIdReceived: this.#wire.messagesIn };
    this.#wire.write(tags.loginResponse, loginResponse.encode(response));
  }

  #handle({ tag, payload }: Frame, androidId: string): void {
    switch (tag) {
      case tags.heartbeatPing:
        this.#acknowledgeStream(androidId, heartbeatPing.decode(payload).lastStreamIdReceived);
        if (this.#world.answersHeartbeats()) this.#answerPing();
        return;
      case tags.heartbeatAck:
        this.#acknowledgeStream(androidId, heartbeatAck.decode(payload).lastStreamIdReceived);
        return;
      case tags.iqStanza:
        this.#handleIq(payload, androidId);
        return;
      case tags.close:
        this.#wire.end("the client closed");
        return;
      default:
        throw new FrameError(`A push client sent tag ${tag}, which is not for clients to send here.`);
    }
  }

  #answerPing(): void {
    this.#wire.write(tags.heartbeatAck, heartbeatAck.encode({ lastStreamIdReceived: this.#wire.messagesIn }));
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
}
