// The RTSP players of the world that can be had here: each records a stream to a file, in its own way.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { findExecutable } from "../../../src/foundation/child-process.ts";
import { go2rtc, lackOf, mediamtx, type PullingProgram, PullingServer } from "../../support/pulling-server.ts";
import { RunningProgram, type TimedProgram } from "../../support/timed-program.ts";

export type TransportName = "tcp" | "udp";

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface Recording {
  readonly port: number;
  readonly path: string;
  readonly login?: Login;
  /** Undefined: what the player does unless told. */
  readonly transport?: TransportName;
  readonly ms: number;
  /** An own directory, writable for everybody. */
  readonly directory: string;
}

export interface Recorded {
  /** With the video track, and for some players the others. */
  readonly file: string;
  /** The last of what it printed. */
  readonly output: string;
  /** What of it is a complaint. */
  readonly complaints: readonly string[];
  /** What a decoder says of such a recording although it is whole. */
  readonly harmless?: RegExp;
}

export interface Player {
  readonly name: string;
  /** Why it cannot be had here; undefined where it can. */
  readonly lack: string | undefined;
  record(recording: Recording): Promise<Recorded>;
}

const urlOf = ({ port, path, login }: Recording): string =>
  `rtsp://${login ? `${login.username}:${login.password}@` : ""}127.0.0.1:${port}/${path}`;

async function run(program: TimedProgram, ms: number): Promise<string> {
  const { output } = await new RunningProgram(program).runFor(ms);
  return output;
}

const missing = (program: string): string | undefined =>
  findExecutable(program) ? undefined : `${program} is not installed`;

const complaintsIn = (output: string, pattern: RegExp): string[] =>
  output.split("\n").filter((line) => pattern.test(line));

async function recordByFfmpeg(url: string, { directory, transport, ms }: Recording): Promise<Recorded> {
  const file = join(directory, "ffmpeg.mkv");
  // Without a time limit it waits for UDP packets for ever.
  const input = ["-nostdin", "-v", "warning", "-timeout", "5000000"];
  const chosen = transport ? ["-rtsp_transport", transport] : [];
  const args = [...input, ...chosen, "-i", url, "-map", "0", "-c", "copy", "-t", String(ms / 1000), file];
  const output = await run({ command: "ffmpeg", args }, ms + 15_000);
  return {
    file,
    output: output.slice(-2_000),
    complaints: complaintsIn(output, /error|missed|corrupt|max delay|non-monoton/i),
  };
}

const ffmpeg: Player = {
  name: "FFmpeg",
  lack: missing("ffmpeg"),
  record: (recording) => recordByFfmpeg(urlOf(recording), recording),
};

/** gst-launch links its branches late: where two tracks begin in the same moment, one may stay without, and then nothing plays. */
const lostRace = /Delayed linking failed/;

const gstreamer: Player = {
  name: "GStreamer",
  lack: missing("gst-launch-1.0"),
  async record(recording) {
    const file = join(recording.directory, "gstreamer.h264");
    const login = recording.login ? [`user-id=${recording.login.username}`, `user-pw=${recording.login.password}`] : [];
    const protocols = recording.transport ? [`protocols=${recording.transport}`] : [];
    const source = `rtsp://127.0.0.1:${recording.port}/${recording.path}`;
    const branch = (caps: string, elements: string): string[] =>
      `s. ! application/x-rtp,${caps} ! ${elements}`.split(" ");
    const args = [
      ...["-e", "rtspsrc", `location=${source}`, "name=s", ...protocols, ...login],
      ...branch("media=video", "rtph264depay ! h264parse ! video/x-h264,stream-format=byte-stream ! filesink"),
      `location=${file}`,
      ...branch("media=audio,encoding-name=MPEG4-GENERIC", "rtpmp4gdepay ! avdec_aac ! fakesink"),
      ...branch("media=audio,encoding-name=OPUS", "rtpopusdepay ! opusdec ! fakesink"),
    ];
    const record = () => run({ command: "gst-launch-1.0", args }, recording.ms);
    const first = await record();
    const output = lostRace.test(first) ? await record() : first;
    return { file, output: output.slice(-2_000), complaints: complaintsIn(output, /^ERROR|erroneous/) };
  },
};

