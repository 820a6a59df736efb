// What the engine keeps to itself, what it refuses, and what MediaMTX adds.
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RTCPeerConnection, RTCRtpCodecParameters } from "werift";
import { makeCertificates } from "../../../simulator/certificates.ts";
import { framesPerSecond } from "../../../simulator/media/live-format.ts";
import { findExecutable } from "../../../src/foundation/child-process.ts";
import { EventHome, firstFrameOf, judgeRecording, newest } from "../../integration/event-home.fixtures.ts";
import { type Attributes, StreamHome } from "../../integration/stream-home.fixtures.ts";
import { temporaryDirectory } from "../../support/belfry-process.ts";
import { freePort } from "../../support/free-port.ts";
import { announceStatus, describeStatus, probeStreams } from "../../support/media-probe.ts";
import { listProcesses } from "../../support/process-list.ts";
import { RtspReader } from "../../support/rtsp-reader.ts";
import { runProgram } from "../../support/run-program.ts";
import { SimulatedHome } from "../../support/simulated-home.ts";
import { beepTimes, secondTimes } from "../../support/sync-recording.ts";
import { VideoReader } from "../../support/video-reader.ts";
import { childrenLeft, engineProcesses, mainShell, noProcess } from "./engine-processes.fixtures.ts";

const mediamtx = { stream_engine: "mediamtx" };
const slug = "front-door";

/** What the info entity shows. */
async function info(stage: StreamHome, name = slug): Promise<Attributes> {
  const { text } = await stage.state(name, "info", /stream_Source/);
  const found: Attributes = JSON.parse(text);
  return found;
}

async function configOf(stage: StreamHome): Promise<{ text: string; mode: number; config: Attributes }> {
  const file = join(stage.home.dataDirectory, "mediamtx/run/mediamtx.yml");
  const text = await readFile(file, "utf8");
  return { text, mode: (await stat(file)).mode & 0o777, config: JSON.parse(text) };
}

/** Of all packets of a track, in ms. */
async function packetTimes(file: string, track: string): Promise<number[]> {
  const args = ["-v", "error", "-select_streams", track, "-show_entries", "packet=pts_time", "-of", "csv=p=0", file];
  const { stdout } = await runProgram("ffprobe", args, { timeoutMs: 20_000 });
  return stdout
    .toString()
    .trim()
    .split("\n")
    .map((time) => Number.parseFloat(time) * 1_000);
}

const probe = (url: string, ...args: string[]) =>
  runProgram("ffprobe", ["-v", "error", ...args, "-show_entries", "stream=codec_name", "-of", "csv=p=0", url], {
    timeoutMs: 20_000,
  });

