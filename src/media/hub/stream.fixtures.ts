// A stream path over a source that tests play by hand, on a clock that they move.
import { aborted } from "../../foundation/abort.ts";
import { ManualClock } from "../../foundation/clock.fake.ts";
import { recordingLogger } from "../../foundation/logger.fake.ts";
import type { RtpPacket } from "../formats/rtp-packet.ts";
import { opusTrack } from "../formats/track.ts";
import type { AudioTranscoderFactory } from "./audio-transcoder.ts";
import { StreamGovernor } from "./governor.ts";
import { H264Camera } from "./h264-packets.fixtures.ts";
import { FakeSource } from "./media-source.fake.ts";
import { RecordingOutput } from "./reader-output.fake.ts";
import type { Reader, StreamLease, Viewer } from "./stream.ts";
import type { StreamBudget } from "./stream-budget.ts";
import { volatileMemory } from "./stream-memory.fake.ts";
import { StreamPath } from "./stream-path.ts";
import type { StreamPathOptions } from "./stream-path-options.ts";
import type { StreamStatus } from "./stream-status.ts";

/** AAC can be had, but nothing ever comes of it. */
const deafTranscoder: AudioTranscoderFactory = (_input, _onFrame, signal) => {
  const ended = aborted(signal).then(() => undefined);
  return { write: () => undefined, ended, [Symbol.asyncDispose]: () => Promise.resolve() };
};

export const viewer: Viewer = { kind: "rtsp", address: "192.0.2.7", userAgent: "test" };

export type StageOptions = Partial<Omit<StreamPathOptions, "clock">> & {
  readonly budgets?: readonly StreamBudget[];
  readonly clock?: ManualClock;
};

export class StreamStage {
  readonly clock: ManualClock;
  readonly source = new FakeSource();
  readonly memory = volatileMemory();
  readonly log = recordingLogger();
  readonly abort = new AbortController();
  readonly camera = new H264Camera({ ticksPerFrame: 3_600 });
  readonly statuses: StreamStatus[] = [];
  readonly path: StreamPath;
  soundSequence = 65_500;
  soundTimestamp = 2 ** 32 - 2_000;

  constructor({ budgets, clock = new ManualClock(), ...options }: StageOptions = {}) {
    this.clock = clock;
    this.path = new StreamPath({
      path: "camera_live",
      source: this.source,
      transcoder: deafTranscoder,
      memory: this.memory,
      clock: this.clock,
      logger: this.log.logger,
      signal: this.abort.signal,
      ...(budgets ? { governor: new StreamGovernor({ clock: this.clock, budgets }) } : {}),
      ...options,
    });
    this.path.statusChanged.subscribe((status) => this.statuses.push(status));
  }

  /** The states in the order in which they came, without repeats. */
  get states(): string[] {
    return this.statuses.map((status) => status.state).filter((state, at, all) => state !== all[at - 1]);
  }

  video(packets: readonly RtpPacket[]): void {
    this.source.session.send("video", packets, this.clock.monotonic());
  }

  /** 20 ms of Opus. */
  sound(): void {
    const packet: RtpPacket = {
      payloadType: 111,
      sequenceNumber: this.soundSequence++ % 65_536,
      timestamp: this.soundTimestamp,
      marker: false,
      payload: Buffer.from("sound"),
    };
    this.soundTimestamp = (this.soundTimestamp + 960) % 2 ** 32;
    this.source.session.send("audio", [packet], this.clock.monotonic());
  }

  /** Plays the camera at 25 pictures a second and sound, moving the clock. */
  async run(durationMs: number): Promise<void> {
    for (let passedMs = 0; passedMs < durationMs; passedMs += 40) {
      this.video(this.camera.frame());
      this.sound();
      await this.clock.advance(20);
      this.sound();
      await this.clock.advance(20);
    }
  }

  /** A running stream whose first key frame has come, with a viewer that does not play. */
  async started(): Promise<StreamLease> {
    const lease = this.path.lease(viewer);
    await this.clock.advance(0);
    this.source.session.sink.track(opusTrack);
    this.video(this.camera.keyFrame());
    await this.clock.advance(0);
    return lease;
  }

  play(tracks: readonly number[] = [0, 2]): { lease: StreamLease; reader: Reader; output: RecordingOutput } {
    const lease = this.path.lease(viewer);
    const output = new RecordingOutput();
    return { lease, output, reader: lease.play(tracks, output) };
  }
}
