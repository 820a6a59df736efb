// Who has been seen at which address: a demand comes from an address alone, and its budget is that of the viewer.
import type { Viewer } from "../../hub/stream.ts";

const mostAddresses = 200;
const mostAtOne = 8;

export class KnownViewers {
  /** The newest last, addresses and the viewers of each alike. */
  readonly #byAddress = new Map<string, readonly Viewer[]>();

  remember(viewer: Viewer): void {
    const { address } = viewer;
    const others = this.at(address).filter((other) => !isSame(other, viewer));
    this.#byAddress.delete(address);
    this.#byAddress.set(address, [...others, viewer].slice(-mostAtOne));
    const [oldest] = this.#byAddress.keys();
    if (this.#byAddress.size > mostAddresses && oldest !== undefined) this.#byAddress.delete(oldest);
  }

  at(address: string): readonly Viewer[] {
    return this.#byAddress.get(address) ?? [];
  }
}

function isSame(one: Viewer, other: Viewer): boolean {
  return one.kind === other.kind && one.userAgent === other.userAgent;
}
