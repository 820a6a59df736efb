// For tests: the live service behind a plain websocket server, with a world of its own, and a bare signalling client.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { type LiveKnobs, type LiveService, type LiveWorld, normalLive, type RawDevice } from "../contracts.ts";
import { Journal } from "../journal.ts";
import { defaultCacheDirectory } from "../media/cached-file.ts";
import { prepareLiveMedia } from "../media/prepare-live-media.ts";
import { StunResponder } from "../stun.ts";
import { createLiveService } from "./service.ts";

export const doorbotId = 987_652;

type EndedCall = Parameters<LiveWorld["liveViewEnded"]>[0];

export interface LiveRig extends AsyncDisposable {
  readonly journal: Journal;
  readonly service: LiveService;
  readonly stunPort: number;
  readonly knobs: LiveKnobs;
  readonly camera: RawDevice;
  readonly endedCalls: readonly EndedCall[];
  /** A signalling client that is connected. */
  connect(how?: { ticket?: string; headers?: Record<string, string> }): Promise<SignallingClient>;
  newTicket(): string;
  newTickets(count: number): string[];
  /** Without its query. */
  readonly url: string;
}

export async function startRig(knobs: Partial<LiveKnobs> = {}): Promise<LiveRig> {
  await prepareLiveMedia({ cacheDirectory: defaultCacheDirectory });
  const journal = new Journal();
  const world = new RigWorld(journal, { ...normalLive, ...knobs });
  const stun = await StunResponder.listen({ host: "127.0.0.1", port: 0 });
  const service = await createLiveService({ world, stunPort: stun.port });
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (socket, request) => {
    const query = new URL(request.url ?? "", "ws://rig").searchParams;
    service.accept(socket, { query, headers: request.headers });
  });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    ...{ journal, service, knobs: world.knobs, camera: world.device, endedCalls: world.endedCalls },
    stunPort: stun.port,
    newTicket: () => world.newTicket(),
    url: `ws://127.0.0.1:${port}/ws`,
    newTickets: (count) => Array.from({ length: count }, () => world.newTicket()),
    connect: ({ ticket = world.newTicket(), headers } = {}) =>
      connectSignalling(`ws://127.0.0.1:${port}/ws`, ticket, headers),
    [Symbol.asyncDispose]: async () => {
      await service[Symbol.asyncDispose]();
      for (const socket of server.clients) socket.terminate();
      server.close();
      await stun[Symbol.asyncDispose]();
    },
  };
}

/** A signalling client that is connected, as Ring's library connects. */
export async function connectSignalling(
  url: string,
  ticket: string,
  headers: Readonly<Record<string, string>> = { "user-agent": "android:com.ringapp" },
): Promise<SignallingClient> {
  const query = `api_version=4.0&auth_type=ring_solutions&client_id=ring_site-${randomUUID()}&token=${ticket}`;
  const socket = new WebSocket(`${url}?${query}`, { headers });
  const client = new SignallingClient(socket);
  await once(socket, "open");
  return client;
}

class RigWorld implements LiveWorld {
  readonly journal: Journal;
  readonly knobs: LiveKnobs;
  readonly endedCalls: EndedCall[] = [];
  readonly #tickets = new Set<string>();
  readonly device: RawDevice = {
    ...{ id: doorbotId, device_id: "54e019aabbcc", kind: "lpd_v2", description: "Front Door", location_id: "loc" },
    alerts: { connection: "online" },
  };

  constructor(journal: Journal, knobs: LiveKnobs) {
    this.journal = journal;
    this.knobs = knobs;
  }

  newTicket(): string {
    const ticket = randomUUID();
    this.#tickets.add(ticket);
    return ticket;
  }

  redeemTicket(ticket: string): { accountId: string } | undefined {
    return this.#tickets.delete(ticket) ? { accountId: "account" } : undefined;
  }

  camera(_accountId: string, id: number): RawDevice | undefined {
    return id === this.device.id ? this.device : undefined;
  }

  liveKnobs(): Readonly<LiveKnobs> {
    return this.knobs;
  }

  liveViewEnded(call: EndedCall): void {
    this.endedCalls.push(call);
  }
}

interface Frame {
  readonly method: string;
  readonly dialog_id: string;
  readonly riid: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Sends exactly what it is told, and keeps what comes. */
export class SignallingClient {
  readonly frames: Frame[] = [];
  readonly dialogId = randomUUID();
  /** Close code of the socket. */
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  readonly #listeners = new Set<() => void>();

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("message", (data) => {
      this.frames.push(JSON.parse(String(data)));
      for (const listener of this.#listeners) listener();
    });
  }

  /** A message as the library sends it; `body` gets the camera's id. */
  send(method: string, body: Record<string, unknown> = {}): void {
    this.sendRaw({ method, dialog_id: this.dialogId, body: { doorbot_id: doorbotId, ...body } });
  }

  sendRaw(message: object | string): void {
    this.#socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  requestLiveView(sdp: string): void {
    this.send("live_view", { stream_options: { audio_enabled: true, video_enabled: true }, sdp });
  }

  /** The first frame of that method (and notification text), old or new. */
  frame(method: string, text?: string): Promise<Frame> {
    const find = () =>
      this.frames.find((one) => one.method === method && (text === undefined || one.body["text"] === text));
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = find();
        if (!found) return;
        clearTimeout(timer);
        this.#listeners.delete(look);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#listeners.delete(look);
        reject(new Error(`no ${method} ${text ?? ""} came; there were ${this.frames.map((one) => one.method)}`));
      }, 10_000);
      this.#listeners.add(look);
      look();
    });
  }

  close(code?: number): void {
    this.#socket.close(code);
  }

  terminate(): void {
    this.#socket.terminate();
  }
}
