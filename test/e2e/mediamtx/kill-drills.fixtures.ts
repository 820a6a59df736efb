// Moments of a stream at which something may be killed, what may become of who watches then, and what must be so afterwards.
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { buildAccount } from "../../../simulator/account-builders.ts";
import { StreamHome, type StreamHomeOptions } from "../../integration/stream-home.fixtures.ts";
import { monotonicUnixMs } from "../../support/monotonic-unix-ms.ts";
import { listProcesses } from "../../support/process-list.ts";
import { RtspReader } from "../../support/rtsp-reader.ts";
import { until } from "../../support/until.ts";
import { engineProcesses, mainShell, noProcess, oneProcess, type Role } from "./engine-processes.fixtures.ts";
import { WordGate } from "./word-gate.fixtures.ts";

const settings = { stream_engine: "mediamtx" };
export const slug = "front-door";
/** Whoever waits is answered in that time, whatever died. */
const answerMs = 1_000;

/** With one camera, on which all happens. */
export function startHome(options: StreamHomeOptions = {}): Promise<StreamHome> {
  const accounts = [buildAccount({ devices: [slug] })];
  return StreamHome.start({ accounts, ...options, settings: { ...settings, ...options.settings } });
}

/** A home whose scripts can be held. */
export class KillScene implements AsyncDisposable {
  readonly stage: StreamHome;
  readonly gate: WordGate;

  private constructor(stage: StreamHome, gate: WordGate) {
    this.stage = stage;
    this.gate = gate;
  }

  /** What the camera sends is known: FFmpeg is there from the beginning of a call, and not only with its first picture. */
  static async start(): Promise<KillScene> {
    const gate = await WordGate.open();
    const scene = new KillScene(await startHome({ path: gate.path }), gate);
    await playsAgain(scene.stage);
    await endsWithOff(scene.stage);
    return scene;
  }

  async restartBelfry(): Promise<void> {
    const from = this.stage.position;
    this.stage.belfry = await this.stage.home.startBelfry({ settings, path: this.gate.path });
    await this.stage.home.allAvailable({ from });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stage[Symbol.asyncDispose]();
    await this.gate[Symbol.asyncDispose]();
  }
}

/** Somebody who is let in sooner or later, or not. */
interface Watching {
  readonly reader: Promise<RtspReader>;
}

function watch(stage: StreamHome): Watching {
  const reader = RtspReader.play(stage.url(slug));
  reader.catch(() => undefined);
  return { reader };
}

/** Each resolves at that moment of a stream. */
export const moments = {
  "before the script's first word": async ({ stage, gate }: KillScene): Promise<Watching> => {
    await gate.hold("ON-DEMAND");
    const watching = watch(stage);
    await gate.isWaiting();
    return watching;
  },
  "while the camera is called": async ({ stage }: KillScene): Promise<Watching> => {
    stage.turn(slug, { mediaDelayMs: 1_500 });
    const watching = watch(stage);
    await oneProcess("ffmpeg", stage.belfry);
    return watching;
  },
  "while it plays": async ({ stage }: KillScene): Promise<Watching> => {
    const reader = await playAtLast(stage);
    await reader.picture(10);
    return { reader: Promise.resolve(reader) };
  },
  "when the script is told to end": async ({ stage, gate }: KillScene): Promise<Watching> => {
    await gate.hold("OFF-DEMAND");
    const reader = await playAtLast(stage);
    await reader.picture(10);
    await reader[Symbol.asyncDispose]();
    await gate.isWaiting();
    return { reader: Promise.resolve(reader) };
  },
} as const;

export type Moment = keyof typeof moments;

async function isInTime(end: Promise<unknown>, killedAt: number): Promise<void> {
  await end;
  expect(monotonicUnixMs() - killedAt).toBeLessThan(answerMs);
}

