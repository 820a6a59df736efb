// The simulated Ring cloud as a process of its own, with as many cameras as a benchmark wants, steered by its control API.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { get, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { AccountData } from "../../simulator/account.ts";
import { buildAccount, recordLike } from "../../simulator/account-builders.ts";
import type { JournalEntry } from "../../simulator/journal.ts";
import { freePort } from "../../test/support/free-port.ts";

const mainFile = fileURLToPath(new URL("../../simulator/main.ts", import.meta.url));

/** No budget stands in its way. */
const wiredCamera = "living-room";

export interface BenchCamera {
  readonly id: number;
  readonly deviceId: string;
  readonly locationId: string;
  /** As the control API names it. */
  readonly slug: string;
}

export class SimulatorProcess implements AsyncDisposable {
  readonly account: AccountData;
  readonly cameras: readonly BenchCamera[];
  readonly pid: number;
  readonly #child: ChildProcessByStdio<null, null, Readable>;
  readonly #controlUrl: string;
  readonly #directory: string;
  #isStopping = false;

  private constructor(parts: {
    account: AccountData;
    child: ChildProcessByStdio<null, null, Readable>;
    controlUrl: string;
    directory: string;
  }) {
    this.account = parts.account;
    this.cameras = parts.account.ring_devices.stickup_cams.map((record) => ({
      id: record.id,
      deviceId: record.device_id,
      locationId: record.location_id,
      slug: record.description.toLowerCase().replaceAll(" ", "-"),
    }));
    this.#child = parts.child;
    this.pid = parts.child.pid ?? 0;
    this.#controlUrl = parts.controlUrl;
    this.#directory = parts.directory;
    let said = "";
    parts.child.stderr.on("data", (piece: Buffer) => {
      said = (said + piece.toString()).slice(-2_000);
    });
    parts.child.once("close", (code, signal) => {
      if (!this.#isStopping) process.stderr.write(`the simulator ended by itself (${code ?? signal}): ${said}\n`);
    });
  }

  /** The cameras are like those of the demo account that are named, one after the other. */
  static async start(cameraCount: number, kinds: readonly string[] = [wiredCamera]): Promise<SimulatorProcess> {
    const directory = await mkdtemp(join(tmpdir(), "belfry-bench-"));
    const account = manyCameras(cameraCount, kinds);
    const file = join(directory, "account.json");
    await writeFile(file, JSON.stringify(account));
    const port = await freePort();
    const args = [mainFile, "--account", file, "--control-port", String(port)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
    const simulator = new SimulatorProcess({ account, child, controlUrl: `http://127.0.0.1:${port}`, directory });
    try {
      await untilItSpeaks(child);
      return simulator;
    } catch (error) {
      await simulator[Symbol.asyncDispose]();
      throw error;
    }
  }

  async environment(): Promise<Record<string, string>> {
    const { variables }: { variables: Record<string, string> } = await this.#get("/environment");
    return variables;
  }

  /** Entries after that sequence number; with `kind` and `waitMs` it waits for one. */
  async journal(after: number, options: { kind?: string; waitMs?: number } = {}): Promise<JournalEntry[]> {
    const query = new URLSearchParams({ after: String(after) });
    if (options.kind !== undefined) query.set("kind", options.kind);
    if (options.waitMs !== undefined) query.set("wait-ms", String(options.waitMs));
    const { entries }: { entries: JournalEntry[] } = await this.#get(`/journal?${query}`);
    return entries;
  }

  /** An operation of the control API. */
  async operate(operation: string, body: object): Promise<void> {
    const init = { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(`${this.#controlUrl}/${operation}`, init);
    if (!response.ok) throw new Error(`the simulator answered ${operation} with ${await response.text()}`);
  }

  async journalPosition(): Promise<number> {
    return (await this.journal(0)).at(-1)?.sequence ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = new Promise((resolve) => this.#child.once("close", resolve));
      this.#child.kill("SIGTERM");
      const late = setTimeout(() => this.#child.kill("SIGKILL"), 5_000);
      await gone;
      clearTimeout(late);
    }
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #get<T>(path: string): Promise<T> {
    // A connection of its own: one that is kept may be closed by the other side just when it is used again.
    const [response] = await once(get(`${this.#controlUrl}${path}`, { agent: false }), "response");
    const message: IncomingMessage = response;
    const body = await json(message);
    if (message.statusCode !== 200) throw new Error(`the simulator answered ${path} with ${JSON.stringify(body)}`);
    return body as T;
  }
}

function manyCameras(count: number, kinds: readonly string[]): AccountData {
  const added = Array.from({ length: count }, (_, index) => {
    const number = String(index + 1).padStart(2, "0");
    const changes = { id: 48_160_000 + index, device_id: `54e019bb01${number}`, description: `Camera ${number}` };
    return ["stickup_cams", recordLike(kinds[index % kinds.length] ?? wiredCamera, changes)] as const;
  });
  return buildAccount({ devices: [], added });
}

/** It names its environment when it is ready. */
function untilItSpeaks(child: ChildProcessByStdio<null, null, Readable>): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    child.stderr.on("data", (piece: Buffer) => {
      said = (said + piece.toString()).slice(-4_000);
      if (said.includes("environment for Node clients")) resolve();
    });
    child.once("error", reject);
    child.once("close", () => reject(new Error(`the simulator ended: ${said}`)));
  });
}
