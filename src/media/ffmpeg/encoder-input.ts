// The bytes that FFmpeg reads for each kind of input: what comes before, packets, and silence.
import { OggOpusWriter } from "./ogg-opus.ts";
import { opusSilence, opusTicks } from "./opus-packet.ts";

export interface EncoderInput {
  /** FFmpeg's options in front of and behind `-i pipe:0`. */
  readonly inputArgs: readonly string[];
  readonly outputArgs: readonly string[];
  /** Ticks a second, and the shortest silence in ticks. */
  readonly rate: number;
  readonly silenceStep: number;
  start(): Buffer;
  /** Duration in ticks; 0 where the payload is not valid. */
  ticksOf(payload: Buffer): number;
  packet(payload: Buffer): Buffer;
  silence(ticks: number): Buffer;
}

export function encoderInput(codec: "opus" | "pcmu"): EncoderInput {
  return codec === "opus" ? new OpusInput() : pcmuInput;
}

class OpusInput implements EncoderInput {
  readonly inputArgs = ["-f", "ogg"];
  readonly outputArgs = [];
  readonly rate = 48_000;
  readonly silenceStep = 120;
  readonly #writer = new OggOpusWriter();

  start(): Buffer {
    return this.#writer.start();
  }

  ticksOf(payload: Buffer): number {
    return opusTicks(payload);
  }

  packet(payload: Buffer): Buffer {
    return this.#writer.packet(payload);
  }

  silence(ticks: number): Buffer {
    return Buffer.concat(opusSilence(ticks).map((packet) => this.#writer.packet(packet)));
  }
}

const pcmuInput: EncoderInput = {
  // FFmpeg reads raw audio in pieces of about a tenth of a second. Told an eighth of the rate it reads 8 ms at once;
  // the filter puts the rate right before anything is computed from it.
  inputArgs: ["-f", "mulaw", "-ar", "1000", "-ac", "1"],
  outputArgs: ["-af", "asetrate=8000,aresample=48000"],
  rate: 8_000,
  silenceStep: 1,
  start: () => Buffer.alloc(0),
  ticksOf: (payload) => payload.length,
  packet: (payload) => payload,
  silence: (ticks) => Buffer.alloc(ticks, 0xff),
};
