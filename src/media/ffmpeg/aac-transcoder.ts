// AAC of the camera's audio, made by an FFmpeg child: packets in, raw AAC frames with their time out.
import { createInterface } from "node:readline";
import { composeSignals, onAbort, StopError } from "../../foundation/abort.ts";
import { Child, type ChildExit } from "../../foundation/child-process.ts";
import type { Clock } from "../../foundation/clock.ts";
import { errorCode, PermanentError, TransientError } from "../../foundation/errors.ts";
import type { Logger } from "../../foundation/logger.ts";
import type { RtpPacket } from "../formats/rtp-packet.ts";
import type { AacFrameListener, AudioTranscoder, AudioTranscoderFactory } from "../hub/audio-transcoder.ts";
import { AdtsParser } from "./adts-parser.ts";
import { AudioTimeline } from "./audio-timeline.ts";
import { type EncoderInput, encoderInput } from "./encoder-input.ts";

export interface AacTranscoderOptions {
  readonly ffmpegPath: string;
  /** Id of the data directory, see `endLeftovers`. */
  readonly instance: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const longestGapMs = 5_000;
/** Half a minute of Opus: FFmpeg has stopped reading. */
const mostWaitingBytes = 262_144;
const samplesPerFrame = 1_024;
/** The encoder starts with one frame of its own. */
const primingSamples = 1_024;

/** Its transcoders end with PermanentError `ffmpeg.missing`, or TransientError `ffmpeg.ended`, `ffmpeg.output` or `ffmpeg.stalled`. */
export function createAacTranscoderFactory(options: AacTranscoderOptions): AudioTranscoderFactory {
  return (input, onFrame, signal) => new AacTranscoder(encoderInput(input), options, onFrame, signal);
}

class AacTranscoder implements AudioTranscoder {
  readonly ended: Promise<Error | undefined>;
  readonly #input: EncoderInput;
  readonly #options: AacTranscoderOptions;
  readonly #onFrame: AacFrameListener;
  readonly #controller = new AbortController();
  readonly #timeline: AudioTimeline;
  readonly #parser = new AdtsParser();
  /** Until FFmpeg runs. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #child: Child | undefined;
  #frames = 0;
  #failure: Error | undefined;
  #lastComplaint = "";

  constructor(input: EncoderInput, options: AacTranscoderOptions, onFrame: AacFrameListener, signal: AbortSignal) {
    this.#input = input;
    this.#options = options;
    this.#onFrame = onFrame;
    this.#timeline = new AudioTimeline({ inputRate: input.rate, silenceStep: input.silenceStep, longestGapMs });
    this.#send(input.start());
    this.ended = this.#run(composeSignals(this.#controller.signal, signal));
  }

  write(packet: RtpPacket): void {
    if (this.#controller.signal.aborted) return;
    const ticks = this.#input.ticksOf(packet.payload);
    if (ticks === 0) return;
    const place = this.#timeline.place(packet.timestamp, ticks);
    if (!place) return;
    if (place.isJump) this.#options.logger.debug("The camera's audio clock jumped; AAC follows it");
    if (place.silenceTicks > 0) this.#send(this.#input.silence(place.silenceTicks));
    this.#send(this.#input.packet(packet.payload));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort(new StopError("closed"));
    await this.ended;
  }

  async #run(signal: AbortSignal): Promise<Error | undefined> {
    try {
      const { ffmpegPath, instance, clock } = this.#options;
      const args = encoderArgs(this.#input);
      const child = await Child.start({ command: ffmpegPath, args, instance, signal, clock });
      // It has nothing to finish: no need to ask it first.
      using _stop = onAbort(signal, () => void child.kill());
      const exit = await this.#serve(child);
      return signal.aborted ? this.#failure : this.#endedError(exit);
    } catch (error) {
      return signal.aborted ? this.#failure : startError(this.#options.ffmpegPath, error);
    } finally {
      this.#child = undefined;
      this.#controller.abort(new StopError("closed"));
    }
  }

  async #serve(child: Child): Promise<ChildExit> {
    child.stdout.on("data", (chunk: Buffer) => this.#receive(chunk));
    createInterface({ input: child.stderr }).on("line", (line) => {
      this.#lastComplaint = line.slice(0, 300);
      this.#options.logger.debug(() => `FFmpeg (AAC): ${line}`);
    });
    this.#child = child;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    child.stdin.write(Buffer.concat(waiting));
    return await child.exited;
  }

  #send(bytes: Buffer): void {
    const stdin = this.#child?.stdin;
    if ((stdin?.writableLength ?? this.#waitingBytes) + bytes.length > mostWaitingBytes) {
      this.#fail(new TransientError("ffmpeg.stalled", "FFmpeg does not read the audio that it shall make AAC of"));
    } else if (stdin) {
      stdin.write(bytes);
    } else {
      this.#waiting.push(bytes);
      this.#waitingBytes += bytes.length;
    }
  }

  #receive(chunk: Buffer): void {
    if (this.#controller.signal.aborted) return;
    try {
      for (const frame of this.#parser.push(chunk)) {
        const position = this.#frames++ * samplesPerFrame - primingSamples;
        this.#onFrame(frame, this.#timeline.timestampAt(position));
      }
    } catch (error) {
      this.#fail(error instanceof Error ? error : new TransientError("ffmpeg.output", String(error)));
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#controller.abort(new StopError("failed", { cause: error }));
  }

  #endedError(exit: ChildExit): Error {
    const how = exit.signal ?? `code ${exit.code}`;
    const why = this.#lastComplaint ? `: ${this.#lastComplaint}` : "";
    return new TransientError("ffmpeg.ended", `FFmpeg ended while it made AAC (${how})${why}`);
  }
}

function encoderArgs(input: EncoderInput): string[] {
  return [
    ...["-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning", "-protocol_whitelist", "pipe"],
    // Nothing is looked at in advance. No `nobuffer`: it would throw away the first packet.
    ...["-probesize", "32", "-analyzeduration", "0", "-threads", "1"],
    ...input.inputArgs,
    ...["-i", "pipe:0", "-map", "0:a:0", ...input.outputArgs],
    ...["-c:a", "aac", "-aac_coder", "fast", "-b:a", "64k", "-ac", "1", "-ar", "48000", "-threads", "1"],
    ...["-flush_packets", "1", "-f", "adts", "pipe:1"],
  ];
}

function startError(ffmpegPath: string, cause: unknown): Error {
  if (errorCode(cause) !== "child.missing")
    return new TransientError("ffmpeg.start", "FFmpeg could not be started to make AAC", { cause });
  return new PermanentError("ffmpeg.missing", `FFmpeg (${ffmpegPath}) is not installed; install it to hear AAC audio`, {
    cause,
  });
}
