// That the FFmpeg in the image can do what Belfry needs it for: each proved by what Belfry makes of it.
import { join } from "node:path";
import { type Report, require } from "../../../scripts/lib/demo/report.ts";
import type { Device } from "../../../simulator/device.ts";
import { temporaryDirectory } from "../../support/belfry-process.ts";
import { decodePicture, probeFile } from "../../support/media-probe.ts";
import { prepareFilm } from "../../support/prepare-film.ts";
import { runProgram } from "../../support/run-program.ts";
import type { SimulatedHome } from "../../support/simulated-home.ts";
import { beepTimes } from "../../support/sync-recording.ts";
import { VideoReader } from "../../support/video-reader.ts";

const heardSeconds = 4;

export async function checkFfmpeg(home: SimulatedHome, rtspPort: number, report: Report): Promise<void> {
  const urlOf = (camera: Device, kind: "event" | "live"): string =>
    `rtsp://127.0.0.1:${rtspPort}/${camera.record.device_id}_${kind}`;
  const doorbell = home.camera("front-door");
  await report.fact("ffmpeg: AAC is made of the camera's Opus", () => hearAac(urlOf(doorbell, "live")));
  await report.fact("ffmpeg: a picture of the running stream becomes a JPEG", () => pictureOfStream(home, rtspPort));
  const camera = home.camera("side-passage");
  await report.fact("ffmpeg: an HEVC recording is played as H.264", () =>
    playHevc(home, camera, urlOf(camera, "event")),
  );
}

/** The first track of sound; the simulator's camera beeps once a second. */
async function hearAac(url: string): Promise<string> {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "sound.mka");
  const args = ["-v", "error", "-rtsp_transport", "tcp", "-i", url, "-map", "0:a:0", "-c", "copy"];
  const run = await runProgram("ffmpeg", [...args, "-t", String(heardSeconds), file]);
  require(run.code === 0, run.stderr.trim());
  const [track] = await probeFile(file);
  require(track?.codec === "aac", `the first track of sound is ${track?.codec}`);
  const beeps = (await beepTimes(file, 0)).length;
  require(beeps >= heardSeconds - 1, `${beeps} beeps in ${heardSeconds} s`);
  return `${beeps} beeps in ${heardSeconds} s, ${track.sampleRate} Hz`;
}

async function pictureOfStream(home: SimulatedHome, rtspPort: number): Promise<string> {
  // One that must not be woken for a picture.
  const camera = home.camera("back-garden");
  await using viewer = new VideoReader(`rtsp://127.0.0.1:${rtspPort}/${camera.record.device_id}_live`);
  await viewer.frame(10);
  const options = { from: home.observer.position, timeoutMs: 30_000 };
  await home.observer.publish(home.topic(camera, "take_snapshot", "command"), "PRESS");
  const image = await home.observer.waitFor("the picture", home.topic(camera, "snapshot", "image"), options);
  const { width, height } = decodePicture(image.payload);
  const attributes = await home.observer.waitFor("what it is", home.topic(camera, "snapshot", "attributes"), options);
  const { source } = JSON.parse(attributes.text);
  require(source === "stream", `the picture is of another source: ${source}`);
  return `${width}x${height}`;
}

async function playHevc(home: SimulatedHome, camera: Device, url: string): Promise<string> {
  const { startNumber, count } = await prepareFilm(home, camera, { seconds: 4, codec: "h265" });
  const from = home.observer.position;
  await using reader = new VideoReader(url);
  const code = await reader.ended;
  const said = await home.observer.waitFor("what was played", home.topic(camera, "event_stream", "attributes"), {
    from,
    payload: /"video"/,
  });
  const { video } = JSON.parse(said.text);
  const numbers = reader.frames.map(({ number }, at) => (number ?? Number.NaN) - at);
  const isWhole = code === 0 && numbers.every((number) => number === startNumber);
  require(isWhole, `the player ended with ${code}, pictures ${numbers.slice(0, 5)}`);
  require(numbers.length === count, `${numbers.length} pictures`);
  require(video === "H.264 made from HEVC", `it was ${video}`);
  return `${numbers.length} pictures, none lost; ${video}`;
}
