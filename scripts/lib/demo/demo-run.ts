// One run of the demo: a mark in the environment of every process it starts, by which they are found again.
import { randomUUID } from "node:crypto";
import { type ListedProcess, processesWith } from "../../../test/support/process-list.ts";

const markName = "DEMO_RUN_ID";

export class DemoRun {
  readonly mark = randomUUID();

  constructor() {
    process.env[markName] = this.mark;
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
}
