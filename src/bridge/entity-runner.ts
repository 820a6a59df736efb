// Runs a table of rows for one device: describes it, publishes what changed, carries out commands.

import type { Clock } from "../foundation/clock.ts";
import { withDeadline } from "../foundation/deadline.ts";
import { type AppError, errorText } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import type { DeviceLink } from "../home-assistant/device-link.ts";
import type { DeviceDescription } from "../home-assistant/entity-description.ts";
import { CommandLane } from "./command-lane.ts";
import { describeEntity } from "./describe-entity.ts";
import type { EntityRow } from "./entities/entity-row.ts";
import { BadCommandError } from "./errors.ts";

/** A command must be done at Ring within this. */
const commandLimitMs = 20_000;

export interface RunnerOptions<View, Actions> {
  readonly rows: readonly EntityRow<View, Actions>[];
  readonly link: DeviceLink;
  readonly device: () => DeviceDescription;
  readonly view: () => View;
  readonly actions: Actions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export class EntityRunner<View, Actions> implements Disposable {
  readonly #options: RunnerOptions<View, Actions>;
  readonly #commands: Disposable[] = [];
  readonly #lastErrors = new Map<string, string>();
  /** Rows of which was said that they break. */
  readonly #broken = new Set<string>();

  constructor(options: RunnerOptions<View, Actions>) {
    this.#options = options;
    const { link, clock, signal } = options;
    for (const row of options.rows) {
      if (!row.write) continue;
      const lane = new CommandLane({ carryOut: (payloads) => this.#carryOut(row, payloads), clock, signal });
      this.#commands.push(link.onCommand(row.key, (payload) => lane.receive(payload)));
    }
  }

  /** Describes the device and publishes every state; what is equal to the last one is not sent again. */
  refresh(): void {
    const { rows, link, device, view } = this.#options;
    const current = view();
    const present = rows.filter((row) => this.#alone(row, () => row.exists(current)));
    link.describe(
      device(),
      present.flatMap((row) => this.#alone(row, () => describeEntity(row, current)) ?? []),
    );
    for (const row of present) this.#alone(row, () => this.#publish(row, current));
  }

  /** A row that breaks costs itself only. */
  #alone<T>(row: EntityRow<View, Actions>, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!this.#broken.has(row.key)) this.#options.logger.error(`${row.key} cannot be shown`, error);
      this.#broken.add(row.key);
      return undefined;
    }
  }

  /** A command that was done did not last. */
  commandLost(key: string, error: AppError): void {
    const row = this.#options.rows.find((candidate) => candidate.key === key);
    if (row) this.#report(row, error);
  }

  #publish(row: EntityRow<View, Actions>, view: View): void {
    const { link } = this.#options;
    const attributes = row.attributes?.(view);
    const lastError = this.#lastErrors.get(row.key);
    // A row that does not know its attributes yet has none: what an earlier start told stays.
    const hasAttributes = attributes !== undefined || lastError !== undefined || (row.write && !row.attributes);
    if (row.topics.includes("attributes") && hasAttributes) {
      link.publishAttributes(row.key, { ...attributes, ...(lastError === undefined ? {} : { last_error: lastError }) });
    }
    const state = row.state?.(view);
    if (state !== undefined) link.publishState(row.key, state);
  }

  /** One of them, the newest that is understood. What failed is said once, however many there were. */
  async #carryOut(row: EntityRow<View, Actions>, payloads: readonly string[]): Promise<void> {
    let notUnderstood: unknown;
    for (const payload of payloads) {
      const failure = await this.#try(row, payload);
      if (this.#options.signal.aborted) return;
      if (!(failure instanceof BadCommandError)) return this.#report(row, failure ?? notUnderstood);
      notUnderstood ??= failure;
    }
    this.#report(row, notUnderstood);
  }

  /** Resolves with what went wrong. */
  async #try({ key, write }: EntityRow<View, Actions>, payload: string): Promise<unknown> {
    const { actions, clock, signal } = this.#options;
    const work = async (limited: AbortSignal): Promise<void> => await write?.(payload, actions, limited);
    try {
      await withDeadline(`the command for ${key}`, commandLimitMs, clock, work, signal);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #report(row: EntityRow<View, Actions>, failure: unknown): void {
    const { link, view, logger } = this.#options;
    if (failure === undefined) this.#lastErrors.delete(row.key);
    else {
      logger.warn(`${row.key} was not changed`, failure);
      this.#lastErrors.set(row.key, errorText(failure));
      // Home Assistant shows what was asked for until it hears the state again.
      const state = row.state?.(view());
      if (state !== undefined) link.publishState(row.key, state, { force: true });
    }
    this.refresh();
  }

  [Symbol.dispose](): void {
    for (const command of this.#commands) command[Symbol.dispose]();
  }
}
