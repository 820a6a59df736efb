// Looks at streams from outside, as players do: what ffprobe sees, and what an RTSP server answers.
import { connect } from "node:net";
import jpeg from "jpeg-js";
import { runProgram } from "./run-program.ts";

export interface ProbedStream {
  readonly type: string;
  readonly codec: string;
  readonly profile: string | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly sampleRate: number | undefined;
  readonly channels: number | undefined;
}

interface FfprobeStream {
  codec_type?: string;
  codec_name?: string;
  profile?: string;
  width?: number;
  height?: number;
  sample_rate?: string;
  channels?: number;
}

/** The streams that ffprobe sees, over RTSP by TCP; rejects with its words where it fails. */
export function probeStreams(url: string, { timeoutMs = 20_000 } = {}): Promise<ProbedStream[]> {
  return probe([...(url.startsWith("rtsp:") ? ["-rtsp_transport", "tcp"] : []), url], timeoutMs);
}

/** The same of a file. */
export function probeFile(path: string): Promise<ProbedStream[]> {
  return probe([path], 20_000);
}

async function probe(input: readonly string[], timeoutMs: number): Promise<ProbedStream[]> {
  const run = await runProgram("ffprobe", ["-v", "error", "-show_streams", "-of", "json", ...input], { timeoutMs });
  if (run.code !== 0) throw new Error(`ffprobe failed on ${input.at(-1)}: ${run.stderr.trim()}`);
  const { streams = [] }: { streams?: FfprobeStream[] } = JSON.parse(run.stdout.toString());
  return streams.map((stream) => ({
    type: stream.codec_type ?? "unknown",
    codec: stream.codec_name ?? "unknown",
    profile: stream.profile,
    width: stream.width,
    height: stream.height,
    sampleRate: stream.sample_rate === undefined ? undefined : Number(stream.sample_rate),
    channels: stream.channels,
  }));
}

/** When key frames of a stream are shown, in seconds of its own clock, from a reader's start to the stream's end. */
export async function keyFrameTimes(url: string, { timeoutMs = 40_000 } = {}): Promise<number[]> {
  const args = ["-v", "error", "-rtsp_transport", "tcp", "-select_streams", "v:0"];
  const entries = ["-show_entries", "packet=pts_time,flags", "-of", "csv=p=0", url];
  const { stdout } = await runProgram("ffprobe", [...args, ...entries], { timeoutMs });
  // The very first one may have no time yet.
  return [...stdout.toString().matchAll(/^([\d.]+),K/gm)].map(([, time]) => Number(time));
}

/** Width and height of a JPEG, by decoding it completely; throws where it is damaged. */
export function decodePicture(picture: Buffer): { readonly width: number; readonly height: number } {
  const { width, height } = jpeg.decode(picture, { useTArray: true, formatAsRGBA: false });
  return { width, height };
}

/** The status code that an RTSP server gives to a DESCRIBE of that URL. */
export const describeStatus = (url: string, options: { timeoutMs?: number } = {}): Promise<number> =>
  statusOf("DESCRIBE", url, "Accept: application/sdp\r\n\r\n", options);

/** The status code that it gives to somebody who wants to publish H.264 there. */
export function announceStatus(url: string, options: { timeoutMs?: number } = {}): Promise<number> {
  const media = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:streamid=0\r\n";
  const sdp = `v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n${media}`;
  const rest = `Content-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`;
  return statusOf("ANNOUNCE", url, rest, options);
}

function statusOf(method: string, url: string, rest: string, { timeoutMs = 10_000 }): Promise<number> {
  const { hostname, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const socket = connect({ host: hostname, port: Number(port || 554), timeout: timeoutMs });
  let answer = "";
  socket.once("connect", () => socket.write(`${method} ${url} RTSP/1.0\r\nCSeq: 1\r\n${rest}`));
  socket.on("data", (piece) => {
    answer += piece.toString("latin1");
    const status = /^RTSP\/1\.0 (\d{3})/.exec(answer)?.[1];
    if (status) resolve(Number(status));
  });
  socket.once("timeout", () => reject(new Error(`${url}: no answer to ${method} within ${timeoutMs} ms`)));
  socket.once("error", reject);
  socket.once("close", () => reject(new Error(`${url}: the server hung up without an answer`)));
  return promise.finally(() => socket.destroy());
}