describe("secrets", () => {
  test("the configuration is for us alone, what is not used is off, and no password is in any argument list", async () => {
    const login = { livestream_user: "viewer", livestream_pass: "plain-Secret.7" };
    await using stage = await StreamHome.start({ settings: { ...mediamtx, ...login } });
    const url = stage.url(slug).replace("//", `//viewer:${login.livestream_pass}@`);
    const playing = runProgram("ffmpeg", ["-v", "error", "-i", url, "-t", "4", "-f", "null", "-"], {
      timeoutMs: 30_000,
    });
    await stage.attributes(slug, "stream", ({ status }) => status === "active");
    const { mode, config } = await configOf(stage);
    expect(mode).toBe(0o600);
    expect(config).toMatchObject({ rtmp: false, srt: false, moq: false, hls: false, webrtc: false, playback: false });
    expect(String(config["apiAddress"])).toMatch(/^127\.0\.0\.1:/);
    expect(String(config["metricsAddress"])).toMatch(/^127\.0\.0\.1:/);
    const users = config["authInternalUsers"] as readonly { pass: string; permissions: { action: string }[] }[];
    expect(users.map(({ permissions }) => permissions.map(({ action }) => action).join())).toEqual([
      "api,metrics",
      "publish",
      "read",
    ]);
    const control = await readFile(join(stage.home.dataDirectory, "mediamtx/run/mosquitto_pub"), "utf8");
    const lasting = [...users.map(({ pass }) => pass), /-P (\S+)/.exec(control)?.[1] ?? ""];
    const commands = (await childrenLeft(stage.belfry)).map(({ command }) => command);
    expect(commands.length).toBeGreaterThan(3);
    for (const secret of lasting) expect(commands.filter((command) => command.includes(secret))).toEqual([]);
    expect((await playing).code).toBe(0);
  });

  test("nobody may publish, not even from this machine, nor ask the API", async () => {
    await using stage = await StreamHome.start({ settings: mediamtx });
    const source = ["-f", "lavfi", "-i", "testsrc=size=128x96:rate=5", "-t", "3", "-c:v", "libx264"];
    const target = ["-f", "rtsp", "-rtsp_transport", "tcp", stage.url(slug)];
    const run = await runProgram("ffmpeg", ["-v", "error", ...source, ...target], { timeoutMs: 20_000 });
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain("401");
    const { config } = await configOf(stage);
    const answer = await fetch(`http://${String(config["apiAddress"])}/v3/paths/list`);
    expect(answer.status).toBe(401);
  });

  test("nobody but the script speaks on the control channel", async () => {
    await using stage = await StreamHome.start({ settings: mediamtx });
    await using reader = await RtspReader.play(stage.url(slug));
    await reader.picture(10);
    const { environment } = await mainShell(stage.belfry);
    const topic = `${environment.get("BELFRY_CONTROL_TOPIC")}/${environment.get("MTX_PATH")}/command`;
    const place = ["-h", "127.0.0.1", "-p", environment.get("BELFRY_CONTROL_PORT") ?? "", "-t", topic, "-m", "OFF"];
    for (const login of [[], ["-u", "belfry", "-P", "guessed"]])
      expect((await runProgram("mosquitto_pub", [...place, ...login])).code).not.toBe(0);
    await reader.picture(reader.pictures.length + 10);
  });

  test("the place where FFmpeg publishes is worth nothing once it is used", async () => {
    await using stage = await StreamHome.start({ settings: mediamtx });
    await using reader = await RtspReader.play(stage.url(slug));
    await reader.picture(10);
    const [ffmpeg] = await engineProcesses("ffmpeg", stage.belfry);
    const place = ffmpeg?.command.split(" ").at(-1) ?? "";
    expect(place).toMatch(/^rtsp:\/\/127\.0\.0\.1:\d+\/secret-/);
    await expect(announceStatus(place)).rejects.toThrow();
    await reader.picture(reader.pictures.length + 10);
  });
});

describe("readers' credentials", () => {
  test.each([
    ["plain", "plain-Secret.7", "Digest"],
    ["with characters that MediaMTX takes only hashed", "p%ss w'rd/ü", "Basic"],
  ])("a password that is %s", async (_what, password, first) => {
    const login = { livestream_user: "viewer", livestream_pass: password };
    await using stage = await StreamHome.start({ settings: { ...mediamtx, ...login } });
    expect(await describeStatus(stage.url(slug))).toBe(401);
    const { stream_Source: shown } = await info(stage);
    const url = String(shown).replace(/@[^/]+/, `@127.0.0.1:${stage.belfry.rtspPort}`);
    expect(url).toContain(encodeURIComponent(password));
    const tracks = await probeStreams(url);
    expect(tracks.map(({ codec }) => codec)).toEqual(["h264", "aac", "opus"]);
    const wrong = await probe(stage.url(slug).replace("//", "//viewer:wrong@"), "-rtsp_transport", "tcp");
    expect(wrong.stderr).toContain("401");
    const { config } = await configOf(stage);
    expect((config["rtspAuthMethods"] as string[])[0]?.toLowerCase()).toBe(first.toLowerCase());
  });
});

