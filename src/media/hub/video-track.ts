// The H.264 track of a stream: packets of the source become access units, and the last group of pictures is kept.
import { h264Content, type ParameterSets, parameterSetPayload } from "../formats/h264-payload.ts";
import type { RtpPacket } from "../formats/rtp-packet.ts";
import { type AccessUnit, AccessUnitAssembler } from "./access-unit-assembler.ts";
import { GroupOfPictures } from "./group-of-pictures.ts";
import type { VideoUnit } from "./media-unit.ts";
import { PacketNumbering } from "./packet-numbering.ts";
import { TrackClock } from "./track-clock.ts";

export interface VideoTrackListener {
  unit(unit: VideoUnit): void;
  /** Other ones than before. */
  parameterSets(sets: ParameterSets): void;
  /** The picture is damaged or cannot be decoded from here: an IDR would help. */
  needsKeyFrame(): void;
}

export class VideoTrack {
  readonly clock = new TrackClock(90_000);
  readonly numbering = new PacketNumbering();
  readonly group = new GroupOfPictures();
  readonly #listener: VideoTrackListener;
  readonly #assembler = new AccessUnitAssembler((unit) => this.#complete(unit));
  #parameterSets: ParameterSets | undefined;
  #arrivedAtMs = 0;
  /** Parameter sets that were put in shift the numbers of all packets behind them. */
  #inserted = 0;

  constructor(listener: VideoTrackListener) {
    this.#listener = listener;
  }

  get parameterSets(): ParameterSets | undefined {
    return this.#parameterSets;
  }

  /** Parameter sets that came another way than in band. */
  learn(sets: Partial<ParameterSets>): void {
    const sps = sets.sps ?? this.#parameterSets?.sps;
    const pps = sets.pps ?? this.#parameterSets?.pps;
    if (!sps || !pps) return;
    if (this.#parameterSets?.sps.equals(sps) && this.#parameterSets.pps.equals(pps)) return;
    this.#parameterSets = { sps, pps };
    this.#listener.parameterSets(this.#parameterSets);
  }

  accept(packet: RtpPacket, arrivedAtMs: number): void {
    this.#arrivedAtMs = arrivedAtMs;
    const index = this.numbering.accept(packet.sequenceNumber);
    const timestamp = this.clock.accept(packet.timestamp, arrivedAtMs);
    this.#assembler.push(packet.payload, index, timestamp, packet.marker);
  }

  /** The next packet comes from a new sender, or none will come: what was kept is of no use any more. */
  restart(): void {
    this.#assembler.reset();
    this.group.clear();
    this.numbering.restart();
    this.clock.restart();
  }

  #complete(raw: AccessUnit): void {
    if (raw.content & (h264Content.sps | h264Content.pps)) this.learn(raw.parameterSets);
    const isIdr = (raw.content & h264Content.idr) !== 0;
    const unit: VideoUnit = {
      ...this.#withParameterSets(raw, isIdr),
      timestamp: raw.timestamp,
      marker: raw.marker,
      isKeyFrame: isIdr && raw.isWhole && this.#parameterSets !== undefined,
      followsLoss: raw.followsLoss,
    };
    this.group.add(unit, this.#arrivedAtMs);
    if ((raw.followsLoss && !unit.isKeyFrame) || this.group.needsKeyFrame(this.#arrivedAtMs))
      this.#listener.needsKeyFrame();
    this.#listener.unit(unit);
  }

  /** The packets of a unit; where an IDR comes without its parameter sets, with the known ones in front. */
  #withParameterSets(raw: AccessUnit, isIdr: boolean): Pick<VideoUnit, "payloads" | "indexes" | "payloadBytes"> {
    const both = h264Content.sps | h264Content.pps;
    const isComplete = !isIdr || (raw.content & both) === both;
    const shift = this.#inserted;
    const indexes = shift === 0 ? raw.indexes : raw.indexes.map((index) => index + shift);
    if (isComplete || !this.#parameterSets) return { payloads: raw.payloads, indexes, payloadBytes: raw.payloadBytes };
    this.#inserted++;
    const extra = parameterSetPayload(this.#parameterSets);
    return {
      payloads: [extra, ...raw.payloads],
      indexes: [indexes[0] ?? 0, ...indexes.map((index) => index + 1)],
      payloadBytes: raw.payloadBytes + extra.length,
    };
  }
}
