// The settings page of one device at Ring, as far as we use it: fetched now and then, changed with read-back, one request at a time.
import { deviceApi } from "ring-client-api/rest-client";
import { type Clock, delay } from "../../foundation/clock.ts";
import { TransientError } from "../../foundation/errors.ts";
import type { CommandTarget } from "../command-target.ts";
import { notKept } from "../errors.ts";
import { valueAt, withValueAt } from "../wire/path.ts";
import { asRecord, type WireRecord } from "../wire/record.ts";
import { pagePaths } from "./setting-table.ts";

/** One value on the page. */
export interface PageChange {
  readonly path: string;
  /** For people. */
  readonly thing: string;
  /** Sends it to Ring; resolves with the reply. */
  readonly send: (signal: AbortSignal) => Promise<unknown>;
  /** Whether the page has it now. */
  readonly isDone: (page: WireRecord) => boolean;
}

/** Ring's two doors to the same setting may be some seconds apart. */
const readBackPausesMs = [0, 1_000, 2_000];

export class SettingsPage {
  readonly #clock: Clock;
  readonly #changed: (page: WireRecord | undefined) => void;
  #content: WireRecord | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** `remembered`: the page of an earlier run, so that nothing that it shows comes and goes at a start. */
  constructor(options: {
    remembered: unknown;
    clock: Clock;
    changed: (page: WireRecord | undefined) => void;
  }) {
    this.#clock = options.clock;
    this.#changed = options.changed;
    const remembered = asRecord(options.remembered);
    this.#content = remembered && excerpt(remembered);
  }

  get content(): WireRecord | undefined {
    return this.#content;
  }

  async fetch(target: CommandTarget, signal: AbortSignal): Promise<void> {
    await this.#inTurn(async () => this.#use(await this.#read(target, signal)));
  }

  /** The camera has no such page for this account. */
  forget(): void {
    if (this.#content === undefined) return;
    this.#content = undefined;
    this.#changed(undefined);
  }

  /** Rejects with `ring.not-kept` where Ring took the change and shows the old value all the same. */
  async change(target: CommandTarget, change: PageChange, signal: AbortSignal): Promise<void> {
    await this.#inTurn(async () => {
      signal.throwIfAborted();
      const reply = asRecord(await change.send(signal));
      // Ring answers a patch with the whole page.
      if (reply && valueAt(reply, change.path) !== undefined) this.#accept(reply, change, target);
      else await this.#readBack(target, change, signal);
    });
  }

  async #readBack(target: CommandTarget, change: PageChange, signal: AbortSignal): Promise<void> {
    for (const pauseMs of readBackPausesMs) {
      if (pauseMs > 0) await delay(this.#clock, pauseMs, signal);
      const page = await this.#tryRead(target, signal);
      // Without the setting on the page nothing can be said against it here; the device list has the last word.
      if (valueAt(page, change.path) === undefined) return;
      if (page) this.#use(page);
      if (page && change.isDone(page)) return;
    }
    throw notKept(change.thing, target.name);
  }

  /** Some accounts may set what they may not see. */
  async #tryRead(target: CommandTarget, signal: AbortSignal): Promise<WireRecord | undefined> {
    try {
      return await this.#read(target, signal);
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }

  #accept(page: WireRecord, change: PageChange, target: CommandTarget): void {
    this.#use(page);
    if (!change.isDone(page)) throw notKept(change.thing, target.name);
  }

  async #read(target: CommandTarget, signal: AbortSignal): Promise<WireRecord> {
    const doing = `show the settings of ${target.name}`;
    const page = asRecord(await target.client.request(doing, { url: pageUrl(target) }, { signal }));
    if (page) return page;
    throw new TransientError("ring.odd-reply", `Ring answered with something else than the settings of ${target.name}`);
  }

  #use(page: WireRecord): void {
    this.#content = excerpt(page);
    this.#changed(this.#content);
  }

  /** An older reply must never overwrite a newer one. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    await turn;
  }
}

export const pageUrl = (target: CommandTarget): string => deviceApi(`devices/${target.ringId}/settings`);

function excerpt(page: WireRecord): WireRecord {
  return pagePaths.reduce<WireRecord>((kept, path) => {
    const value = valueAt(page, path);
    return value === undefined ? kept : withValueAt(kept, path, value);
  }, {});
}
