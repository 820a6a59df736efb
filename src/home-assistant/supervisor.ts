// Home Assistant's Supervisor as an app sees it: which broker there is, our own name in its network, where Home Assistant is.
import got, { type Response } from "got";
import { PermanentError, TransientError } from "../foundation/errors.ts";

export interface SupervisorOptions {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string;
  /** Each request is given up after this. */
  readonly timeoutMs: number;
}

/** The broker that an app of Home Assistant offers to the others. */
export interface MqttService {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly isTls: boolean;
}

export interface OwnApp {
  /** Under which Home Assistant and other apps reach us. */
  readonly hostname: string;
  /** Ports of ours (such as `8554/tcp`) that the owner has opened, with the host's port of each. */
  readonly openedPorts: ReadonlyMap<string, number>;
}

type Fields = Readonly<Record<string, unknown>>;

/** All methods reject with PermanentError `supervisor.refused`, or TransientError `supervisor.unreachable` or `supervisor.odd-reply`. */
export class Supervisor {
  readonly #options: SupervisorOptions;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Rejects with TransientError `supervisor.no-broker` as long as no app offers one. */
  async mqttService(signal: AbortSignal): Promise<MqttService> {
    const path = "/services/mqtt";
    const response = await this.#get(path, signal);
    if (response.statusCode === 400 || response.statusCode === 404) throw noBroker();
    const { host, port, username, password, ssl } = dataOf(path, response);
    if (typeof host !== "string" || host === "" || typeof port !== "number") throw noBroker();
    return { host, port, username: textOf(username), password: textOf(password), isTls: ssl === true };
  }

  async ownApp(signal: AbortSignal): Promise<OwnApp> {
    const path = "/addons/self/info";
    const { hostname, network } = dataOf(path, await this.#get(path, signal));
    if (typeof hostname !== "string" || hostname === "") throw oddReply(path, "it names no host");
    const opened = Object.entries(fieldsOf(network)).filter((entry): entry is [string, number] => isPort(entry[1]));
    return { hostname, openedPorts: new Map(opened) };
  }

  /** The address that the owner has set for use at home; undefined where none is set. */
  async homeAssistantUrl(signal: AbortSignal): Promise<string | undefined> {
    const path = "/core/api/config";
    const response = await this.#get(path, signal);
    // Home Assistant itself answers here, without the Supervisor's envelope.
    if (response.statusCode !== 200) throw oddReply(path, `it answers ${response.statusCode}`);
    const { internal_url: url } = fieldsOf(response.body);
    return textOf(url)?.replace(/\/+$/, "");
  }

  async #get(path: string, signal: AbortSignal): Promise<Response<unknown>> {
    const { url, token, timeoutMs } = this.#options;
    let response: Response<string>;
    try {
      response = await got(`${url}${path}`, {
        headers: { authorization: `Bearer ${token}` },
        timeout: { request: timeoutMs },
        retry: { limit: 0 },
        followRedirect: false,
        throwHttpErrors: false,
        signal,
      });
    } catch (cause) {
      signal.throwIfAborted();
      throw new TransientError("supervisor.unreachable", "Home Assistant's Supervisor does not answer", { cause });
    }
    if (response.statusCode === 401 || response.statusCode === 403)
      throw new PermanentError(
        "supervisor.refused",
        `Home Assistant's Supervisor does not let us read ${path}; restart the app, or install it again`,
      );
    return Object.assign(response, { body: parsed(path, response.body) });
  }
}

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The Supervisor's proxy answers in plain text while Home Assistant starts.
    throw oddReply(path, "it is not JSON");
  }
}

/** Takes the Supervisor's envelope off. */
function dataOf(path: string, { statusCode, body }: Response<unknown>): Fields {
  const { result, data, message } = fieldsOf(body);
  if (result !== "ok") throw oddReply(path, textOf(message) ?? `it answers ${statusCode}`);
  return fieldsOf(data);
}

function oddReply(path: string, what: string): TransientError {
  return new TransientError("supervisor.odd-reply", `the answer of Home Assistant to ${path} cannot be used: ${what}`);
}

function noBroker(): TransientError {
  return new TransientError(
    "supervisor.no-broker",
    "Home Assistant knows no MQTT broker: install and start the app Mosquitto broker, or set mqtt_url",
  );
}

function isPort(value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value < 65_536;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