export const fates = {
  "is sent away": ({ reader }: Watching, killedAt: number): Promise<void> =>
    isInTime(expect(reader).rejects.toThrow(), killedAt),
  "is disconnected": async ({ reader }: Watching, killedAt: number): Promise<void> =>
    isInTime((await reader).closed, killedAt),
  "notices nothing": async ({ reader }: Watching): Promise<void> => {
    await using playing = await reader;
    await playing.picture(playing.pictures.length + 40);
  },
  "has left": async (): Promise<void> => undefined,
} as const;

export type Fate = keyof typeof fates;

/** `shell` is the script's first process alone; of the script dies the whole process group, as with a memory killer. */
export type Victim = Role | "shell";

/** Resolves when it is really gone, with all that it held, and says when it was killed. */
export async function kill9(victim: Victim, stage: StreamHome): Promise<number> {
  const { belfry } = stage;
  const isOfScript = victim === "script" || victim === "shell";
  const { pid } = await (isOfScript ? mainShell(belfry) : oneProcess(victim, belfry));
  process.kill(victim === "script" ? -pid : pid, "SIGKILL");
  const killedAt = monotonicUnixMs();
  const isGone = async (): Promise<true | undefined> =>
    (await listProcesses()).some((one) => one.pid === pid) ? undefined : true;
  await until("the end of what was killed", isGone);
  if (victim === "mediamtx") await until("its port being free, or taken anew", () => isPortLeft(stage));
  return killedAt;
}

/** A process that has just died is no process any more, and may still answer. */
async function isPortLeft({ belfry }: StreamHome): Promise<true | undefined> {
  const successors = await engineProcesses("mediamtx", belfry);
  return successors.length > 0 || !(await isListening(belfry.rtspPort)) ? true : undefined;
}

function isListening(port: number): Promise<true | undefined> {
  const { promise, resolve } = Promise.withResolvers<true | undefined>();
  const socket = connect(port, "127.0.0.1");
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(undefined));
  return promise.finally(() => socket.destroy());
}

/**
 * At the first request or at the next one, a second later, as players make it: whoever asks in the moment of an end may still meet
 * what has just ended, and is disconnected with it.
 */
function playAtLast(stage: StreamHome): Promise<RtspReader> {
  return playUntilPicture(stage).catch(() => pause(1_000).then(() => playUntilPicture(stage)));
}

export async function playsAgain(stage: StreamHome): Promise<void> {
  await until("MediaMTX listening", () => isListening(stage.belfry.rtspPort), { timeoutMs: 3_000 });
  const asked = monotonicUnixMs();
  await using reader = await explained(stage, playAtLast(stage));
  const picture = await reader.keyPicture();
  expect(picture.at - asked).toBeLessThan(8_000);
  await reader.picture(reader.pictures.length + 10);
}

/** Where it fails, Belfry's log says why. */
export async function explained<T>(stage: StreamHome, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new Error(stage.belfry.lines.slice(-60).join("\n"), { cause });
  }
}

/** Resolves with the reader when it has a picture; rejects when it was refused or disconnected before. */
async function playUntilPicture(stage: StreamHome): Promise<RtspReader> {
  const reader = await RtspReader.play(stage.url(slug));
  try {
    await reader.keyPicture();
    return reader;
  } catch (error) {
    reader.destroy();
    throw error;
  }
}

/** Call, FFmpeg and script end with the last reader, in their time. */
export async function endsTidily(stage: StreamHome): Promise<void> {
  await stage.untilCallsAreOver(slug, { timeoutMs: 12_000 });
  await nothingIsLeft(stage);
}

/** They end at once when the stream is switched off. */
export async function endsWithOff(stage: StreamHome): Promise<void> {
  await stage.command(slug, "stream", "OFF");
  await stage.untilCallsAreOver(slug, { timeoutMs: 3_000 });
  await nothingIsLeft(stage);
}

async function nothingIsLeft({ belfry }: StreamHome): Promise<void> {
  await noProcess("ffmpeg", belfry);
  await noProcess("script", belfry);
}
