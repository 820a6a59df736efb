// One run of MediaMTX: its configuration is written, it is started, and it is ready when its API answers.

import { randomBytes } from "node:crypto";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { abortable, composeSignals, StopError } from "../../../foundation/abort.ts";
import { Child, type ChildExit, endMarked, findMarked } from "../../../foundation/child-process.ts";
import { type Clock, delay } from "../../../foundation/clock.ts";
import { errorCode, TransientError } from "../../../foundation/errors.ts";
import type { Logger } from "../../../foundation/logger.ts";
import type { Login } from "./auth-users.ts";
import { controlTopic } from "./control-channel.ts";
import { MediamtxApi } from "./mediamtx-api.ts";
import { type MediamtxConfigOptions, type MediamtxPorts, mediamtxConfig, ownAddress } from "./mediamtx-config.ts";
import { complaintIn, hintOf, type LogHint, logLine } from "./mediamtx-log.ts";
import { type Publication, PublishRelay } from "./publishing/publish-relay.ts";

export interface MediamtxRunOptions {
  readonly program: string;
  /** Made if need be; what stands in it is for this run. */
  readonly directory: string;
  /** The on-demand script. */
  readonly script: string;
  readonly control: { readonly host: string; readonly port: number } & Login;
  readonly config: Omit<MediamtxConfigOptions, "ports" | keyof Logins>;
  readonly ports: MediamtxPorts;
  /** Id of the data directory, see `endLeftovers`. */
  readonly instance: string;
  readonly onHint: (hint: LogHint) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Made for one run. */
interface Logins {
  readonly control: Login;
  readonly publishing: Login;
}

/** Marks the scripts of a run: MediaMTX passes its environment on to them. */
const runVariable = "BELFRY_MEDIAMTX_RUN";
const readyLimitMs = 10_000;
const readyPauseMs = 40;
const stopGraceMs = 1_500;
/** One that does not answer so often in a row hangs. */
const watch = { everyMs: 5_000, mostSilences: 3 } as const;

export class MediamtxRun implements AsyncDisposable {
  readonly api: MediamtxApi;
  readonly ports: MediamtxPorts;
  /** Resolves with the reason when MediaMTX and all its scripts are gone. */
  readonly ended: Promise<Error>;
  readonly #options: MediamtxRunOptions;
  readonly #child: Child;
  readonly #publishing: Login;
  readonly #mark: string;
  /** Aborts when it has ended. */
  readonly #life = new AbortController();
  #lastComplaint = "";
  #isReady = false;

