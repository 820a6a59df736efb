// Chooses what serves streams to players, and starts it: exactly one engine owns the RTSP port.
import type { Settings } from "../config/schema.ts";
import { errorText } from "../foundation/errors.ts";
import type { Teardown } from "../foundation/teardown.ts";
import { startBuiltIn } from "./built-in-engine.ts";
import { type MediamtxStartOptions, startMediamtx } from "./mediamtx-start.ts";
import type { RtspListenersOptions } from "./rtsp-listeners.ts";
import type { StreamEngine } from "./stream-engine.ts";

export type StreamEngineOptions = RtspListenersOptions & MediamtxStartOptions;

/** How to end it is added to the teardown. Throws an AppError where the engine that the owner has chosen cannot be had. */
export async function startStreamEngine(options: StreamEngineOptions, teardown: Teardown): Promise<StreamEngine> {
  const { settings, logger } = options;
  const wishes = onlyMediamtx(settings);
  const choice = settings.stream_engine;
  if (choice === "mediamtx") return await startMediamtx(options, teardown);
  if (choice === "auto" && wishes.length > 0) {
    try {
      return await startMediamtx(options, teardown);
    } catch (error) {
      options.signal.throwIfAborted();
      logger.error(`${wishes.join(" and ")} cannot be had, streams are served by RTSP alone: ${errorText(error)}`);
    }
  } else if (wishes.length > 0) {
    logger.warn(`${wishes.join(" and ")} need MediaMTX and are off: set stream_engine to auto or mediamtx`);
  }
  return await startBuiltIn(options, teardown);
}

/** What is switched on that the built-in server does not have. */
function onlyMediamtx({ ll_hls, whep, rtsps }: Settings): string[] {
  return Object.entries({ ll_hls, whep, rtsps }).flatMap(([name, isOn]) => (isOn ? [name] : []));
}
