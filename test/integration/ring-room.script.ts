// Run by the ring tests under the simulator's hook: the Ring room alone, told what to do by JSON lines, telling what happens by JSON lines.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { type Clock, systemClock } from "../../src/foundation/clock.ts";
import { errorCode, errorText } from "../../src/foundation/errors.ts";
import { createLogger } from "../../src/foundation/logger.ts";
import { Redactor } from "../../src/foundation/redact.ts";
import { RingAccount, type RingAccountOptions } from "../../src/ring/account.ts";
import { isKeyFrame } from "../../src/ring/call/key-frames.ts";
import type { LiveCall, LiveCallSink } from "../../src/ring/live-call-types.ts";
import type { RingCamera } from "../../src/ring/ring-camera.ts";
import { SignIn } from "../../src/ring/sign-in.ts";

interface Command {
  readonly id: number;
  readonly verb: string;
  readonly camera?: string;
  readonly value?: unknown;
  readonly seconds?: number;
}

const settings = JSON.parse(process.argv[2] ?? "{}") as Omit<RingAccountOptions, "token" | "systemName"> & {
  readonly tokenPath: string;
  /** Ends the process the hard way as soon as a renewed token is saved. */
  readonly dieAtSave?: boolean;
};
const say = (what: string, facts: object = {}): void => {
  process.stdout.write(`${JSON.stringify({ what, at: performance.timeOrigin + performance.now(), ...facts })}\n`);
};

const clock: Clock = systemClock;
const sink = {
  isEnabled: () => process.env["RING_LOG"] !== undefined,
  write: (level: string, scope: string, line: string) => process.stderr.write(`${level} ${scope} ${line}\n`),
};
const logger = createLogger(sink, new Redactor());
const end = new AbortController();

const account = RingAccount.open(
  {
    ...settings,
    systemName: "Belfry",
    token: {
      systemId: "ring-room-tests",
      load: () => {
        const refreshToken = readFileSync(settings.tokenPath, "utf8");
        return refreshToken === "" ? undefined : { refreshToken };
      },
      save: (token) => {
        writeFileSync(`${settings.tokenPath}.new`, token, { flush: true });
        renameSync(`${settings.tokenPath}.new`, settings.tokenPath);
        if (settings.dieAtSave) process.kill(process.pid, "SIGKILL");
        say("token-saved");
      },
    },
  },
  { clock, logger, signal: end.signal },
);

const watched = new Set<RingCamera>();
function watch(cameras: readonly RingCamera[]): void {
  say("cameras", { cameras: cameras.map((camera) => camera.state) });
  for (const camera of cameras) {
    if (watched.has(camera)) continue;
    watched.add(camera);
    camera.stateChanged.subscribe((state) => say("state", { state }));
    camera.eventHappened.subscribe((event) => say("event", { name: camera.state.name, event }));
    camera.eventFound.subscribe((event) => say("found", { name: camera.state.name, event }));
    camera.eventImageReady.subscribe((image) => say("image", { name: camera.state.name, image }));
  }
}

account.camerasChanged.subscribe(watch);
account.signInChanged.subscribe((signIn) => say("sign-in", { ...signIn }));
account.pushChanged.subscribe((push) => say("push", { ...push }));
say("sign-in", { ...account.signIn });

function named(name: string | undefined): RingCamera {
  const found = account.cameras.find((camera) => camera.state.name === name);
  if (!found) throw new Error(`no camera ${name}`);
  return found;
}

const calls = new Map<number, { call: LiveCall; abort: AbortController }>();

