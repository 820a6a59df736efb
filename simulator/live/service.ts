// The live view of the simulated cloud, as the rest of the cloud sees it: sockets in, calls listed and ended.
import type { LiveService, LiveWorld } from "../contracts.ts";
import { defaultCacheDirectory } from "../media/cached-file.ts";
import type { LiveCall } from "./live-call.ts";
import { LiveMedia } from "./live-media.ts";
import { SignallingSocket } from "./signalling-socket.ts";

export interface LiveServiceOptions {
  readonly world: LiveWorld;
  /** Where the cloud's STUN responder is. The media peers do without: they know all their addresses. */
  readonly stunPort: number;
  readonly mediaCacheDirectory?: string;
  /** Told in a line of text when media must be encoded first; the journal has it too. */
  readonly report?: (line: string) => void;
}

/** Media are loaded, and if need be encoded (15 s), when the first call is connected. */
export function createLiveService(options: LiveServiceOptions): Promise<LiveService> {
  const { world, mediaCacheDirectory = defaultCacheDirectory, report } = options;
  const calls = new Set<LiveCall>();
  const liveMedia = new LiveMedia({
    cacheDirectory: mediaCacheDirectory,
    report: (line) => {
      world.journal.record("live.media-encoded", { line });
      report?.(line);
    },
  });
  const endCalls = (doorbotId: number | undefined, code: number, text: string): number => {
    const ended = [...calls].filter((call) => doorbotId === undefined || call.doorbotId === doorbotId);
    for (const call of ended) call.close("cloud", { code, text });
    return ended.length;
  };
  return Promise.resolve({
    accept: (socket, { query, headers }) => {
      new SignallingSocket({
        ...{ socket, query, headers, world, liveMedia },
        onCall: (call) => calls.add(call),
        onCallEnded: (call) => calls.delete(call),
      });
    },
    endCalls,
    get calls() {
      return [...calls];
    },
    [Symbol.asyncDispose]: () => {
      endCalls(undefined, 0, "");
      return Promise.resolve();
    },
  });
}
