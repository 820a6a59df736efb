// Reads the server-sent events of Belfry's page.
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import type { StatusDocument } from "../../src/web/house-status.ts";

export class PageEvents implements Disposable {
  readonly headers: IncomingMessage["headers"];
  readonly documents: StatusDocument[] = [];
  /** Resolves when the server ends the events. */
  readonly ended: Promise<void>;
  readonly #request: ClientRequest;
  readonly #listeners = new Set<() => void>();

  private constructor(sent: ClientRequest, response: IncomingMessage) {
    this.#request = sent;
    this.headers = response.headers;
    let rest = "";
    response.setEncoding("utf8").on("data", (piece: string) => {
      const blocks = (rest + piece).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) this.#hear(block);
    });
    // Cut off is an end as well.
    response.on("error", () => undefined);
    this.ended = new Promise((resolve) => response.once("close", () => resolve()));
  }

  static open(port: number, headers: Readonly<Record<string, string>> = {}): Promise<PageEvents> {
    return new Promise((resolve, reject) => {
      const sent = request({ host: "127.0.0.1", port, path: "/api/events", agent: false, headers });
      sent.on("error", reject);
      sent.once("response", (response) => {
        if (response.statusCode === 200) resolve(new PageEvents(sent, response));
        else reject(new Error(`the events were answered with ${response.statusCode}`));
      });
      sent.end();
    });
  }

  /** The first document, old or new, that matches. */
  async waitFor(
    what: string,
    matches: (status: StatusDocument) => boolean,
    timeoutMs = 15_000,
  ): Promise<StatusDocument> {
    const patience = AbortSignal.timeout(timeoutMs);
    patience.addEventListener("abort", () => this.#tell(), { once: true });
    for (;;) {
      const found = this.documents.find(matches);
      if (found) return found;
      if (patience.aborted) throw new Error(`no status with ${what} within ${timeoutMs} ms`);
      await new Promise<void>((resolve) => this.#listeners.add(resolve));
    }
  }

  [Symbol.dispose](): void {
    this.#request.destroy();
  }

  #hear(block: string): void {
    const data = /^data: (.*)$/m.exec(block)?.[1];
    if (data === undefined) return;
    this.documents.push(JSON.parse(data));
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}