  private constructor(options: MediamtxRunOptions, child: Child, { control, publishing }: Logins, mark: string) {
    const { ports, logger, onHint } = options;
    this.api = new MediamtxApi({ port: ports.api, login: control });
    this.ports = ports;
    this.#options = options;
    this.#child = child;
    this.#publishing = publishing;
    this.#mark = mark;
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on("line", (line) => {
        const read = logLine(line, this.#isReady, logger);
        this.#lastComplaint = complaintIn(read, this.#isReady) ?? this.#lastComplaint;
        onHint(hintOf(read.message));
      });
    this.ended = child.died.then(async (exit) => {
      await endMarked(runVariable, mark);
      await child.exited;
      this.#life.abort(new StopError("closed"));
      return new MediamtxEndedError(exit, this.#lastComplaint);
    });
  }

  /** Rejects with TransientError `mediamtx.ended` or `mediamtx.not-ready`, or as `Child.start` does. */
  static async start(options: MediamtxRunOptions): Promise<MediamtxRun> {
    const { program, instance, clock, signal } = options;
    const logins = { control: randomLogin(), publishing: randomLogin() };
    const mark = randomBytes(8).toString("hex");
    const { configFile, environment } = await writeFiles(options, logins);
    const child = await Child.start({
      command: program,
      args: [configFile],
      env: { ...environment, [runVariable]: mark },
      instance,
      graceMs: stopGraceMs,
      clock,
      signal,
    });
    const run = new MediamtxRun(options, child, logins, mark);
    try {
      await run.#untilReady(clock, signal);
      void run.#watchOver(clock);
      return run;
    } catch (error) {
      await run[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A place where FFmpeg publishes what shall be at that path. Nothing goes on before somebody reads, for a while. */
  openPublication(path: string, isRecording: boolean): Promise<Publication> {
    const { config, clock } = this.#options;
    const target = { host: ownAddress(config.host), port: this.ports.rtsp, login: this.#publishing };
    return PublishRelay.open({ path, target, isRecording, clock });
  }

  /** Nothing of the on-demand scripts that it has run for this path is there any more. False where that cannot be told. */
  async isScriptGone(path: string): Promise<boolean> {
    const found = await findMarked({ [runVariable]: this.#mark, MTX_PATH: path });
    return found?.length === 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stop();
    await this.ended;
  }

  /** One that lives and answers nobody is ended, and so started again as if it had died. Never rejects. */
  async #watchOver(clock: Clock): Promise<void> {
    const { signal } = this.#life;
    for (let silences = 0; silences < watch.mostSilences; ) {
      await delay(clock, watch.everyMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      const isSilent = await this.api.info(signal).then(
        () => false,
        (error: unknown) => errorCode(error) === "mediamtx.api",
      );
      silences = isSilent ? silences + 1 : 0;
    }
    this.#lastComplaint = "it did not answer any more";
    await this.#child.stop();
  }

  async #untilReady(clock: Clock, parent: AbortSignal): Promise<void> {
    const ended = new AbortController();
    void this.ended.then((error) => ended.abort(error));
    const signal = composeSignals(parent, ended.signal);
    const latestMs = clock.monotonic() + readyLimitMs;
    for (;;) {
      try {
        await abortable(this.api.info(signal), signal);
        this.#isReady = true;
        return;
      } catch (cause) {
        signal.throwIfAborted();
        if (clock.monotonic() > latestMs)
          throw new TransientError("mediamtx.not-ready", "MediaMTX was started, but does not answer", { cause });
      }
      await delay(clock, readyPauseMs, signal);
    }
  }
}

function randomLogin(): Login {
  return { username: `belfry${randomBytes(6).toString("hex")}`, password: randomBytes(24).toString("hex") };
}

interface WrittenFiles {
  readonly configFile: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Passwords stand in these files alone, and only we can read them. */
async function writeFiles(options: MediamtxRunOptions, logins: Logins): Promise<WrittenFiles> {
  const { directory, control, script, config, ports } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const configFile = join(directory, "mediamtx.yml");
  await writePrivate(configFile, JSON.stringify(mediamtxConfig({ ...config, ...logins, ports }), undefined, 2));
  const clientOptions = `-u ${control.username}\n-P ${control.password}\n`;
  for (const client of ["mosquitto_pub", "mosquitto_sub"]) await writePrivate(join(directory, client), clientOptions);
  return {
    configFile,
    environment: {
      BELFRY_DEMAND_SCRIPT: script,
      BELFRY_CONTROL_HOST: control.host,
      BELFRY_CONTROL_PORT: String(control.port),
      BELFRY_CONTROL_TOPIC: controlTopic,
      XDG_CONFIG_HOME: directory,
    },
  };
}

async function writePrivate(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
  // The mode above is for a new file.
  await chmod(file, 0o600);
}

/** `isByItself`: it was not killed, but did not want to go on. */
export class MediamtxEndedError extends TransientError {
  readonly isByItself: boolean;

  constructor({ code, signal }: ChildExit, lastComplaint: string) {
    const why = lastComplaint ? `: ${lastComplaint}` : "";
    super("mediamtx.ended", `MediaMTX ended (${signal ?? `code ${code}`})${why}`);
    this.isByItself = signal === null;
  }
}
