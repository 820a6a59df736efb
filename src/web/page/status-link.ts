// Keeps the status current: server-sent events, and the knowledge whether they still come.
import type { StatusDocument } from "../house-status.ts";

export interface StatusLinkListener {
  onStatus(status: StatusDocument): void;
  onLost(): void;
}

/** Belfry says something every 20 s. */
const silenceMs = 50_000;

export class StatusLink {
  readonly #listener: StatusLinkListener;
  #events: EventSource | undefined;
  #silence: number | undefined;

  constructor(listener: StatusLinkListener) {
    this.#listener = listener;
  }

  open(): void {
    this.close();
    const events = new EventSource("api/events");
    this.#events = events;
    events.addEventListener("status", ({ data }) => {
      this.#expectNext();
      this.#listener.onStatus(JSON.parse(String(data)) as StatusDocument);
    });
    events.addEventListener("error", () => this.#listener.onLost());
    this.#expectNext();
  }

  close(): void {
    window.clearTimeout(this.#silence);
    this.#events?.close();
    this.#events = undefined;
  }

  #expectNext(): void {
    window.clearTimeout(this.#silence);
    this.#silence = window.setTimeout(() => {
      this.#listener.onLost();
      this.open();
    }, silenceMs);
  }
}
