// A running Home Assistant, as its owner reaches it: REST and websocket API.
import { WebSocket } from "ws";

export interface EntityState {
  readonly entity_id: string;
  readonly state: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface RegistryEntry {
  readonly entity_id: string;
  readonly unique_id: string;
  readonly platform: string;
  readonly config_entry_id: string | null;
  readonly original_name: string | null;
  readonly device_id: string | null;
  readonly entity_category: string | null;
  readonly disabled_by: string | null;
}

export interface RegistryDevice {
  readonly id: string;
  readonly identifiers: readonly (readonly string[])[];
  readonly name: string;
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly sw_version: string | null;
  readonly via_device_id: string | null;
}

type Fields = Readonly<Record<string, unknown>>;

/** It may open a stream before it answers, and has 30 s of patience with that. */
const answerLimitMs = 40_000;

export class HomeAssistantClient implements Disposable {
  readonly url: string;
  readonly #token: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #states = new Map<string, EntityState>();
  /** By the id of the subscription. */
  readonly #eventListeners = new Map<number, (data: Fields) => void>();
  readonly #listeners = new Set<(state: EntityState | undefined, id: string) => void>();
  #nextId = 1;

  private constructor(url: string, token: string, socket: WebSocket) {
    this.url = url;
    this.#token = token;
    this.#socket = socket;
    socket.on("message", (data) => this.#receive(JSON.parse(data.toString()) as Fields));
  }

  static async connect(url: string, token: string): Promise<HomeAssistantClient> {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/api/websocket`, { maxPayload: 64 * 1024 * 1024 });
    const authenticated = new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.on("message", (data) => {
        const { type } = JSON.parse(data.toString()) as Fields;
        if (type === "auth_required") socket.send(JSON.stringify({ type: "auth", access_token: token }));
        if (type === "auth_ok") resolve();
        if (type === "auth_invalid") reject(new Error("Home Assistant does not take the token"));
      });
    });
    await authenticated;
    const client = new HomeAssistantClient(url, token, socket);
    await client.onEvent("state_changed", (data) => client.#keep(data));
    for (const state of (await client.rest("GET", "states")) as EntityState[])
      client.#states.set(state.entity_id, state);
    return client;
  }

  state(entityId: string): EntityState | undefined {
    return this.#states.get(entityId);
  }

  /** Resolves with the first state, present or future, that matches. */
  waitFor(
    what: string,
    entityId: string,
    matches: (state: EntityState | undefined) => boolean,
    timeoutMs = 15_000,
  ): Promise<EntityState | undefined> {
    if (matches(this.state(entityId))) return Promise.resolve(this.state(entityId));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#listeners.delete(listener);
        reject(new Error(`${entityId}: no ${what} within ${timeoutMs} ms; it is ${this.state(entityId)?.state}`));
      }, timeoutMs);
      const listener = (state: EntityState | undefined, id: string): void => {
        if (id !== entityId || !matches(state)) return;
        clearTimeout(timer);
        this.#listeners.delete(listener);
        resolve(state);
      };
      this.#listeners.add(listener);
    });
  }

  /** Hears of every change until disposed. */
  onState(listener: (state: EntityState | undefined, entityId: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** Hears every event of a type from now on, as long as the connection stands. */
  async onEvent(type: string, listener: (data: Fields) => void): Promise<void> {
    this.#eventListeners.set(this.#nextId, listener);
    await this.ask({ type: "subscribe_events", event_type: type });
  }

  async call(domain: string, service: string, data: Fields): Promise<void> {
    await this.rest("POST", `services/${domain}/${service}`, data);
  }

  async bytes(path: string): Promise<Buffer> {
    const reply = await fetch(`${this.url}/api/${path}`, { headers: { authorization: `Bearer ${this.#token}` } });
    if (!reply.ok) throw new Error(`GET /api/${path} -> ${reply.status}`);
    return Buffer.from(await reply.arrayBuffer());
  }

  async rest(method: string, path: string, body?: Fields): Promise<unknown> {
    const reply = await fetch(`${this.url}/api/${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(answerLimitMs),
    });
    if (!reply.ok) throw new Error(`${method} /api/${path} -> ${reply.status} ${await reply.text()}`);
    return await reply.json();
  }

  /** A websocket command. */
  ask(command: Fields): Promise<unknown> {
    const id = this.#nextId++;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    this.#socket.send(JSON.stringify({ id, ...command }));
    return answer.promise;
  }

  async entities(): Promise<RegistryEntry[]> {
    return (await this.ask({ type: "config/entity_registry/list" })) as RegistryEntry[];
  }

  async devices(): Promise<RegistryDevice[]> {
    return (await this.ask({ type: "config/device_registry/list" })) as RegistryDevice[];
  }

  /** Sets an integration up as its owner does, one answer for each form; what was set up of it before is removed. */
  async setUp(integration: string, ...answers: readonly Fields[]): Promise<void> {
    await this.remove(integration);
    const start = { handler: integration, show_advanced_options: true };
    let flow = (await this.rest("POST", "config/config_entries/flow", start)) as { flow_id: string; type: string };
    for (const answer of answers) {
      // Where there is only one way, Home Assistant does not offer the choice.
      if ("next_step_id" in answer && flow.type !== "menu") continue;
      flow = (await this.rest("POST", `config/config_entries/flow/${flow.flow_id}`, answer)) as typeof flow;
    }
    if (flow.type !== "create_entry")
      throw new Error(`the set-up of ${integration} ended with ${JSON.stringify(flow)}`);
  }

  async remove(integration: string): Promise<void> {
    const entries = (await this.ask({ type: "config_entries/get", domain: integration })) as { entry_id: string }[];
    for (const { entry_id } of entries) await this.rest("DELETE", `config/config_entries/entry/${entry_id}`);
  }

  /** Its MQTT integration uses this broker from now on, and nothing is left of what it knew of another. */
  async useBroker(url: string): Promise<void> {
    const { hostname: broker, port } = new URL(url);
    const other_settings = { set_client_cert: false, set_ca_cert: "off" };
    await this.setUp("mqtt", { next_step_id: "broker" }, { broker, port: Number(port), other_settings });
  }

  /** As a restart does for MQTT: all entities are loaded anew, the birth message is sent. */
  async reloadMqtt(): Promise<void> {
    const [entry] = (await this.ask({ type: "config_entries/get", domain: "mqtt" })) as { entry_id: string }[];
    if (entry) await this.rest("POST", `config/config_entries/entry/${entry.entry_id}/reload`);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  #keep(data: Fields): void {
    const { entity_id: id, new_state: state } = data as unknown as { entity_id: string; new_state: EntityState | null };
    if (state) this.#states.set(id, state);
    else this.#states.delete(id);
    for (const listener of [...this.#listeners]) listener(state ?? undefined, id);
  }

  #receive(message: Fields): void {
    if (message["type"] === "event") {
      this.#eventListeners.get(message["id"] as number)?.((message["event"] as { data: Fields }).data);
      return;
    }
    const answer = this.#waiting.get(message["id"] as number);
    if (message["type"] !== "result" || !answer) return;
    this.#waiting.delete(message["id"] as number);
    if (message["success"]) answer.resolve(message["result"]);
    else answer.reject(new Error(`Home Assistant refused: ${JSON.stringify(message["error"])}`));
  }
}
