// The MQTT topics by which the on-demand script and we speak about streams. The broker is whoever composes us's.

export interface ControlBroker {
  /** As the script reaches it. */
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** Kept by the broker for who comes later. */
  publishRetained(topic: string, payload: string): void;
  subscribe(filter: string, listener: (topic: string, payload: string) => void): Disposable;
}

/** What the script is told of a stream. */
export interface DemandAttributes {
  /** As on the stream's own MQTT topic: `activating`, `active`, `inactive`, `failed`. */
  readonly status: string;
  readonly reason?: string | undefined;
  /** In force. */
  readonly leases: readonly string[];
  /** Over, the newest last. The script looks for its lease behind `"ended":[`, so this is the last field. */
  readonly ended: readonly string[];
}

export const controlTopic = "belfry/streams";

export class ControlChannel implements Disposable {
  readonly #broker: ControlBroker;
  readonly #listener: Disposable;
  readonly #published = new Map<string, string>();

  constructor(broker: ControlBroker, onCommand: (path: string, text: string) => void) {
    this.#broker = broker;
    this.#listener = broker.subscribe(`${controlTopic}/#`, (topic, payload) => {
      const [, path] = new RegExp(`^${controlTopic}/(.+)/command$`).exec(topic) ?? [];
      if (path !== undefined) onCommand(path, payload);
    });
  }

  publish(path: string, { status, reason, leases, ended }: DemandAttributes): void {
    const text = JSON.stringify({ status, ...(reason === undefined ? {} : { reason }), leases, ended });
    if (this.#published.get(path) === text) return;
    this.#published.set(path, text);
    this.#broker.publishRetained(`${controlTopic}/${path}/attributes`, text);
  }

  forget(path: string): void {
    if (this.#published.delete(path)) this.#broker.publishRetained(`${controlTopic}/${path}/attributes`, "");
  }

  [Symbol.dispose](): void {
    this.#listener[Symbol.dispose]();
  }
}
