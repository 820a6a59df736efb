// The built-in RTSP server as stream engine.
import { Emitter } from "../foundation/emitter.ts";
import type { Teardown } from "../foundation/teardown.ts";
import { listenRtsp, type RtspListenersOptions } from "./rtsp-listeners.ts";
import type { StreamEngine } from "./stream-engine.ts";

export async function startBuiltIn(options: RtspListenersOptions, teardown: Teardown): Promise<StreamEngine> {
  const { port, shownPort } = await listenRtsp(options, teardown);
  return {
    name: "built-in",
    get state() {
      return { isHealthy: true, reason: undefined, rtspPort: port, shown: { rtsp: shownPort } };
    },
    changed: new Emitter(),
  };
}
