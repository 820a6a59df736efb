// One run of the demo: a mark in the environment of every process it starts, and a directory for every file it makes.
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ListedProcess, processesWith } from "../../../test/support/process-list.ts";

const markName = "DEMO_RUN_ID";

export class DemoRun implements Disposable {
  readonly mark = randomUUID();
  readonly directory = mkdtempSync(join(tmpdir(), "belfry-demo-"));

  constructor() {
    process.env[markName] = this.mark;
    process.env["TMPDIR"] = this.directory;
  }

  /** Processes of this run that are still there. */
  leftovers(): Promise<ListedProcess[]> {
    return processesWith(markName, this.mark);
  }

  /** The end for whatever is still there. */
  async killLeftovers(): Promise<void> {
    for (const { pid } of await this.leftovers()) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended between looking and killing.
      }
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
