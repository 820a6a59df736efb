// One signalling websocket of a client: admits it by its ticket, reads its frames strictly, and carries its one call.
import type { IncomingHttpHeaders } from "node:http";
import type { RawData, WebSocket } from "ws";
import type { LiveWorld } from "../contracts.ts";
import { type CloseReason, LiveCall } from "./live-call.ts";
import type { LiveMedia } from "./live-media.ts";
import { type ClientFrame, type ClientMessage, parseFrame, readMessage, type ServerFrame } from "./signalling-frame.ts";

export interface SignallingSocketOptions {
  readonly socket: WebSocket;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly world: LiveWorld;
  readonly liveMedia: LiveMedia;
  onCall(call: LiveCall): void;
  onCallEnded(call: LiveCall): void;
}

const badTicket: CloseReason = { code: 5, text: "Authentication failed: -1" };
const badCamera: CloseReason = { code: 5, text: "Sessions with the provided ID not found" };
const requiredQuery = ["api_version", "auth_type", "client_id", "token"];
const normalClosure = 1000;

export class SignallingSocket {
  readonly #options: SignallingSocketOptions;
  readonly #accountId: string | undefined;
  #dialogId: string | undefined;
  #call: LiveCall | undefined;

  constructor(options: SignallingSocketOptions) {
    this.#options = options;
    const { socket, query, world, headers } = options;
    if (!headers["user-agent"]) {
      world.journal.violation("a signalling socket without user-agent");
      socket.terminate();
      return;
    }
    const missing = requiredQuery.filter((name) => !query.get(name));
    if (missing.length > 0) world.journal.violation("a signalling socket without parameters", { missing });
    this.#accountId = world.redeemTicket(query.get("token") ?? "")?.accountId;
    socket.on("message", (data, isBinary) => this.#receive(data, isBinary));
    socket.on("close", (code) => this.#call?.end("socket-closed", { code, text: "" }));
    socket.on("error", (error) => world.journal.record("live.socket-failed", { error: error.message }));
  }

  #receive(data: RawData, isBinary: boolean): void {
    const frame = isBinary ? undefined : parseFrame(data.toString());
    if (!frame) {
      this.#drop("a signalling message that is no frame");
      return;
    }
    // Ring's own library closes without a dialog id.
    if (frame.dialog_id === undefined && frame.method !== "close") {
      this.#drop("a signalling message without dialog_id", { method: frame.method });
      return;
    }
    const message = readMessage(frame);
    if ("fault" in message) {
      this.#violation(message.fault);
      return;
    }
    if (this.#accountId === undefined) {
      this.#refuse(frame, message, badTicket);
      return;
    }
    this.#dispatch(frame, message, this.#accountId);
  }

  #dispatch(frame: ClientFrame, message: ClientMessage, accountId: string): void {
    if (this.#dialogId !== undefined && frame.dialog_id !== undefined && frame.dialog_id !== this.#dialogId) {
      this.#violation("a message of another dialog on this socket");
      return;
    }
    if (this.#call) {
      this.#call.handle(message);
      return;
    }
    if (message.method === "live_view") {
      this.#begin(frame, message, accountId);
      return;
    }
    if (message.method === "ping") {
      this.#answerEarlyPing(frame, message.body.doorbot_id);
      return;
    }
    if (message.method === "close") {
      this.#options.socket.close(normalClosure);
      return;
    }
    this.#violation(`${message.method} before live_view`);
  }

  #begin(frame: ClientFrame, message: ClientMessage & { method: "live_view" }, accountId: string): void {
    const { world, liveMedia, onCall, onCallEnded, socket } = this.#options;
    const device = world.camera(accountId, message.body.doorbot_id);
    if (!device) {
      this.#refuse(frame, message, badCamera);
      return;
    }
    const dialogId = frame.dialog_id ?? "";
    this.#dialogId = dialogId;
    const call = new LiveCall({
      ...{ world, liveMedia, accountId, device, dialogId },
      send: (answer) => this.#send(answer),
      onEnded: (closeSocket) => {
        onCallEnded(call);
        if (closeSocket) socket.close(normalClosure);
      },
    });
    this.#call = call;
    onCall(call);
    call.begin(message.body.sdp);
  }

  /** Some clients ping as soon as the socket is open. */
  #answerEarlyPing(frame: ClientFrame, doorbotId: number): void {
    this.#send({ method: "pong", dialog_id: frame.dialog_id ?? "", riid: "", body: { doorbot_id: doorbotId } });
  }

  /** Said in answer to the first message, because only that tells camera and dialog. */
  #refuse(frame: ClientFrame, { body }: ClientMessage, reason: CloseReason): void {
    const { socket, world } = this.#options;
    const doorbotId = "doorbot_id" in body ? body.doorbot_id : 0;
    world.journal.record("live.refused", { doorbotId, ...reason });
    const dialogId = frame.dialog_id ?? "";
    this.#send({ method: "close", dialog_id: dialogId, riid: "", body: { doorbot_id: doorbotId, reason } });
    socket.close(normalClosure);
  }

  #send(frame: ServerFrame): void {
    const { socket } = this.#options;
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame));
  }

  #violation(what: string, details: Readonly<Record<string, unknown>> = {}): void {
    const call = this.#call && { doorbotId: this.#call.doorbotId, sessionId: this.#call.sessionId };
    this.#options.world.journal.violation(what, { ...call, ...details });
  }

  #drop(what: string, details: Readonly<Record<string, unknown>> = {}): void {
    this.#violation(what, details);
    this.#options.socket.terminate();
  }
}
