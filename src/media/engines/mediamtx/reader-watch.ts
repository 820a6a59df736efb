// Looks at MediaMTX: who reads which streams, who waits for one, and who may have caused a demand.
import type { Viewer } from "../../hub/stream.ts";
import type { SeenReader } from "./carriage-readers.ts";
import type { KnownViewers } from "./known-viewers.ts";
import type { MediamtxApi, MediamtxSession, SessionList } from "./mediamtx-api.ts";

export interface SeenPath {
  readonly readers: readonly SeenReader[];
  readonly isHls: boolean;
}

/** Somebody whom MediaMTX has not answered yet. */
export interface Waiter {
  readonly id: string;
  /** Unix ms. */
  readonly sinceMs: number;
  readonly address: string;
  /** What it waits for, and who it is: known of all but RTSP connections. */
  readonly path: string | undefined;
  readonly viewer: Viewer | undefined;
}

export interface ReaderWatchOptions {
  readonly api: Pick<MediamtxApi, "paths" | "hlsPaths" | "sessions" | "connections">;
  readonly hasHls: boolean;
  readonly hasRtsps: boolean;
  readonly hasWhep: boolean;
  readonly signal: AbortSignal;
}

const lists: Readonly<Record<string, { readonly list: SessionList; readonly kind: Viewer["kind"] }>> = {
  rtspSession: { list: "rtspsessions", kind: "rtsp" },
  rtspsSession: { list: "rtspssessions", kind: "rtsp" },
  hlsSession: { list: "hlssessions", kind: "hls" },
  webRTCSession: { list: "webrtcsessions", kind: "webrtc" },
};
const unknownViewer: Viewer = { kind: "mediamtx", address: "", userAgent: "" };
/** A connection without a session that is older than this does not wait for its first answer. */
const longestWaitMs = 2_000;

export class ReaderWatch {
  readonly #options: ReaderWatchOptions;
  /** Readers by their id, in the order in which they came. */
  #viewers = new Map<string, Viewer>();
  readonly #known: KnownViewers;

  constructor(options: ReaderWatchOptions, known: KnownViewers) {
    this.#options = options;
    this.#known = known;
  }

  /** By name; a path without readers may be missing. */
  async look(): Promise<ReadonlyMap<string, SeenPath>> {
    const { api, hasHls, signal } = this.#options;
    const [paths, hlsPaths] = await Promise.all([
      api.paths(signal),
      hasHls ? api.hlsPaths(signal) : Promise.resolve<readonly string[]>([]),
    ]);
    await this.#learn(paths.flatMap(({ readers }) => readers));
    const ranks = new Map([...this.#viewers.keys()].map((id, rank) => [id, rank]));
    const rankOf = ({ id }: { readonly id: string }): number => ranks.get(id) ?? ranks.size;
    return new Map(
      paths.map(({ name, readers }) => {
        const inOrder = readers.toSorted((one, other) => rankOf(one) - rankOf(other));
        return [name, { readers: inOrder.map((reader) => this.#seen(reader)), isHls: hlsPaths.includes(name) }];
      }),
    );
  }

  /** Asked anew each time. Sessions are among them, too, when what they wait for is there already. */
  async waiters(): Promise<readonly Waiter[]> {
    const { api, hasHls, hasRtsps, hasWhep, signal } = this.#options;
    const [plain, encrypted, hls, whep] = await Promise.all([
      api.connections("rtspconns", signal),
      hasRtsps ? api.connections("rtspsconns", signal) : [],
      hasHls ? api.sessions("hlssessions", signal) : [],
      hasWhep ? api.sessions("webrtcsessions", signal) : [],
    ]);
    const connections = [...plain, ...encrypted].filter(({ hasSession, hasAsked }) => hasAsked && !hasSession);
    return [
      ...hls.map((session) => waiterOf(session, "hls")),
      ...whep.map((session) => waiterOf(session, "webrtc")),
      ...connections.map(({ id, createdAt: sinceMs, address }) => ({
        id,
        sinceMs,
        address,
        path: undefined,
        viewer: undefined,
      })),
    ];
  }

  /** All who may have caused a demand for that path just now, the most likely first; never empty. */
  async starters(path: string, nowMs: number): Promise<readonly Viewer[]> {
    const waiters = await this.waiters();
    const named = waiters.flatMap((waiter) => (waiter.path === path && waiter.viewer ? [waiter.viewer] : []));
    const nameless = waiters
      .filter(({ viewer, sinceMs }) => !viewer && nowMs - sinceMs < longestWaitMs)
      .toSorted((one, other) => other.sinceMs - one.sinceMs);
    const found = [...named, ...this.#whoMayBe(nameless.map(({ address }) => address))];
    return found.length > 0 ? found : [unknownViewer];
  }

  /** Of RTSP connections MediaMTX tells the address alone: it is one of those who were seen there, or somebody new. */
  #whoMayBe(addresses: readonly string[]): Viewer[] {
    return [...new Set(addresses)].flatMap((address) => {
      const known = this.#known.at(address).toReversed();
      const isSomebodyNew = addresses.filter((other) => other === address).length > known.length;
      return isSomebodyNew ? [...known, { kind: "rtsp" as const, address, userAgent: "" }] : known;
    });
  }

  #seen({ id, type }: { readonly id: string; readonly type: string }): SeenReader {
    const kind = lists[type]?.kind ?? "mediamtx";
    return { id, viewer: this.#viewers.get(id) ?? { kind, address: "", userAgent: "" } };
  }

  /** Asks who those are that were not there last time. */
  async #learn(readers: readonly { readonly id: string; readonly type: string }[]): Promise<void> {
    const { api, signal } = this.#options;
    const unknown = readers.filter(({ id }) => !this.#viewers.has(id));
    for (const type of new Set(unknown.map((reader) => reader.type))) {
      const found = lists[type];
      if (!found) continue;
      // The FFmpeg that publishes has a session, too.
      const isReader = ({ id }: MediamtxSession): boolean => unknown.some((reader) => reader.id === id);
      const sessions = (await api.sessions(found.list, signal)).filter(isReader);
      for (const session of sessions.toSorted((one, other) => one.createdAt - other.createdAt))
        this.#remember(session, found.kind);
    }
    const present = new Set(readers.map(({ id }) => id));
    this.#viewers = new Map([...this.#viewers].filter(([id]) => present.has(id)));
  }

  #remember(session: MediamtxSession, kind: Viewer["kind"]): void {
    const viewer = viewerOf(session, kind);
    this.#viewers.set(session.id, viewer);
    this.#known.remember(viewer);
  }
}

function viewerOf({ address, userAgent }: MediamtxSession, kind: Viewer["kind"]): Viewer {
  return { kind, address, userAgent };
}

function waiterOf(session: MediamtxSession, kind: Viewer["kind"]): Waiter {
  const { id, createdAt: sinceMs, address, path } = session;
  return { id, sinceMs, address, path, viewer: viewerOf(session, kind) };
}