test("a password with a colon is refused, because no reader could ever log in with it", async () => {
  await using home = await SimulatedHome.start();
  const login = { livestream_user: "viewer", livestream_pass: "with:colon" };
  const belfry = await home.startBelfry({ settings: { ...mediamtx, ...login } });
  expect((await belfry.exited).code).not.toBe(0);
  expect(belfry.lines.join("\n")).toMatch(/cannot take a stream user or password with a colon/);
});

test("a port that is taken is replaced by the next free one, and every address follows", async () => {
  const { createServer } = await import("node:net");
  const port = await freePort();
  const other = createServer().listen(port, "127.0.0.1");
  try {
    await using stage = await StreamHome.start({ settings: { ...mediamtx, rtsp_port: port } });
    const { stream_Source: shown } = await info(stage);
    const [, used] = /:(\d+)\//.exec(String(shown)) ?? [];
    expect(Number(used)).toBeGreaterThan(port);
    await stage.belfry.waitForLine(new RegExp(`RTSP port ${port} is taken`));
    const path = stage.home.camera(slug).record.device_id;
    await using reader = await RtspReader.play(`rtsp://127.0.0.1:${used}/${path}_live`);
    await reader.picture(5);
  } finally {
    other.close();
  }
});

test("the address to listen on may be a name", async () => {
  await using stage = await StreamHome.start({ settings: { ...mediamtx, rtsp_bind: "localhost" } });
  await using reader = await RtspReader.play(stage.url(slug));
  await reader.picture(3);
  await using home = await SimulatedHome.start();
  const nowhere = await home.startBelfry({ settings: { ...mediamtx, rtsp_bind: "203.0.113.1" } });
  expect(await nowhere.exited).toEqual({ code: 1, signal: null });
  expect(nowhere.lines.at(-1)).toMatch(
    /MediaMTX cannot listen on 203\.0\.113\.1 port \d+ \(EADDRNOTAVAIL\); check rtsp_bind/,
  );
});

test("ON by hand holds the call, and nothing is published before somebody reads", async () => {
  await using stage = await StreamHome.start({ settings: mediamtx });
  await stage.command(slug, "stream", "ON");
  await stage.attributes(slug, "stream", ({ status }) => status === "active", { timeoutMs: 15_000 });
  expect(await engineProcesses("ffmpeg", stage.belfry)).toEqual([]);
  const asked = performance.now();
  await using reader = await RtspReader.play(stage.url(slug));
  await reader.picture(1);
  console.info(`first picture of a call that runs: ${(performance.now() - asked).toFixed(0)} ms`);
  expect(await engineProcesses("ffmpeg", stage.belfry)).toHaveLength(1);
  expect(stage.calls(slug, "live.requested")).toHaveLength(1);
  await reader[Symbol.asyncDispose]();
  await noProcess("ffmpeg", stage.belfry);
  expect(stage.calls(slug, "live.ended")).toEqual([]);
});

test("a player that takes its time gets the stream of a camera that does so, too, by one script and one FFmpeg", async () => {
  await using stage = await StreamHome.start({ settings: { ...mediamtx, log_level: "debug" } });
  stage.turn(slug, { mediaDelayMs: 5_000 });
  await using reader = await RtspReader.play(stage.url(slug), { hesitationMs: 100 });
  await reader.picture(20);
  const started = (pattern: RegExp): number => stage.belfry.lines.filter((line) => pattern.test(line)).length;
  expect(started(/runOnDemand command started/)).toBe(1);
  expect(started(/is publishing to path/)).toBe(1);
  expect(await engineProcesses("ffmpeg", stage.belfry)).toHaveLength(1);
});