/** Counts what a call delivers and says the first of each kind. */
function countingSink(id: number, startedAt: number): LiveCallSink & { readonly counts: Record<string, number> } {
  const counts: Record<string, number> = { video: 0, audio: 0, gaps: 0, videoGaps: 0, keyFrames: 0, reports: 0 };
  const last = new Map<string, number>();
  const elapsed = (): number => Math.round((performance.now() - startedAt) * 10) / 10;
  return {
    counts,
    track: (track) => say("track", { id, track, ms: elapsed() }),
    packet(kind, packet) {
      const before = last.get(kind);
      if (before !== undefined && ((packet.sequenceNumber - before) & 0xffff) !== 1) {
        counts["gaps"] = (counts["gaps"] ?? 0) + 1;
        counts[`${kind}Gaps`] = (counts[`${kind}Gaps`] ?? 0) + 1;
      }
      last.set(kind, packet.sequenceNumber);
      counts[kind] = (counts[kind] ?? 0) + 1;
      if (counts[kind] === 1) say("first", { id, kind, ms: elapsed() });
      if (kind === "video" && isKeyFrame(packet.payload)) {
        counts["keyFrames"] = (counts["keyFrames"] ?? 0) + 1;
        say("key-frame", { id, ms: elapsed(), count: counts["keyFrames"] });
      }
    },
    restart(kind) {
      last.delete(kind);
    },
    senderReport(kind, rtpTimestamp, senderUnixMs) {
      counts["reports"] = (counts["reports"] ?? 0) + 1;
      if (counts["reports"] === 1) say("sender-report", { id, kind, rtpTimestamp, skewMs: senderUnixMs - Date.now() });
    },
  };
}

async function call(command: Command): Promise<object> {
  const startedAt = performance.now();
  const counter = countingSink(command.id, startedAt);
  const abort = new AbortController();
  if (command.seconds !== undefined) setTimeout(() => abort.abort(), command.seconds * 1000);
  const opened = await named(command.camera).openLiveCall(counter, abort.signal);
  calls.set(command.id, { call: opened, abort });
  void opened.ended.then((error) => {
    say("call-ended", {
      id: command.id,
      code: error && errorCode(error),
      text: error && errorText(error),
      ms: performance.now() - startedAt,
      counts: counter.counts,
    });
  });
  return { answeredMs: performance.now() - startedAt };
}

async function perform(command: Command): Promise<object> {
  const signal = end.signal;
  const { verb, value, seconds } = command;
  switch (verb) {
    case "light":
      await named(command.camera).setLight(value === true, signal);
      return {};
    case "siren":
      await named(command.camera).setSiren(value === true, seconds, signal);
      return {};
    case "motion-detection":
      await named(command.camera).changeSetting("motionDetection", value === true, signal);
      return {};
    case "snapshot": {
      const options = typeof value === "string" ? { imageId: value } : {};
      const { jpeg, takenAt } = await named(command.camera).snapshot(options, signal);
      return { bytes: jpeg.length, start: jpeg.subarray(0, 3).toString("hex"), takenAt };
    }
    case "call":
      return await call(command);
    case "key-frame":
      calls.get(Number(value))?.call.requestKeyFrame();
      return {};
    case "hang-up": {
      const startedAt = performance.now();
      await calls.get(Number(value))?.call[Symbol.asyncDispose]();
      return { ms: performance.now() - startedAt };
    }
    case "use-stored-token":
      account.useStoredToken();
      return {};
    case "locations":
      return { locations: account.locations };
    case "sign-in": {
      const signIn = new SignIn({ systemId: "ring-room-tests", clock });
      const steps: object[] = [];
      for (const step of value as { email?: string; password?: string; code?: string }[]) {
        const work =
          step.code === undefined
            ? signIn.start(step.email ?? "", step.password ?? "", signal)
            : signIn.confirm(step.code, signal);
        steps.push(
          await work.catch((error: unknown) => ({ kind: "error", code: errorCode(error), text: errorText(error) })),
        );
      }
      return { steps };
    }
    case "stop":
      await account[Symbol.asyncDispose]();
      return {};
    default:
      throw new Error(`unknown verb ${verb}`);
  }
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const command = JSON.parse(line) as Command;
  perform(command)
    .then(
      (result) => say("done", { id: command.id, ...result }),
      (error: unknown) => say("done", { id: command.id, code: errorCode(error), text: errorText(error) }),
    )
    .finally(() => {
      // Nothing of ours may keep the process alive now: it ends by itself, or the test times out.
      if (command.verb === "stop") process.stdin.destroy();
    });
});
