// Every player with every login and transport, joining a stream in the middle or waking a camera: what it records has every picture.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { framesPerSecond } from "../../../simulator/media/live-format.ts";
import { runProgram } from "../../support/run-program.ts";
import { differs } from "../../support/stream-engines.ts";
import { players, type Recorded, type TransportName } from "./players.ts";
import { judgeRecording, login, openDirectory, PlayersStage } from "./players-stage.ts";
import { basicOnly, RtspRelay } from "./rtsp-relay.ts";

const recordMs = 5_000;
/** GStreamer and VLC buffer for 2 s before they record. */
const bufferMs = 3_000;
const startMs = 2_500;
const keyFrameMs = differs("first-picture") ? 1_000 : 0;
const transports: readonly TransportName[] = ["tcp", "udp"];
const kinds = ["no login", "Digest", "Basic"] as const;
/** One for each player: nobody else watches it. */
const sleeping = ["front-door", "back-garden", "garden-gate", "living-room", "side-passage", "workshop-door"];

let open: PlayersStage;
let guarded: PlayersStage;
let relay: RtspRelay;

beforeAll(async () => {
  [open, guarded] = await Promise.all([
    PlayersStage.start(),
    PlayersStage.start({ livestream_user: login.username, livestream_pass: login.password }),
  ]);
  await Promise.all([open.hold(), guarded.hold()]);
  relay = await RtspRelay.open(guarded.port, basicOnly);
});
afterAll(async () => {
  await relay?.[Symbol.asyncDispose]();
  await Promise.all([open?.[Symbol.asyncDispose](), guarded?.[Symbol.asyncDispose]()]);
});

/** Every picture of at least so long a time. */
async function expectWhole(what: string, recorded: Recorded, leastMs: number): Promise<void> {
  expect(recorded.complaints, recorded.output).toEqual([]);
  const { errors, ...verdict } = await judgeRecording(recorded);
  console.log(`${what}: ${verdict.frames} pictures`);
  expect(verdict, recorded.output).toMatchObject({ skipped: 0, repeated: 0, unreadable: 0 });
  // Decoders speak of what came before the first key frame.
  if (!differs("first-picture")) expect(errors).toEqual([]);
  expect(verdict.frames, recorded.output).toBeGreaterThanOrEqual((leastMs / 1_000) * framesPerSecond);
}

const target = (kind: (typeof kinds)[number]) => {
  if (kind === "no login") return { port: open.port, path: open.path };
  return { port: kind === "Basic" ? relay.port : guarded.port, path: guarded.path, login };
};

describe.each(players)("$name", (player) => {
  if (player.lack !== undefined) {
    test.skip(`not here: ${player.lack}`, () => undefined);
    return;
  }

  const cases = kinds.flatMap((kind) => transports.map((transport) => ({ kind, transport })));
  test.concurrent.each(cases)("$kind, $transport", async ({ kind, transport }) => {
    using directory = openDirectory();
    const recorded = await player.record({ ...target(kind), transport, ms: recordMs, directory: directory.path });
    await expectWhole(`${player.name}, ${kind}, ${transport}`, recorded, recordMs - bufferMs - keyFrameMs);
  });

  test.concurrent("wakes a camera", async () => {
    using directory = openDirectory();
    const { home } = open;
    const asleep = sleeping[players.indexOf(player)] ?? "";
    const path = new URL(home.url(asleep)).pathname.slice(1);
    const ms = recordMs + startMs;
    const recorded = await player.record({ port: open.port, path, transport: "tcp", ms, directory: directory.path });
    await home.command(asleep, "stream", "OFF");
    await expectWhole(`${player.name}, waking a camera`, recorded, recordMs - bufferMs - keyFrameMs);
    expect(home.calls(asleep, "live.requested")).toHaveLength(1);
  });

  test.concurrent("a wrong password is refused", async () => {
    using directory = openDirectory();
    const wrong = { username: login.username, password: "another" };
    const { path, port } = guarded;
    const recording = { path, port, login: wrong, transport: "tcp" as const, ms: 4_000, directory: directory.path };
    const verdict = await player.record(recording).then(judgeRecording, () => undefined);
    expect(verdict?.frames ?? 0).toBe(0);
  });
});

describe("ffprobe", () => {
  const cases = kinds.flatMap((kind) => transports.map((transport) => ({ kind, transport })));
  test.each(cases)("$kind, $transport", async ({ kind, transport }) => {
    const { port, path } = target(kind);
    const user = kind === "no login" ? "" : `${login.username}:${login.password}@`;
    const { stdout, stderr } = await runProgram("ffprobe", [
      ...["-v", "error", "-rtsp_transport", transport, "-show_entries", "stream=codec_name,width,sample_rate"],
      ...["-of", "csv=p=0", `rtsp://${user}127.0.0.1:${port}/${path}`],
    ]);
    expect(stderr).toBe("");
    expect(stdout.toString().trim().split("\n")).toEqual(["h264,1920", "aac,48000", "opus,48000"]);
  });
});