describe("a recorded event", () => {
  const seconds = 8;
  let events: EventHome;
  beforeAll(async () => {
    events = await EventHome.start({ settings: mediamtx, recording: { seconds } });
    await events.waitForShown("the newest one", ({ eventId }) => eventId === newest.motion);
  });
  afterAll(async () => {
    await events?.[Symbol.asyncDispose]();
  });

  test("plays from its first picture to its last, and ends for its reader; the next request plays it again", async () => {
    for (const _attempt of ["first", "again"]) {
      await using reader = new VideoReader(events.url);
      expect(await reader.ended).toBe(0);
      const first = firstFrameOf(newest.motion);
      expect(judgeRecording(reader.frames)).toEqual({ first, count: seconds * framesPerSecond, gaps: 0 });
      await noProcess("ffmpeg", events.belfry);
    }
  });

  test("has AAC and Opus, evenly and in step with the picture", async () => {
    await using directory = await temporaryDirectory();
    const file = join(directory.path, "event.mkv");
    const args = ["-v", "error", "-rtsp_transport", "tcp", "-i", events.url, "-map", "0", "-c", "copy", file];
    expect((await runProgram("ffmpeg", args, { timeoutMs: 30_000 })).code).toBe(0);
    const { stdout } = await probe(file);
    expect(stdout.toString().trim().split("\n")).toEqual(["h264", "aac", "opus"]);
    const times = await packetTimes(file, "a:0");
    const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    const frameMs = 1_024 / 48;
    // The first packet comes before FFmpeg, as the player, has heard where it belongs.
    expect(steps.slice(20).filter((step) => Math.abs(step - frameMs) > 1.5)).toEqual([]);
    const pictures = await secondTimes(file);
    for (const track of [0, 1]) {
      const beeps = await beepTimes(file, track);
      const offsets = pictures.slice(1).map((picture) => Math.min(...beeps.map((beep) => Math.abs(beep - picture))));
      expect(offsets).toHaveLength(seconds - 1);
      expect(Math.max(...offsets)).toBeLessThan(0.02);
    }
  });
});