/** It refuses to run as root. */
const nobody = process.getuid?.() === 0 ? { user: { uid: 65_534, gid: 65_534 } } : {};

/** Some distributions build VLC without live555, its RTSP client. */
function lackOfVlc(): string | undefined {
  const program = findExecutable("cvlc");
  if (!program) return "cvlc is not installed";
  const { stdout } = spawnSync(program, ["--list"], { ...nobody.user, env: { ...process.env, HOME: "/nonexistent" } });
  return stdout.toString().includes("live555")
    ? undefined
    : "this VLC has no RTSP client: it is built without live555, or the package vlc-plugin-access-extra is missing";
}

/** A clock is the player's own until the first sender report comes, and jumps then. */
const restarts = /non monotonically increasing dts/;

const vlc: Player = {
  name: "VLC",
  lack: lackOfVlc(),
  async record(recording) {
    const file = join(recording.directory, "vlc.ts");
    const { directory } = recording;
    const args = [
      ...["--intf", "dummy", "--no-sout-audio", "--sout", `#std{access=file,mux=ts,dst=${file}}`],
      ...(recording.transport === "tcp" ? ["--rtsp-tcp"] : []),
      urlOf(recording),
    ];
    const env = { HOME: directory, XDG_RUNTIME_DIR: directory };
    const output = await run({ command: "vlc", args, env, cwd: directory, ...nobody }, recording.ms);
    return {
      file,
      output: output.slice(-2_000),
      complaints: complaintsIn(output, /live555.*error|input error/),
      harmless: restarts,
    };
  },
};

const live555: Player = {
  name: "live555 openRTSP",
  lack: missing("openRTSP"),
  async record(recording) {
    const { login, transport, ms, directory, port, path } = recording;
    const args = [
      ...["-V", "-d", String(ms / 1000), ...(transport === "tcp" ? ["-t"] : [])],
      ...(login ? ["-u", login.username, login.password] : []),
      `rtsp://127.0.0.1:${port}/${path}`,
    ];
    const output = await run({ command: "openRTSP", args, cwd: directory }, ms + 5_000);
    const file = readdirSync(directory).find((name) => name.startsWith("video-H264"));
    if (file === undefined) throw new Error(`openRTSP recorded nothing: ${output.slice(-500)}`);
    return {
      file: join(directory, file),
      output: output.slice(-2_000),
      complaints: complaintsIn(output, /failed|error/i),
    };
  },
};

/** Of a server in between: its first reports about time come when FFmpeg has begun without them. */
const lateReports = /non-monoton/i;
/** And it may have missed the beginning: whoever looks into it speaks of what came before the first key frame. */
const ofTheServerBetween =
  /decode_slice_header|no frame!|non-existing PPS|error while decoding|non monotonically|last message/i;

/** It pulls the stream, in the way that is wanted, and FFmpeg records by TCP what it serves. */
const puller = (program: PullingProgram): Player => ({
  name: program.name,
  lack: lackOf(program),
  async record(recording) {
    const { transport, directory } = recording;
    await using server = await PullingServer.start(program, { source: urlOf(recording), transport, directory });
    const recorded = await recordByFfmpeg(server.url, { ...recording, transport: "tcp" });
    const complaints = recorded.complaints.filter((line) => !lateReports.test(line) && !ofTheServerBetween.test(line));
    return {
      ...recorded,
      complaints,
      output: `${recorded.output}${server.output.slice(-4_000)}`,
      harmless: ofTheServerBetween,
    };
  },
});

export const players: readonly Player[] = [ffmpeg, gstreamer, vlc, live555, puller(go2rtc), puller(mediamtx)];
