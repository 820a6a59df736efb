// Looks at MediaMTX: which streams are there, who reads them, and who may have caused a demand.
import type { Viewer } from "../../hub/stream.ts";
import type { SeenReader } from "./carriage-readers.ts";
import type { MediamtxApi, MediamtxConnection, MediamtxSession, SessionList } from "./mediamtx-api.ts";

export interface SeenPath {
  readonly readers: readonly SeenReader[];
  readonly isHls: boolean;
}

export interface ReaderWatchOptions {
  readonly api: MediamtxApi;
  readonly hasHls: boolean;
  readonly hasRtsps: boolean;
  readonly signal: AbortSignal;
}

const lists: Readonly<Record<string, { readonly list: SessionList; readonly kind: Viewer["kind"] }>> = {
  rtspSession: { list: "rtspsessions", kind: "rtsp" },
  rtspsSession: { list: "rtspssessions", kind: "rtsp" },
  hlsSession: { list: "hlssessions", kind: "hls" },
  webRTCSession: { list: "webrtcsessions", kind: "webrtc" },
};
const rememberedAddresses = 200;
const unknownViewer: Viewer = { kind: "mediamtx", address: "", userAgent: "" };
/** A connection without a session that is older than this does not wait for its first answer. */
const longestWaitMs = 2_000;

export class ReaderWatch {
  readonly #options: ReaderWatchOptions;
  /** Readers by their id. */
  #viewers = new Map<string, Viewer>();
  /** Who was last seen at an address: a demand comes from an address alone, and its budget is that of the viewer. */
  readonly #byAddress: Map<string, Viewer>;

  constructor(options: ReaderWatchOptions, byAddress: Map<string, Viewer>) {
    this.#options = options;
    this.#byAddress = byAddress;
  }

  /** By name; a path without publisher and readers may be missing. */
  async look(): Promise<ReadonlyMap<string, SeenPath>> {
    const { api, hasHls, signal } = this.#options;
    const [paths, hlsPaths] = await Promise.all([
      api.paths(signal),
      hasHls ? api.hlsPaths(signal) : Promise.resolve<readonly string[]>([]),
    ]);
    await this.#learn(paths.flatMap(({ readers }) => readers));
    return new Map(
      paths.map(({ name, readers }) => [
        name,
        { readers: readers.map((reader) => this.#seen(reader)), isHls: hlsPaths.includes(name) },
      ]),
    );
  }

  /** Whoever connected last and has not been answered. The newest connections are asked for anew each time. */
  async starter(path: string, nowMs: number): Promise<Viewer> {
    const { api, hasHls, hasRtsps, signal } = this.#options;
    const [plain, encrypted, hls] = await Promise.all([
      api.connections("rtspconns", signal),
      hasRtsps ? api.connections("rtspsconns", signal) : [],
      hasHls ? api.sessions("hlssessions", signal) : [],
    ]);
    const viewer = hls.find((session) => session.path === path);
    if (viewer) return { kind: "hls", address: viewer.address, userAgent: viewer.userAgent };
    const waiting = [...plain, ...encrypted].filter(
      ({ hasSession, createdAt }) => !hasSession && nowMs - createdAt < longestWaitMs,
    );
    const newest = waiting.reduce<MediamtxConnection | undefined>(
      (latest, one) => (latest && latest.createdAt >= one.createdAt ? latest : one),
      undefined,
    );
    if (!newest) return unknownViewer;
    return this.#byAddress.get(newest.address) ?? { kind: "rtsp", address: newest.address, userAgent: "" };
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
      for (const session of await api.sessions(found.list, signal)) this.#remember(session, found.kind);
    }
    const present = new Set(readers.map(({ id }) => id));
    this.#viewers = new Map([...this.#viewers].filter(([id]) => present.has(id)));
  }

  #remember({ id, address, userAgent }: MediamtxSession, kind: Viewer["kind"]): void {
    const viewer = { kind, address, userAgent };
    this.#viewers.set(id, viewer);
    this.#byAddress.delete(address);
    this.#byAddress.set(address, viewer);
    const [oldest] = this.#byAddress.keys();
    if (this.#byAddress.size > rememberedAddresses && oldest !== undefined) this.#byAddress.delete(oldest);
  }
}