describe("what MediaMTX adds", () => {
  test("LL-HLS brings the engine in by itself, is shown, plays, and lets the camera sleep soon", async () => {
    const ports = { ll_hls: true, hls_port: await freePort() };
    await using stage = await StreamHome.start({ settings: { stream_engine: "auto", ...ports } });
    const { hls_Source: url } = await info(stage);
    expect(url).toBe(
      `http://127.0.0.1:${ports.hls_port}/${stage.home.camera(slug).record.device_id}_live/index.m3u8`.replace(
        "127.0.0.1",
        new URL(String(url)).hostname,
      ),
    );
    const local = String(url).replace(/\/\/[^/:]+/, "//127.0.0.1");
    const played = await runProgram(
      "ffmpeg",
      ["-v", "error", "-i", local, "-map", "0:v", "-t", "4", "-f", "null", "-"],
      {
        timeoutMs: 40_000,
      },
    );
    expect(played.stderr).toBe("");
    expect(played.code).toBe(0);
    const left = performance.now();
    await stage.untilCallsAreOver(slug, { timeoutMs: 60_000 });
    const seconds = (performance.now() - left) / 1_000;
    console.info(`the call ends ${seconds.toFixed(1)} s after the last HLS request`);
    expect(seconds).toBeLessThan(25);
  });

  test("WHEP plays", async () => {
    const ports = { whep: true, whep_port: await freePort() };
    await using stage = await StreamHome.start({ settings: { ...mediamtx, ...ports } });
    const { whep_Source: url } = await info(stage);
    const local = String(url).replace(/\/\/[^/:]+/, "//127.0.0.1");
    const h264 = new RTCRtpCodecParameters({ mimeType: "video/H264", clockRate: 90_000, payloadType: 96 });
    const peer = new RTCPeerConnection({ codecs: { video: [h264] }, iceServers: [] });
    try {
      const packets = Promise.withResolvers<void>();
      let count = 0;
      peer.onTrack.subscribe((track) => {
        track.onReceiveRtp.subscribe(() => {
          if (++count > 50) packets.resolve();
        });
      });
      peer.addTransceiver("video", { direction: "recvonly" });
      await peer.setLocalDescription(await peer.createOffer());
      const body = peer.localDescription?.sdp ?? "";
      const answer = await fetch(local, { method: "POST", headers: { "content-type": "application/sdp" }, body });
      expect(answer.status).toBe(201);
      await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
      await packets.promise;
      await stage.attributes(slug, "stream", ({ viewers }) => JSON.stringify(viewers).includes('"kind":"webrtc"'));
    } finally {
      await peer.close();
    }
  });

  test("RTSPS plays with the owner's certificate", async () => {
    await using directory = await temporaryDirectory();
    const { cert, key } = await makeCertificates();
    const files = { rtsps_cert: join(directory.path, "cert.pem"), rtsps_key: join(directory.path, "key.pem") };
    await writeFile(files.rtsps_cert, cert);
    await writeFile(files.rtsps_key, key);
    await using stage = await StreamHome.start({
      settings: { stream_engine: "auto", rtsps: true, rtsps_port: await freePort(), ...files },
    });
    const { rtsps_Source: url } = await info(stage);
    expect(String(url)).toMatch(/^rtsps:\/\//);
    const run = await probe(String(url).replace(/\/\/[^/:]+/, "//127.0.0.1"), "-rtsp_transport", "tcp");
    expect(run.stdout.toString().trim().split("\n")).toEqual(["h264", "aac", "opus"]);
  });
});

describe("which program", () => {
  /** A program that says of itself what a test wants. */
  async function fakeProgram(directory: string, printed: string): Promise<string> {
    const file = join(directory, "mediamtx");
    await writeFile(file, `#!/bin/sh\necho '${printed}'\n`);
    await chmod(file, 0o755);
    return file;
  }

  test("a MediaMTX that is too old is refused in one sentence", async () => {
    await using directory = await temporaryDirectory();
    await using home = await SimulatedHome.start();
    const mediamtx_path = await fakeProgram(directory.path, "v1.19.3");
    const belfry = await home.startBelfry({ settings: { ...mediamtx, mediamtx_path } });
    const { code } = await belfry.exited;
    expect(code).not.toBe(0);
    expect(belfry.lines.join("\n")).toMatch(/is MediaMTX 1\.19\.3; it must be 1\.20\.1 or newer/);
  });

  test("what is not there is refused, and nothing is downloaded that is not pinned", async () => {
    await using home = await SimulatedHome.start();
    const missing = await home.startBelfry({ settings: { ...mediamtx, mediamtx_path: "/nowhere/mediamtx" } });
    expect((await missing.exited).code).not.toBe(0);
    expect(missing.lines.join("\n")).toMatch(/mediamtx_path names \/nowhere\/mediamtx, which is no program/);
    // Without its own directory the PATH has no MediaMTX.
    const own = dirname(findExecutable("mediamtx") ?? "");
    const path = (process.env["PATH"] ?? "")
      .split(":")
      .filter((entry) => entry !== own)
      .join(":");
    const alone = await home.startBelfry({ settings: mediamtx, path });
    expect((await alone.exited).code).not.toBe(0);
    expect(alone.lines.join("\n")).toMatch(/MediaMTX is not installed: set mediamtx_download/);
    const pins: Attributes = JSON.parse(await readFile("pins.json", "utf8"));
    if (pins["mediamtx"] !== undefined) return;
    const unpinned = await home.startBelfry({ settings: { ...mediamtx, mediamtx_download: true }, path });
    expect((await unpinned.exited).code).not.toBe(0);
    expect(unpinned.lines.join("\n")).toMatch(/does not know which MediaMTX file is the right one/);
  });

  test("with auto, streams are served all the same where MediaMTX cannot be had", async () => {
    await using directory = await temporaryDirectory();
    const mediamtx_path = await fakeProgram(directory.path, "v1.0.0");
    await using stage = await StreamHome.start({ settings: { stream_engine: "auto", ll_hls: true, mediamtx_path } });
    await stage.belfry.waitForLine(/Low-latency HLS cannot be had/);
    await using reader = await RtspReader.play(stage.url(slug));
    await reader.picture(3);
    expect((await listProcesses()).filter(({ command }) => command.includes(directory.path))).toEqual([]);
  });
});
