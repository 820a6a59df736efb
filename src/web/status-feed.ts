// The status as server-sent events: to every open page at once, when something has changed, and as a sign of life.
import { PassThrough, type Readable } from "node:stream";
import { type Clock, every } from "../foundation/clock.ts";
import type { StatusDocument } from "./house-status.ts";
import { problemsOf } from "./problems.ts";
import { RefusedError } from "./refused-error.ts";
import type { StatusSource } from "./status-source.ts";

interface Subscriber {
  readonly stream: PassThrough;
  /** The visitor's session may end while the page is open. */
  readonly isAllowed: () => boolean;
}

/** Changes that come together are told together. */
const gatherMs = 100;
const signOfLifeMs = 20_000;
const mostPendingBytes = 512 * 1024;

export class StatusFeed implements Disposable {
  readonly #source: StatusSource;
  readonly #clock: Clock;
  readonly #most: number;
  readonly #subscribers = new Set<Subscriber>();
  readonly #changes: Disposable;
  readonly #signsOfLife: Disposable;
  #gathering: Disposable | undefined;

  constructor(source: StatusSource, clock: Clock, most: number) {
    this.#source = source;
    this.#clock = clock;
    this.#most = most;
    this.#changes = source.changed.subscribe(() => this.#gather());
    this.#signsOfLife = every(clock, signOfLifeMs, () => this.#tellAll());
  }

  get document(): StatusDocument {
    const status = this.#source.read();
    return { ...status, problems: problemsOf(status) };
  }

  /** An endless text/event-stream; ends with its reader, with `isAllowed`, or with us. */
  open(isAllowed: () => boolean): Readable {
    if (this.#subscribers.size >= this.#most) {
      throw new RefusedError("web.too-many", "too many pages are open; close some", 503);
    }
    const stream = new PassThrough();
    const subscriber = { stream, isAllowed };
    this.#subscribers.add(subscriber);
    stream.once("close", () => this.#subscribers.delete(subscriber));
    stream.write("retry: 2000\n\n");
    stream.write(eventOf(this.document));
    return stream;
  }

  [Symbol.dispose](): void {
    this.#changes[Symbol.dispose]();
    this.#signsOfLife[Symbol.dispose]();
    this.#gathering?.[Symbol.dispose]();
    for (const { stream } of this.#subscribers) stream.end();
  }

  #gather(): void {
    this.#gathering ??= this.#clock.after(gatherMs, () => this.#tellAll());
  }

  #tellAll(): void {
    this.#gathering?.[Symbol.dispose]();
    this.#gathering = undefined;
    if (this.#subscribers.size === 0) return;
    const event = eventOf(this.document);
    for (const { stream, isAllowed } of [...this.#subscribers]) {
      // A page that does not read is closed; it asks again when it is awake.
      if (stream.writableLength > mostPendingBytes) stream.destroy();
      else if (isAllowed()) stream.write(event);
      else stream.end();
    }
  }
}

function eventOf(document: StatusDocument): string {
  return `event: status\ndata: ${JSON.stringify(document)}\n\n`;
}
