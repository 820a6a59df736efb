// Facts about live video: three readers of one camera, as players see them, and what the Ring side shows of the call.
import type { SimulatedRingCloud } from "../../../../simulator/cloud.ts";
import type { Device } from "../../../../simulator/device.ts";
import { framesPerSecond } from "../../../../simulator/media/live-format.ts";
import { describeStatus, probeStreams } from "../../../../test/support/media-probe.ts";
import { monotonicUnixMs } from "../../../../test/support/monotonic-unix-ms.ts";
import type { SimulatedHome } from "../../../../test/support/simulated-home.ts";
import { judgeNumbers, VideoReader } from "../../../../test/support/video-reader.ts";
import { milliseconds, type Report, require, seconds } from "../report.ts";
import { heldBackMs } from "./held-back.ts";

const watchedSeconds = 5;
const graceMs = { least: 5_000, most: 10_000 };
const endLimitMs = 15_000;

/** The built-in engine begins with the pictures that it keeps; at MediaMTX a reader waits for the next key frame. */
const latestStartFrames: Readonly<Record<string, number>> = { builtin: 1, mediamtx: 12 };

/** Everything about one camera's stream, from the first reader to the end of the call. */
export async function checkLiveVideo(
  { home, engine }: { readonly home: SimulatedHome; readonly engine: string },
  camera: Device,
  url: string,
  report: Report,
): Promise<void> {
  const { cloud, observer } = home;
  const [from, after] = [observer.position, lastSequence(cloud)];
  const first = new VideoReader(url, { isImpatient: true });
  await using stack = new AsyncDisposableStack();
  stack.use(first);
  await report.fact("first decodable frame after a cold RTSP request", () => timeOfFirstFrame(cloud, first, after));
  await report.fact("the stream switch says ON and active", () => switchShows(home, camera, "ON", "active", from));
  const [second, third] = [new VideoReader(url, { seconds: watchedSeconds }), new VideoReader(url)];
  stack.use(second);
  stack.use(third);
  await Promise.all([
    report.fact("ffprobe sees H.264 1920x1080, AAC and Opus", () => tracksAreOffered(url)),
    report.fact(`${watchedSeconds} s of video decode without error or gap`, () =>
      videoIsWhole(second, latestStartFrames[engine] ?? 1),
    ),
  ]);
  await report.fact("three readers share one Ring call", async () => {
    await Promise.all([first.frame(1), second.frame(1), third.frame(1)]);
    const calls = callsOf(cloud, camera, after);
    require(calls === 1, `${calls} calls`);
    return "1 call";
  });
  const [left, sinceLeft] = [monotonicUnixMs(), observer.position];
  await stack.disposeAsync();
  await report.fact("the call ends 5 to 10 s after the last reader", () => callEnds(home, camera, after, left));
  await report.fact("the stream switch says OFF and inactive", () =>
    switchShows(home, camera, "OFF", "inactive", sinceLeft),
  );
  await report.fact("still one Ring call at the end", async () => {
    const calls = callsOf(cloud, camera, after);
    require(calls === 1, `${calls} calls`);
    return "1 call";
  });
}

export async function unknownPathIs404(url: string): Promise<string> {
  const status = await describeStatus(
    new URL("/no-such-camera_live", url.replace(/^rtsp:/, "http:")).href.replace(/^http:/, "rtsp:"),
  );
  require(status === 404, `the answer is ${status}`);
  return "404";
}

const lastSequence = ({ journal }: SimulatedRingCloud): number => journal.entries().at(-1)?.sequence ?? 0;

const callsOf = ({ journal }: SimulatedRingCloud, camera: Device, after: number): number =>
  journal.entries({ after, kind: "live.requested" }).filter(({ details }) => details["doorbotId"] === camera.id).length;

async function timeOfFirstFrame(cloud: SimulatedRingCloud, reader: VideoReader, after: number): Promise<string> {
  const frame = await reader.frame(1);
  const took = frame.at - reader.startedAt;
  const held = heldBackMs(cloud.journal, { from: reader.startedAt, to: frame.at }, after);
  return `${milliseconds(took)}, of which the simulated Ring held back ${milliseconds(held)} (the player's own start included)`;
}

async function switchShows(
  home: SimulatedHome,
  camera: Device,
  state: string,
  status: string,
  from: number,
): Promise<string> {
  const { observer } = home;
  await observer.waitFor(`the switch being ${state}`, home.topic(camera, "stream", "state"), { payload: state, from });
  const attributes = home.topic(camera, "stream", "attributes");
  const isIt = new RegExp(`"status":\\s*"${status}"`);
  await observer.waitFor(`the status ${status}`, attributes, { payload: isIt, from });
  return `${state}, ${status}`;
}

async function tracksAreOffered(url: string): Promise<string> {
  const tracks = await probeStreams(url);
  const shown = tracks.map(({ codec, profile, width, height, sampleRate }) =>
    width ? `${codec} ${profile} ${width}x${height}` : `${codec} ${sampleRate}`,
  );
  const [video, aac, opus] = tracks;
  const isRight =
    video?.codec === "h264" &&
    video.width === 1920 &&
    video.height === 1080 &&
    aac?.codec === "aac" &&
    opus?.codec === "opus";
  require(isRight && tracks.length === 3, `it sees ${shown.join(", ") || "nothing"}`);
  return shown.join(", ");
}

async function videoIsWhole(reader: VideoReader, mayLack: number): Promise<string> {
  const code = await reader.ended;
  require(code === 0 &&
    reader.errors.length === 0, `FFmpeg ended with ${code}: ${reader.errors.slice(0, 3).join("; ")}`);
  const { skipped, repeated, unreadable } = judgeNumbers(reader.frames);
  const expected = watchedSeconds * framesPerSecond;
  const count = reader.frames.length;
  require(skipped + repeated + unreadable === 0 &&
    count >=
      expected -
        mayLack, `${count} of ${expected} frames, ${skipped} skipped, ${repeated} repeated, ${unreadable} unreadable`);
  return `${count} frames, numbers ${reader.frames[0]?.number} to ${reader.frames.at(-1)?.number} without a gap`;
}

async function callEnds({ cloud }: SimulatedHome, camera: Device, after: number, left: number): Promise<string> {
  const isEnd = ({ kind, details }: { kind: string; details: Readonly<Record<string, unknown>> }): boolean =>
    kind === "live.ended" && details["doorbotId"] === camera.id;
  const ended = await cloud.journal.waitFor("end of the call", isEnd, { after, timeoutMs: endLimitMs });
  const took = ended.at - left;
  require(took >= graceMs.least && took <= graceMs.most, `it ended after ${seconds(took)}`);
  return seconds(took);
}
