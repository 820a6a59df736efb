// A film waits for its first viewer, for a moment: FFmpeg begins to play it before anybody has heard what it is.
import { Backlog } from "../../foundation/backlog.ts";
import type { Clock } from "../../foundation/clock.ts";
import type { MediaSink } from "../hub/media-source.ts";

interface Delivery {
  readonly bytes: number;
  readonly deliver: () => void;
}

export class WaitingFilm implements Disposable {
  /** Where the film is delivered. What it is, is told at once. */
  readonly sink: MediaSink;
  readonly #backlog: Backlog<Delivery>;

  constructor(viewers: MediaSink, clock: Clock) {
    const backlog = new Backlog<Delivery>({
      clock,
      sizeOf: ({ bytes }) => bytes,
      send: (deliveries) => {
        for (const { deliver } of deliveries) deliver();
      },
    });
    this.#backlog = backlog;
    this.sink = {
      track: (track) => viewers.track(track),
      silent: () => viewers.silent(),
      restart: (kind) => backlog.push([{ bytes: 0, deliver: () => viewers.restart(kind) }]),
      packet: (kind, packet) => {
        const deliver = (): void => viewers.packet(kind, packet, clock.monotonic());
        backlog.push([{ bytes: packet.payload.length, deliver }]);
      },
      senderReport: (...report) => backlog.push([{ bytes: 0, deliver: () => viewers.senderReport(...report) }]),
    };
  }

  /** Somebody waits for a picture. */
  begin(): void {
    this.#backlog.release();
  }

  /** Resolves when all of it has been shown; nothing more comes. */
  async shown(): Promise<void> {
    await this.#backlog.drained();
  }

  [Symbol.dispose](): void {
    this.#backlog[Symbol.dispose]();
  }
}
