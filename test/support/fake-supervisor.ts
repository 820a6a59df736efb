// Home Assistant's Supervisor as an app sees it: real HTTP with its envelopes, tokens and refusals. What it knows can be changed.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

export interface MqttServiceRecord {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly ssl?: boolean;
}

export interface SupervisorRecord {
  /** undefined: no app offers a broker. */
  mqtt: MqttServiceRecord | undefined;
  hostname: string;
  network: Readonly<Record<string, number | null>>;
  /** undefined: Home Assistant has not started yet. */
  homeAssistant: { readonly internal_url: string | null } | undefined;
  /** Answers nothing at all. */
  isMute: boolean;
  /** Instead of an answer. */
  garbage: string | undefined;
}

const usual: SupervisorRecord = {
  mqtt: undefined,
  hostname: "local-belfry",
  network: { "8554/tcp": null },
  homeAssistant: { internal_url: null },
  isMute: false,
  garbage: undefined,
};

export class FakeSupervisor implements AsyncDisposable {
  readonly token: string;
  readonly record: SupervisorRecord;
  /** Paths in the order in which they were asked for. */
  readonly requests: string[] = [];
  readonly #server: Server;

  private constructor(token: string, record: Partial<SupervisorRecord>) {
    this.token = token;
    this.record = { ...usual, ...record };
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start(
    record: Partial<SupervisorRecord> = {},
    { host = "127.0.0.1", port = 0 } = {},
  ): Promise<FakeSupervisor> {
    const supervisor = new FakeSupervisor(crypto.randomUUID(), record);
    supervisor.#server.listen(port, host);
    await once(supervisor.#server, "listening");
    return supervisor;
  }

  get url(): string {
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("the Supervisor does not listen");
    return `http://${address.address}:${address.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #answer({ url = "", headers }: IncomingMessage, response: ServerResponse): void {
    this.requests.push(url);
    if (this.record.isMute) return;
    const isKnown = headers.authorization === `Bearer ${this.token}`;
    const { status, body } = isKnown ? this.#answerTo(url) : failure(401, "unauthorized");
    const isText = typeof body === "string";
    response.writeHead(status, { "content-type": isText ? "text/plain" : "application/json" });
    response.end(this.record.garbage ?? (isText ? body : JSON.stringify(body)));
  }

  #answerTo(url: string): Answer {
    const { mqtt, hostname, network, homeAssistant } = this.record;
    switch (url) {
      case "/services/mqtt":
        return mqtt
          ? success({ addon: "core_mosquitto", protocol: "3.1.1", ssl: false, ...mqtt })
          : failure(400, "Service not enabled");
      case "/addons/self/info":
        return success({ slug: "local_belfry", hostname, network, ingress: true });
      case "/core/api/config":
        // Home Assistant's own words, without an envelope.
        return homeAssistant
          ? { status: 200, body: { version: "2026.11.0", external_url: null, ...homeAssistant } }
          : { status: 502, body: "502: Bad Gateway" };
      default:
        return failure(404, `nothing at ${url}`);
    }
  }
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const success = (data: object): Answer => ({ status: 200, body: { result: "ok", data } });
const failure = (status: number, message: string): Answer => ({ status, body: { result: "error", message } });
