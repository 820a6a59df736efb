// Talks to Belfry's page as a browser would, and as a browser never would: any header, any address, cookies by hand.
import { request } from "node:http";

export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The text as JSON; undefined where it is none. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface PageRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as it is where it is text. */
  readonly body?: object | string;
}

export class PageClient {
  readonly port: number;
  /** The address from which we ask; all of 127.0.0.0/8 is ours. */
  readonly from: string;
  cookie: string | undefined;

  constructor(port: number, from = "127.0.0.1") {
    this.port = port;
    this.from = from;
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<PageAnswer> {
    return this.send(path, { headers });
  }

  /** As the page's own script does it. */
  post(path: string, body?: object, headers: Readonly<Record<string, string>> = {}): Promise<PageAnswer> {
    const own = { "x-belfry-request": "1", origin: `http://127.0.0.1:${this.port}`, "sec-fetch-site": "same-origin" };
    return this.send(path, { method: "POST", headers: { ...own, ...headers }, ...(body && { body }) });
  }

  send(path: string, { method = "GET", headers = {}, body }: PageRequest): Promise<PageAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<PageAnswer>();
    const isJson = typeof body === "object";
    const sent = request(
      {
        host: "127.0.0.1",
        port: this.port,
        localAddress: this.from,
        path,
        method,
        agent: false,
        headers: {
          ...(isJson ? { "content-type": "application/json" } : {}),
          ...(this.cookie === undefined ? {} : { cookie: this.cookie }),
          ...headers,
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (piece: string) => {
          text += piece;
        });
        response.once("error", reject);
        response.once("end", () => {
          this.#keepCookie(response.headers["set-cookie"]);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parse(text) });
        });
      },
    );
    sent.once("error", reject);
    sent.end(isJson ? JSON.stringify(body) : body);
    return promise;
  }

  #keepCookie(cookies: readonly string[] | undefined): void {
    for (const cookie of cookies ?? []) this.cookie = cookie.split(";")[0];
  }
}

function parse(text: string): PageAnswer["json"] {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
