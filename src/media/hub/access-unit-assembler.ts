// Collects the packets of one access unit: it is complete at the marker, or when the timestamp changes.
import { extractParameterSets, h264Content, inspectH264, type ParameterSets } from "../formats/h264-payload.ts";

const mostPackets = 4_096;
const mostBytes = 4 * 1_024 * 1_024;

export interface AccessUnit {
  readonly payloads: Buffer[];
  readonly indexes: number[];
  readonly timestamp: number;
  marker: boolean;
  payloadBytes: number;
  /** `h264Content` bits of all payloads. */
  content: number;
  parameterSets: Partial<ParameterSets>;
  /** Packets are missing before it or inside. */
  followsLoss: boolean;
  /** Its first and last packets are there, and nothing is missing between. */
  isWhole: boolean;
}

export class AccessUnitAssembler {
  readonly #onUnit: (unit: AccessUnit) => void;
  #open: AccessUnit | undefined;
  /** Index of the last packet given out. */
  #last: number | undefined;
  /** Packets that came too late for their access unit, or twice. */
  late = 0;

  constructor(onUnit: (unit: AccessUnit) => void) {
    this.#onUnit = onUnit;
  }

  push(payload: Buffer, index: number, timestamp: number, marker: boolean): void {
    if (this.#open && this.#open.timestamp !== timestamp && index > lastIndex(this.#open)) this.#flush(index);
    if (this.#isLate(index, timestamp)) {
      this.late++;
      return;
    }
    this.#open ??= emptyUnit(timestamp);
    const unit = this.#open;
    append(unit, payload, index, marker);
    if (unit.payloads.length > mostPackets || unit.payloadBytes > mostBytes) this.#open = undefined;
    else if (marker) this.#flush(undefined);
  }

  /** Forgets what is there; the source starts anew. */
  reset(): void {
    this.#open = undefined;
  }

  #isLate(index: number, timestamp: number): boolean {
    if (this.#last !== undefined && index <= this.#last) return true;
    if (this.#open === undefined || index > lastIndex(this.#open)) return false;
    return this.#open.timestamp !== timestamp || this.#open.indexes.includes(index);
  }

  /** Gives out what is there; `next` is the packet that shows that it is over, where no marker did. */
  #flush(next: number | undefined): void {
    const unit = this.#open;
    if (!unit) return;
    this.#open = undefined;
    const first = unit.indexes.at(0) ?? 0;
    const last = lastIndex(unit);
    const missesBefore = this.#last !== undefined && first !== this.#last + 1;
    const missesInside = last - first + 1 !== unit.indexes.length;
    const mayMissEnd = next !== undefined && next !== last + 1;
    this.#last = last;
    unit.followsLoss = missesBefore || missesInside;
    unit.isWhole = !missesInside && !mayMissEnd && (!missesBefore || startsAccessUnit(unit));
    this.#onUnit(unit);
  }
}

function lastIndex(unit: AccessUnit): number {
  return unit.indexes.at(-1) ?? -1;
}

function emptyUnit(timestamp: number): AccessUnit {
  return {
    payloads: [],
    indexes: [],
    timestamp,
    marker: false,
    payloadBytes: 0,
    content: 0,
    parameterSets: {},
    followsLoss: false,
    isWhole: true,
  };
}

function append(unit: AccessUnit, payload: Buffer, index: number, marker: boolean): void {
  const at = index > lastIndex(unit) ? unit.indexes.length : unit.indexes.findIndex((other) => other > index);
  if (at === unit.indexes.length) {
    unit.indexes.push(index);
    unit.payloads.push(payload);
  } else {
    unit.indexes.splice(at, 0, index);
    unit.payloads.splice(at, 0, payload);
  }
  unit.payloadBytes += payload.length;
  unit.marker ||= marker;
  const content = inspectH264(payload);
  unit.content |= content & ~h264Content.startsAccessUnit;
  if (content & (h264Content.sps | h264Content.pps)) Object.assign(unit.parameterSets, extractParameterSets(payload));
}

function startsAccessUnit(unit: AccessUnit): boolean {
  const first = unit.payloads.at(0);
  return first !== undefined && (inspectH264(first) & h264Content.startsAccessUnit) !== 0;
}
