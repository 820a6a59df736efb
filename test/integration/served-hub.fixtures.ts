// The stream engine of this run, serving the streams of a hub as the app does.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startStreamEngine } from "../../src/composition/start-stream-engine.ts";
import type { StreamEngine } from "../../src/composition/stream-engine.ts";
import { loadSettings } from "../../src/config/load.ts";
import type { Clock } from "../../src/foundation/clock.ts";
import { Emitter } from "../../src/foundation/emitter.ts";
import type { Logger } from "../../src/foundation/logger.ts";
import { Redactor } from "../../src/foundation/redact.ts";
import { Teardown } from "../../src/foundation/teardown.ts";
import type { StreamHub } from "../../src/media/hub/stream-hub.ts";
import { freePort } from "../support/free-port.ts";
import { engineSettings } from "../support/stream-engines.ts";

export interface ServedHubDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const endBudgetMs = 5_000;

export class ServedHub implements AsyncDisposable {
  readonly port: number;
  readonly #end: () => Promise<void>;

  private constructor({ state }: StreamEngine, end: () => Promise<void>) {
    this.port = state.rtspPort;
    this.#end = end;
  }

  /** `settings` by their names, as text. */
  static async start(
    hub: StreamHub,
    instance: string,
    dependencies: ServedHubDependencies,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<ServedHub> {
    const dataDirectory = await mkdtemp(join(tmpdir(), "belfry-served-"));
    const wanted = { rtsp_bind: "127.0.0.1", rtsp_port: String(await freePort()), ...engineSettings, ...settings };
    const variables = Object.entries(wanted).map(([key, value]) => [`BELFRY_${key.toUpperCase()}`, value]);
    const loaded = loadSettings({ dataDirectory, environment: Object.fromEntries(variables) });
    const teardown = new Teardown();
    const end = async (): Promise<void> => {
      await teardown.run(dependencies.logger, dependencies.clock, endBudgetMs);
      await rm(dataDirectory, { recursive: true, force: true });
    };
    try {
      const host = { openedPort: () => undefined, changed: new Emitter<void>() };
      const options = { streams: hub, dataDirectory, instance, host, redactor: new Redactor() };
      const starting = dependencies.signal;
      const engine = await startStreamEngine(
        { ...dependencies, ...options, starting, settings: loaded.settings },
        teardown,
      );
      return new ServedHub(engine, end);
    } catch (error) {
      await end();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}
