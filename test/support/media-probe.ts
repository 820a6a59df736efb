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
export async function probeStreams(url: string, { timeoutMs = 20_000 } = {}): Promise<ProbedStream[]> {
  const transport = url.startsWith("rtsp:") ? ["-rtsp_transport", "tcp"] : [];
  const args = ["-v", "error", ...transport, "-show_streams", "-of", "json", url];
  const run = await runProgram("ffprobe", args, { timeoutMs });
  if (run.code !== 0) throw new Error(`ffprobe failed on ${url}: ${run.stderr.trim()}`);
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

/** Width and height of a JPEG, by decoding it completely; throws where it is damaged. */
export function decodePicture(picture: Buffer): { readonly width: number; readonly height: number } {
  const { width, height } = jpeg.decode(picture, { useTArray: true, formatAsRGBA: false });
  return { width, height };
}

/** The status code that an RTSP server gives to a DESCRIBE of that URL. */
export function describeStatus(url: string, { timeoutMs = 10_000 } = {}): Promise<number> {
  const { hostname, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const socket = connect({ host: hostname, port: Number(port || 554), timeout: timeoutMs });
  let answer = "";
  socket.once("connect", () => socket.write(`DESCRIBE ${url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n`));
  socket.on("data", (piece) => {
    answer += piece.toString("latin1");
    const status = /^RTSP\/1\.0 (\d{3})/.exec(answer)?.[1];
    if (status) resolve(Number(status));
  });
  socket.once("timeout", () => reject(new Error(`${url}: no answer to DESCRIBE within ${timeoutMs} ms`)));
  socket.once("error", reject);
  socket.once("close", () => reject(new Error(`${url}: the server hung up without an answer`)));
  return promise.finally(() => socket.destroy());
}
