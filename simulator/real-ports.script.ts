// Run by real-ports.test.ts as root in network and mount namespaces of its own: the simulator on Ring's own ports, and
// an unmodified client that has nothing but a hosts file and the CA. Prints what the client saw, as JSON lines.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadAccount } from "./account.ts";
import { demoAccountPath } from "./account-builders.ts";
import { SimulatedRingCloud } from "./cloud.ts";
import { allHosts } from "./hosts.ts";

const directory = mkdtempSync(join(tmpdir(), "real-ports-"));
const print = (facts: object): void => console.log(JSON.stringify(facts));

/** A network with no way out: loopback, and a pair of interfaces, because WebRTC offers no loopback addresses. */
function makeNetwork(): void {
  const ip = (...words: string[]): void => void execFileSync("ip", words);
  ip("link", "set", "lo", "up");
  ip("link", "add", "eth8", "type", "veth", "peer", "name", "eth9");
  ip("addr", "add", "10.99.0.1/24", "dev", "eth8");
  for (const name of ["eth8", "eth9"]) ip("link", "set", name, "up");
  const hostsFile = join(directory, "hosts");
  writeFileSync(hostsFile, ["localhost", ...allHosts].map((host) => `127.0.0.1 ${host}\n`).join(""));
  execFileSync("mount", ["--bind", hostsFile, "/etc/hosts"]);
}

async function runClient(cloud: SimulatedRingCloud, caPath: string): Promise<void> {
  writeFileSync(caPath, cloud.caPem);
  const { NODE_OPTIONS: _options, VITEST: _vitest, ...environment } = process.env;
  const client = spawn(process.execPath, [new URL("./real-ports-client.script.ts", import.meta.url).pathname], {
    env: { ...environment, NODE_EXTRA_CA_CERTS: caPath },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  client.on("message", (word) => {
    if (word === "ring") cloud.pressDoorbell("front-door");
  });
  await once(client, "exit");
}

makeNetwork();
{
  await using cloud = await SimulatedRingCloud.start({ accounts: [loadAccount(demoAccountPath)], realPorts: true });
  print({ step: "listening", ports: cloud.ports });
  await runClient(cloud, join(directory, "ca.pem"));
  print({ step: "over", violations: cloud.journal.violations.map(({ details }) => details["what"]) });
}
rmSync(directory, { recursive: true });
process.exit(0);
