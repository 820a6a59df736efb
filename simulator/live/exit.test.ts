import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("./exit.script.ts", import.meta.url));

test("after its live service is disposed of a process ends by itself", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 50_000, killSignal: "SIGKILL" });
  expect(stdout).toBe("disposed of\n");
});
