// Readers in a process of their own, so that what they cost is not counted as somebody else's.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ReceivedPicture } from "../../test/support/rtsp-reader.ts";
import type { FleetAnswer, FleetCommand, OpenedReader, ReaderCounts } from "./reader-messages.ts";

const script = fileURLToPath(new URL("./reader-process.ts", import.meta.url));

export class ReaderFleet implements AsyncDisposable {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: FleetAnswer) => void>();
  #nextId = 1;

  constructor() {
    this.#child = fork(script, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.pid = this.#child.pid ?? 0;
    this.#child.on("message", (answer: FleetAnswer) => this.#settle(answer));
    this.#child.once("exit", () => {
      for (const id of [...this.#waiting.keys()]) this.#settle({ id, error: "the process of the readers ended" });
    });
  }

  /** Resolves when each of them has its first picture. */
  async open(urls: readonly string[], codecs: readonly string[], userAgent: string): Promise<OpenedReader[]> {
    return (await this.#ask({ what: "open", urls, codecs, userAgent })) as OpenedReader[];
  }

  async count(): Promise<ReaderCounts> {
    return (await this.#ask({ what: "count" })) as ReaderCounts;
  }

  /** Pictures of each reader since then. */
  async pictures(sinceMs: number): Promise<ReceivedPicture[][]> {
    return (await this.#ask({ what: "pictures", sinceMs })) as ReceivedPicture[][];
  }

  async close(): Promise<void> {
    await this.#ask({ what: "close" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.disconnect();
    await gone;
  }

  async #ask(command: FleetCommand): Promise<FleetAnswer["result"]> {
    const id = this.#nextId++;
    const answer = new Promise<FleetAnswer>((resolve) => this.#waiting.set(id, resolve));
    this.#child.send({ ...command, id });
    const { error, result } = await answer;
    if (error !== undefined) throw new Error(`readers: ${error}`);
    return result;
  }

  #settle(answer: FleetAnswer): void {
    this.#waiting.get(answer.id)?.(answer);
    this.#waiting.delete(answer.id);
  }
}
