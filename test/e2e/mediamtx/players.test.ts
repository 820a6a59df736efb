// Players against MediaMTX as stream engine: what they record has every picture.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { framesPerSecond } from "../../../simulator/media/live-format.ts";
import { players, type TransportName } from "../players/players.ts";
import { judgeRecording, login, openDirectory, PlayersStage } from "../players/players-stage.ts";

const recordMs = 5_000;
/** GStreamer and VLC buffer for 2 s before they record, and all wait for a key frame. */
const leastFrames = ((recordMs - 4_000) / 1_000) * framesPerSecond;
const transports: readonly TransportName[] = ["tcp", "udp"];
const kinds = ["no login", "Digest"] as const;

let open: PlayersStage;
let guarded: PlayersStage;

beforeAll(async () => {
  const settings = { stream_engine: "mediamtx" };
  [open, guarded] = await Promise.all([
    PlayersStage.start(settings),
    PlayersStage.start({ ...settings, livestream_user: login.username, livestream_pass: login.password }),
  ]);
  await Promise.all([open.hold(), guarded.hold()]);
});
afterAll(async () => {
  await Promise.all([open?.[Symbol.asyncDispose](), guarded?.[Symbol.asyncDispose]()]);
});

describe.each(players)("$name", (player) => {
  if (player.lack !== undefined) {
    test.skip(`not here: ${player.lack}`, () => undefined);
    return;
  }

  const cases = kinds.flatMap((kind) => transports.map((transport) => ({ kind, transport })));
  test.each(cases)("$kind, $transport", async ({ kind, transport }) => {
    using directory = openDirectory();
    const stage = kind === "no login" ? open : guarded;
    const target = { port: stage.port, path: stage.path, ...(kind === "no login" ? {} : { login }) };
    const recorded = await player.record({ ...target, transport, ms: recordMs, directory: directory.path });
    const verdict = await judgeRecording(recorded);
    console.log(`${player.name}, ${kind}, ${transport}: ${verdict.frames} pictures`);
    expect(verdict, recorded.output).toMatchObject({ skipped: 0, repeated: 0, unreadable: 0 });
    expect(verdict.frames).toBeGreaterThanOrEqual(leastFrames);
  });

  test("a wrong password is refused", async () => {
    using directory = openDirectory();
    const wrong = { username: login.username, password: "another" };
    const { path, port } = guarded;
    const recording = { path, port, login: wrong, transport: "tcp" as const, ms: 6_000, directory: directory.path };
    const verdict = await player.record(recording).then(judgeRecording, () => undefined);
    expect(verdict?.frames ?? 0).toBe(0);
  });
});
