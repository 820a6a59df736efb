// The built-in RTSP server as stream engine.
import type { Teardown } from "../foundation/teardown.ts";
import { listenRtsp, type RtspListenersOptions } from "./rtsp-listeners.ts";
import type { StreamEngine, UnmetWish } from "./stream-engine.ts";

export async function startBuiltIn(
  options: RtspListenersOptions,
  teardown: Teardown,
  unmet: UnmetWish | undefined,
): Promise<StreamEngine> {
  const listeners = await listenRtsp(options, teardown);
  return {
    name: "built-in",
    get state() {
      const { port, shownPort } = listeners;
      return { isHealthy: true, reason: undefined, rtspPort: port, shown: { rtsp: shownPort } };
    },
    unmet,
    changed: listeners.changed,
  };
}
