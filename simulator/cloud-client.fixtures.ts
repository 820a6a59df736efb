// A bare HTTPS client for tests: sends exactly what it is told to one host of the simulated cloud, over a verified connection.
import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import { buffer } from "node:stream/consumers";
import type { SimulatedRingCloud } from "./cloud.ts";
import { hosts } from "./hosts.ts";
import { type JsonObject, parseObject } from "./json.ts";

export interface Asked {
  readonly host?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object;
  readonly signal?: AbortSignal;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** The body as an object, empty when it is none. */
  readonly json: JsonObject;
}

export function ask(cloud: SimulatedRingCloud, path: string, asked: Asked = {}): Promise<Answered> {
  const { host = hosts.api, method = "GET", headers = {}, body, signal } = asked;
  const content = typeof body === "object" ? JSON.stringify(body) : (body ?? "");
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: "127.0.0.1",
        port: cloud.ports.https,
        servername: host,
        ca: cloud.caPem,
        agent: false,
        method,
        path,
        headers: { host, "content-length": Buffer.byteLength(content), ...headers },
        ...(signal ? { signal } : {}),
      },
      (response) => {
        buffer(response).then((bytes) => {
          const text = bytes.toString();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            bytes,
            text,
            json: parseObject(text) ?? {},
          });
        }, reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(content);
  });
}

export interface SignedIn {
  readonly headers: Readonly<Record<string, string>>;
  get(path: string, asked?: Asked): Promise<Answered>;
  send(method: string, path: string, body?: string | object, asked?: Asked): Promise<Answered>;
}

/** A client with an access token and a session, made by the raw calls. */
export async function signIn(cloud: SimulatedRingCloud, hardwareId = "a-test-client"): Promise<SignedIn> {
  const grant = await ask(cloud, "/oauth/token", {
    host: hosts.oauth,
    method: "POST",
    headers: { "content-type": "application/json", hardware_id: hardwareId },
    body: {
      client_id: "ring_official_android",
      grant_type: "refresh_token",
      refresh_token: cloud.operations.refreshToken(),
    },
  });
  const headers = { authorization: `Bearer ${String(grant.json["access_token"])}`, hardware_id: hardwareId };
  const client: SignedIn = {
    headers,
    get: (path, asked) => ask(cloud, path, { headers, ...asked }),
    send: (method, path, body, asked) =>
      ask(cloud, path, { headers, method, ...(body === undefined ? {} : { body }), ...asked }),
  };
  await client.send("POST", "/clients_api/session", sessionBody(hardwareId));
  return client;
}

export const sessionBody = (hardwareId: string): JsonObject => ({
  device: { hardware_id: hardwareId, metadata: { api_version: 11, device_model: "test" }, os: "android" },
});
