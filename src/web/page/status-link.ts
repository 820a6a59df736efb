// Keeps the status current: asked for at first, then told by server-sent events, and asked for again where those do not come.
import type { StatusDocument } from "../house-status.ts";
import { call } from "./api.ts";

export interface StatusLinkListener {
  onStatus(status: StatusDocument): void;
  onLost(): void;
}

/** Belfry says something every 20 s. */
const silenceMs = 50_000;
/** Proxies may hold events back, as Home Assistant's ingress did before 2026.2; a plain answer comes through. */
const askAgainMs = 5_000;

export class StatusLink {
  readonly #listener: StatusLinkListener;
  #events: EventSource | undefined;
  #timer: number | undefined;
  #hasEvents = false;
  /** When the last answer was true. */
  #answeredAt = 0;

  constructor(listener: StatusLinkListener) {
    this.#listener = listener;
  }

  open(): void {
    this.close();
    this.#hasEvents = false;
    this.#answeredAt = 0;
    const events = new EventSource("api/events");
    this.#events = events;
    events.addEventListener("status", ({ data }) => this.#hear(JSON.parse(String(data)) as StatusDocument));
    events.addEventListener("error", () => this.#listener.onLost());
    void this.#ask(events);
  }

  close(): void {
    window.clearTimeout(this.#timer);
    this.#events?.close();
    this.#events = undefined;
  }

  #hear(status: StatusDocument): void {
    // Held back for a while: we know better.
    if (status.at < this.#answeredAt) return;
    this.#hasEvents = true;
    this.#listener.onStatus(status);
    this.#after(silenceMs, () => this.open());
  }

  async #ask(events: EventSource): Promise<void> {
    const status = await call<StatusDocument>("api/status").catch(() => undefined);
    if (this.#events !== events || this.#hasEvents) return;
    if (!status) return this.#listener.onLost();
    this.#answeredAt = status.at;
    this.#listener.onStatus(status);
    this.#after(askAgainMs, () => void this.#ask(events));
  }

  #after(delayMs: number, action: () => void): void {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(action, delayMs);
  }
}
