// The Ring room in a process of its own, seeing the simulated cloud as Ring.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { SimulatedRingCloud } from "../../simulator/cloud.ts";

export interface RingLine {
  readonly what: string;
  readonly at: number;
  readonly [field: string]: unknown;
}

type Matches = (line: RingLine) => boolean;

export interface RingRoomOptions {
  readonly cloud: SimulatedRingCloud;
  /** Where the token is kept; made, with a fresh token of the cloud, where it is not given. */
  readonly tokenPath?: string;
  readonly token?: string;
  readonly settings?: object;
  readonly onErrorOutput?: (text: string) => void;
}

const script = new URL("./ring-room.script.ts", import.meta.url).pathname;
const fast = { pollSeconds: 1, backoff: { firstMs: 50, longestMs: 500, jitter: 0 } };

export class RingRoomProcess implements AsyncDisposable {
  readonly lines: RingLine[] = [];
  readonly tokenPath: string;
  errorText = "";
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #exited: Promise<unknown>;
  readonly #waiting = new Set<() => void>();
  readonly #directory: string | undefined;
  #lastId = 0;

  constructor(options: RingRoomOptions) {
    const { cloud, tokenPath, token, settings } = options;
    this.#directory = tokenPath === undefined ? mkdtempSync(join(tmpdir(), "ring-room-")) : undefined;
    this.tokenPath = tokenPath ?? join(this.#directory ?? "", "token");
    if (tokenPath === undefined) writeFileSync(this.tokenPath, token ?? cloud.operations.refreshToken());
    const { NODE_OPTIONS: _options, VITEST: _vitest, ...inherited } = process.env;
    const facts = JSON.stringify({ ...fast, ...settings, tokenPath: this.tokenPath });
    this.#child = spawn(process.execPath, [script, facts], {
      env: { ...inherited, ...cloud.clientEnvironment() },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#exited = once(this.#child, "close");
    this.#child.stdin.on("error", () => undefined);
    this.#child.stderr.on("data", (chunk: Buffer) => {
      this.errorText += chunk.toString();
    });
    createInterface({ input: this.#child.stdout }).on("line", (text) => {
      this.lines.push(JSON.parse(text) as RingLine);
      for (const check of [...this.#waiting]) check();
    });
    this.#child.once("close", () => {
      for (const check of [...this.#waiting]) check();
    });
  }

  get savedToken(): string {
    return readFileSync(this.tokenPath, "utf8");
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The first line after number `after` that matches. */
  waitFor(description: string, matches: Matches, { timeoutMs = 15_000, after = 0 } = {}): Promise<RingLine> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        finish();
        const seen = this.lines.slice(-15).map((line) => JSON.stringify(line).slice(0, 300));
        reject(new Error(`no ${description}: ${why}; last lines:\n${seen.join("\n")}\n${this.errorText.slice(-2000)}`));
      };
      const timer = setTimeout(() => fail(`none within ${timeoutMs} ms`), timeoutMs);
      const check = (): void => {
        const found = this.lines.slice(after).find(matches);
        if (found) {
          finish();
          resolve(found);
        } else if (this.#child.exitCode !== null || this.#child.signalCode !== null) fail("the process is gone");
      };
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Sends a command and waits for its end; the line of its end. */
  async command(verb: string, fields: object = {}, timeoutMs = 30_000): Promise<RingLine & { id: number }> {
    const id = this.send(verb, fields);
    const line = await this.waitFor(`end of ${verb}`, (item) => item.what === "done" && item["id"] === id, {
      timeoutMs,
    });
    return { ...line, id };
  }

  send(verb: string, fields: object = {}): number {
    const id = ++this.#lastId;
    this.#child.stdin.write(`${JSON.stringify({ id, verb, ...fields })}\n`);
    return id;
  }

  async ready(): Promise<RingLine> {
    return await this.waitFor("list of cameras", (line) => line.what === "cameras");
  }

  async pushReady(): Promise<void> {
    await this.waitFor("push connection", (line) => line.what === "push" && line["isHealthy"] === true);
  }

  /** The process ends by itself after a clean stop; resolves with its exit code. */
  async stop(): Promise<number | null> {
    await this.command("stop");
    await this.#exited;
    return this.#child.exitCode;
  }

  /** Resolves when the process is gone, however that comes. */
  async exited(): Promise<NodeJS.Signals | null> {
    await this.#exited;
    return this.#child.signalCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
    if (this.#directory) rmSync(this.#directory, { recursive: true, force: true });
  }
}
