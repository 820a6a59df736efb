// MediaMTX's control API (v3), as far as we use it.
import got, { type Method } from "got";
import { errorText, PermanentError, TransientError } from "../../../foundation/errors.ts";
import type { Login } from "./auth-users.ts";
import type { MediamtxConfig } from "./mediamtx-config.ts";

export interface MediamtxApiOptions {
  readonly port: number;
  readonly login: Login;
  readonly timeoutMs?: number;
}

/** A path that has a publisher, a reader, or a name of its own. */
export interface MediamtxPath {
  readonly name: string;
  readonly readers: readonly { readonly type: string; readonly id: string }[];
}

/** Who reads. */
export interface MediamtxSession {
  readonly id: string;
  /** Unix ms. */
  readonly createdAt: number;
  readonly path: string;
  /** Without port. */
  readonly address: string;
  readonly userAgent: string;
}

export interface MediamtxConnection {
  readonly id: string;
  /** Unix ms. */
  readonly createdAt: number;
  readonly address: string;
  readonly hasSession: boolean;
  /** Something has come of it. */
  readonly hasAsked: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** The lists whose entries are readers. */
export type SessionList = "rtspsessions" | "rtspssessions" | "hlssessions" | "webrtcsessions";

const mostItems = 1_000;

/** All methods reject with TransientError `mediamtx.api`, or PermanentError `mediamtx.api-refused`. */
export class MediamtxApi {
  readonly #options: MediamtxApiOptions;

  constructor(options: MediamtxApiOptions) {
    this.#options = options;
  }

  /** The version; answers as soon as MediaMTX is ready. */
  async info(signal: AbortSignal): Promise<string> {
    return textOf((await this.#ask("GET", "info", undefined, signal))["version"]);
  }

  /** Adds the path, or ends it and begins it anew where something of it is different. */
  async replacePath(name: string, config: MediamtxConfig, signal: AbortSignal): Promise<void> {
    await this.#ask("POST", `config/paths/replace/${name}`, config, signal);
  }

  async deletePath(name: string, signal: AbortSignal): Promise<void> {
    await this.#ask("DELETE", `config/paths/delete/${name}`, undefined, signal);
  }

  async paths(signal: AbortSignal): Promise<readonly MediamtxPath[]> {
    return (await this.#list("paths", signal)).map((item) => ({
      name: textOf(item["name"]),
      readers: listOf(item["readers"]).map(({ type, id }) => ({ type: textOf(type), id: textOf(id) })),
    }));
  }

  async sessions(list: SessionList, signal: AbortSignal): Promise<readonly MediamtxSession[]> {
    return (await this.#list(list, signal)).map((item) => ({
      id: textOf(item["id"]),
      createdAt: Date.parse(textOf(item["created"])),
      path: textOf(item["path"]),
      address: hostOf(textOf(item["remoteAddr"])),
      userAgent: textOf(item["userAgent"]).slice(0, 200),
    }));
  }

  /** Paths that are made into HLS now. */
  async hlsPaths(signal: AbortSignal): Promise<readonly string[]> {
    return (await this.#list("hlsmuxers", signal)).map((item) => textOf(item["path"]));
  }

  async connections(list: "rtspconns" | "rtspsconns", signal: AbortSignal): Promise<readonly MediamtxConnection[]> {
    return (await this.#list(list, signal)).map((item) => ({
      id: textOf(item["id"]),
      createdAt: Date.parse(textOf(item["created"])),
      address: hostOf(textOf(item["remoteAddr"])),
      hasSession: typeof item["session"] === "string",
      hasAsked: item["inboundBytes"] !== 0,
    }));
  }

  async #list(name: string, signal: AbortSignal): Promise<readonly Fields[]> {
    return listOf((await this.#ask("GET", `${name}/list?itemsPerPage=${mostItems}`, undefined, signal))["items"]);
  }

  async #ask(method: Method, path: string, body: unknown, signal: AbortSignal): Promise<Fields> {
    const { port, login, timeoutMs = 2_000 } = this.#options;
    const { username, password } = login;
    const response = await got(`http://127.0.0.1:${port}/v3/${path}`, {
      method,
      username,
      password,
      ...(body === undefined ? {} : { json: body }),
      timeout: { request: timeoutMs },
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      signal,
    }).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw new TransientError("mediamtx.api", `MediaMTX does not answer: ${errorText(cause)}`, { cause });
    });
    const reply = parse(response.body);
    if (response.statusCode < 300) return reply;
    const why = textOf(reply["error"]) || `it answers ${response.statusCode}`;
    throw new PermanentError("mediamtx.api-refused", `MediaMTX refuses ${method} ${path.split("?", 1)[0]}: ${why}`);
  }
}

function parse(text: string): Fields {
  if (text === "") return {};
  try {
    return fieldsOf(JSON.parse(text));
  } catch (cause) {
    throw new TransientError("mediamtx.api", "MediaMTX answers with something that is not JSON", { cause });
  }
}

/** `192.0.2.7:1234`, `[2001:db8::1]:1234` */
function hostOf(address: string): string {
  return address.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
