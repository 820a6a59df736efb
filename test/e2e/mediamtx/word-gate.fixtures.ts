// A mosquitto_pub before the real one: it waits before it says a word, for as long as a test wants. So whatever takes part in a
// stream can be killed at exactly that moment.
import { access, chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { findExecutable } from "../../../src/foundation/child-process.ts";
import { until } from "../../support/until.ts";

export type Word = "ON-DEMAND" | "OFF-DEMAND";

export class WordGate implements AsyncDisposable {
  /** The PATH with which Belfry and its scripts find it. */
  readonly path: string;
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
    this.path = [directory, process.env["PATH"]].join(delimiter);
  }

  static async open(): Promise<WordGate> {
    const directory = await mkdtemp(join(tmpdir(), "belfry-gate-"));
    const gate = new WordGate(directory);
    await writeFile(join(directory, "mosquitto_pub"), gate.#program());
    await chmod(join(directory, "mosquitto_pub"), 0o755);
    return gate;
  }

  /** From now on scripts wait before they say that. */
  async hold(word: Word): Promise<void> {
    await writeFile(this.#file("hold"), word);
  }

  /** Resolves when one waits. */
  async isWaiting(): Promise<void> {
    await until("a script being about to say its word", () =>
      access(this.#file("waits")).then(
        () => true,
        () => undefined,
      ),
    );
  }

  async release(): Promise<void> {
    await rm(this.#file("hold"), { force: true });
    await rm(this.#file("waits"), { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
    await rm(this.#directory, { recursive: true });
  }

  #file(name: string): string {
    return join(this.#directory, name);
  }

  #program(): string {
    const [hold, waits, real] = [this.#file("hold"), this.#file("waits"), findExecutable("mosquitto_pub")];
    return [
      "#!/bin/sh",
      `word=$(cat ${hold} 2>/dev/null)`,
      'case "$*" in',
      `  *"-m \${word:-nothing} "*) : >${waits}; while [ -e ${hold} ]; do sleep 0.02; done ;;`,
      "esac",
      `exec ${real} "$@"`,
      "",
    ].join("\n");
  }
}
