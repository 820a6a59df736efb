// Chooses what serves streams to players, and starts it: exactly one engine owns the RTSP port.
import type { Settings } from "../config/schema.ts";
import { errorText } from "../foundation/errors.ts";
import { Teardown } from "../foundation/teardown.ts";
import { startBuiltIn } from "./built-in-engine.ts";
import { type MediamtxStartOptions, startMediamtx } from "./mediamtx-start.ts";
import type { RtspListenersOptions } from "./rtsp-listeners.ts";
import type { StreamEngine, UnmetWish } from "./stream-engine.ts";

/** Of an attempt that failed. */
const endBudgetMs = 2_000;

export type StreamEngineOptions = RtspListenersOptions & MediamtxStartOptions;

/** How to end it is added to the teardown. Throws an AppError where the engine that the owner has chosen cannot be had. */
export async function startStreamEngine(options: StreamEngineOptions, teardown: Teardown): Promise<StreamEngine> {
  const { settings, logger, starting } = options;
  const wishes = onlyMediamtx(settings);
  const choice = settings.stream_engine;
  if (choice === "mediamtx") return await startMediamtx(options, teardown);
  let unmet: UnmetWish | undefined;
  if (choice === "auto" && wishes.length > 0) {
    try {
      return await tryMediamtx(options, teardown);
    } catch (error) {
      starting.throwIfAborted();
      unmet = missing(wishes, error);
      logger.error(`${namesOf(wishes)} cannot be had, streams are served by RTSP alone`, error);
    }
  } else if (wishes.length > 0) {
    unmet = switchedOff(wishes);
    logger.warn(unmet.text);
  }
  return await startBuiltIn(options, teardown, unmet);
}

/** What was started of it is ended where it fails: something else takes its place. */
async function tryMediamtx(options: StreamEngineOptions, teardown: Teardown): Promise<StreamEngine> {
  const attempt = new Teardown();
  try {
    return await startMediamtx(options, attempt);
  } catch (error) {
    await attempt.run(options.logger, options.clock, endBudgetMs);
    throw error;
  } finally {
    attempt.handOver(teardown);
  }
}

/** Settings that the built-in server cannot fulfil, as people know them. */
const mediamtxOnly = { ll_hls: "Low-latency HLS", whep: "WHEP", rtsps: "RTSPS" } as const;
type Wish = keyof typeof mediamtxOnly;

function onlyMediamtx(settings: Settings): Wish[] {
  return (Object.keys(mediamtxOnly) as Wish[]).filter((key) => settings[key]);
}

function missing(wishes: readonly Wish[], error: unknown): UnmetWish {
  return {
    text: `${namesOf(wishes)} cannot be had: ${errorText(error)}`,
    remedy: `Streams are served by RTSP alone. Correct that and start Belfry again, or switch ${wishes.join(" and ")} off.`,
  };
}

function switchedOff(wishes: readonly Wish[]): UnmetWish {
  return {
    text: `${namesOf(wishes)} cannot be had from the stream engine builtin`,
    remedy: `Set stream_engine to auto or mediamtx and start Belfry again, or switch ${wishes.join(" and ")} off.`,
  };
}

function namesOf(wishes: readonly Wish[]): string {
  return wishes.map((wish) => mediamtxOnly[wish]).join(" and ");
}
