import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const script = new URL("./real-ports.script.ts", import.meta.url).pathname;
/** As root, where the system lets us have namespaces of our own (not in every container or chroot). */
const canUnshare = spawnSync("unshare", ["--net", "--mount", "ip", "link", "set", "lo", "up"]).status === 0;

test.runIf(canUnshare)("on Ring's own ports an unmodified client needs a hosts file and the CA alone", async () => {
  const { stdout } = await promisify(execFile)("unshare", ["--net", "--mount", process.execPath, script], {
    timeout: 50_000,
  });
  const lines = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line): unknown => JSON.parse(line));
  expect(lines).toEqual([
    { step: "listening", ports: expect.objectContaining({ https: 443, pushDelivery: 5228, stun: 443 }) },
    { step: "asked for a code", error: expect.stringContaining("2-factor") },
    { step: "listed", cameras: 7 },
    { step: "heard the doorbell", device: "Front Door" },
    { step: "saw video", payloadType: 98 },
    { step: "over", violations: [] },
  ]);
});
