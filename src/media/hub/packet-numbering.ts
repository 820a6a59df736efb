// Turns a source's wrapping sequence numbers into ascending ones that go on when the source starts anew.
import { sequenceDistance } from "../formats/rtp-arithmetic.ts";

/** A larger jump is a sender that started anew, not loss (RFC 3550, appendix A.1). */
const largestJump = 3_000;

export class PacketNumbering {
  /** Packets that never came. */
  lost = 0;
  #highest: number | undefined;
  /** High enough that packets before the first one stay positive. */
  #index = largestJump;

  /** The next packet comes from a new sender. */
  restart(): void {
    this.#highest = undefined;
  }

  /** The index of a packet. A late packet gets one below the highest; so does a repeated one. */
  accept(sequenceNumber: number): number {
    const ahead = this.#highest === undefined ? 1 : sequenceDistance(this.#highest, sequenceNumber);
    if (ahead > 0 && ahead <= largestJump) return this.#advance(sequenceNumber, ahead);
    if (ahead > largestJump || ahead < -largestJump) return this.#advance(sequenceNumber, 1);
    if (ahead < 0 && this.lost > 0) this.lost--;
    return this.#index + ahead;
  }

  #advance(sequenceNumber: number, by: number): number {
    this.#highest = sequenceNumber;
    this.lost += by - 1;
    this.#index += by;
    return this.#index;
  }
}
