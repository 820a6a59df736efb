// Programs that pull a stream from Belfry and serve it to their own readers: go2rtc, as Home Assistant has it, and MediaMTX.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findExecutable } from "../../src/foundation/child-process.ts";
import { onFreePort } from "./free-port.ts";
import { RunningProgram } from "./timed-program.ts";

export interface PulledStream {
  /** With its login. */
  readonly source: string;
  /** Undefined: what the program does unless told. */
  readonly transport: "tcp" | "udp" | undefined;
  /** For its configuration. */
  readonly directory: string;
}

export interface PullingProgram {
  readonly name: string;
  readonly command: string;
  /** Written as JSON, which is YAML. */
  config(stream: PulledStream, port: number): unknown;
  args(configFile: string): string[];
  /** It says so when it listens. */
  readonly isReady: RegExp;
}

const streamName = "camera";

export const go2rtc: PullingProgram = {
  name: "go2rtc",
  command: process.env["GO2RTC_BIN"] || "go2rtc",
  config: ({ source, transport }, port) => ({
    app: { modules: ["rtsp"] },
    log: { rtsp: "debug" },
    rtsp: { listen: `127.0.0.1:${port}` },
    streams: { [streamName]: transport ? `${source}#transport=${transport}` : source },
  }),
  args: (configFile) => ["-config", configFile],
  isReady: /\[rtsp\] listen/,
};

export const mediamtx: PullingProgram = {
  name: "MediaMTX",
  command: process.env["MEDIAMTX_BIN"] || "mediamtx",
  config: ({ source, transport = "automatic" }, port) => ({
    ...{ rtmp: false, hls: false, webrtc: false, srt: false, moq: false },
    rtspTransports: ["tcp"],
    rtspAddress: `127.0.0.1:${port}`,
    paths: { [streamName]: { source, rtspTransport: transport, sourceOnDemand: true } },
  }),
  args: (configFile) => [configFile],
  isReady: /\[RTSP\] (started with|listener)/,
};

/** Why it cannot be had here; undefined where it can. */
export const lackOf = ({ name, command }: PullingProgram): string | undefined =>
  findExecutable(command) ? undefined : `${name} (${command}) is not installed`;

export class PullingServer implements AsyncDisposable {
  /** Where its readers find the stream. */
  readonly url: string;
  readonly #program: RunningProgram;

  private constructor(program: RunningProgram, port: number) {
    this.#program = program;
    this.url = `rtsp://127.0.0.1:${port}/${streamName}`;
  }

  /** Resolves when it listens; it pulls when somebody reads. */
  static start(program: PullingProgram, stream: PulledStream): Promise<PullingServer> {
    return onFreePort(async (port) => {
      const configFile = join(stream.directory, `${program.name}-${port}.yml`);
      await writeFile(configFile, JSON.stringify(program.config(stream, port)));
      const running = new RunningProgram({
        command: program.command,
        args: program.args(configFile),
        cwd: stream.directory,
      });
      try {
        await running.said(program.isReady);
        return new PullingServer(running, port);
      } catch (error) {
        await running[Symbol.asyncDispose]();
        throw error;
      }
    });
  }

  get output(): string {
    return this.#program.output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}
