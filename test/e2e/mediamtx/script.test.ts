// scripts/stream-on-demand.sh alone, with a control broker of its own: what it says, when it ends, what it leaves behind.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EmbeddedBroker } from "../../../src/mqtt/embedded-broker.ts";
import { monotonicUnixMs } from "../../support/monotonic-unix-ms.ts";
import { processesWith } from "../../support/process-list.ts";
import { until } from "../../support/until.ts";

const path = "54e019aabbcc_live";
const credential = { username: "belfry", password: "only-for-this-run" };

let broker: EmbeddedBroker;
let directory: string;
let mark: string;
let said: string[];
let wake: (() => void)[];

beforeEach(async () => {
  broker = await EmbeddedBroker.open({ credential });
  directory = await mkdtemp(join(tmpdir(), "belfry-script-"));
  mark = crypto.randomUUID();
  said = [];
  wake = [];
  for (const client of ["mosquitto_pub", "mosquitto_sub"])
    await writeFile(join(directory, client), `-u ${credential.username}\n-P ${credential.password}\n`);
  broker.subscribe(`belfry/streams/${path}/command`, (_topic, text) => {
    said.push(text);
    for (const resolve of wake.splice(0)) resolve();
  });
});

afterEach(async () => {
  for (const { pid } of await processesWith("SCRIPT_TEST", mark)) process.kill(pid, "SIGKILL");
  await broker.close();
  await rm(directory, { recursive: true });
});

/** As MediaMTX starts it: in a process group of its own. */
function start(port = broker.port): ChildProcess {
  return spawn("/bin/sh", ["scripts/stream-on-demand.sh"], {
    detached: true,
    stdio: "ignore",
    env: {
      ...process.env,
      MTX_PATH: path,
      BELFRY_CONTROL_HOST: "127.0.0.1",
      BELFRY_CONTROL_PORT: String(port),
      BELFRY_CONTROL_TOPIC: "belfry/streams",
      XDG_CONFIG_HOME: directory,
      SCRIPT_TEST: mark,
    },
  });
}

async function heard(pattern: RegExp): Promise<string> {
  for (;;) {
    const found = said.map((text) => pattern.exec(text)).find((match) => match !== null);
    if (found) return found[1] ?? "";
    await new Promise<void>((resolve) => wake.push(resolve));
  }
}

function tell(leases: readonly string[], ended: readonly string[] = []): void {
  broker.publish(`belfry/streams/${path}/attributes`, JSON.stringify({ status: "active", leases, ended }), {
    retain: true,
  });
}

const nothingLeft = (timeoutMs = 3_000): Promise<true> =>
  until(
    "nothing of the script being left",
    async () => ((await processesWith("SCRIPT_TEST", mark)).length === 0 ? true : undefined),
    { timeoutMs },
  );

/** It follows the stream, or is about to. */
const subscribed = (): Promise<true> =>
  until("the subscription", async () => {
    const all = await processesWith("SCRIPT_TEST", mark);
    return all.some(({ command }) => command.startsWith("mosquitto_sub")) ? true : undefined;
  });

const wanted = /^ON-DEMAND 54e019aabbcc_live ([A-Za-z0-9-]{8,64})$/;

test("it says what it wants, follows the stream, and ends when that is over", async () => {
  tell([]);
  const script = start();
  const lease = await heard(wanted);
  tell([lease]);
  tell([], [lease]);
  const [code] = await once(script, "exit");
  expect(code).toBe(0);
  expect(said).toHaveLength(1);
  await nothingLeft();
});

test("it ends when Belfry does not take its lease", async () => {
  const script = start();
  const lease = await heard(wanted);
  tell(["another-lease"], [lease]);
  await once(script, "exit");
  await nothingLeft();
});

test.each(["SIGINT", "SIGTERM"] as const)("told to end by %s it gives its lease back, at once", async (signal) => {
  const script = start();
  const lease = await heard(wanted);
  tell([lease]);
  const askedAt = monotonicUnixMs();
  process.kill(-(script.pid ?? 0), signal);
  await once(script, "exit");
  expect(monotonicUnixMs() - askedAt).toBeLessThan(1_000);
  expect(said.at(-1)).toBe(`OFF-DEMAND ${lease}`);
  await nothingLeft();
});

test("killed with -9, the broker gives its lease back for it", async () => {
  const script = start();
  const lease = await heard(wanted);
  tell([lease]);
  await subscribed();
  process.kill(-(script.pid ?? 0), "SIGKILL");
  expect(await heard(/^OFF-DEMAND (\S+)$/)).toBe(lease);
});

test("if its first process alone is killed with -9, the rest goes with it, and the broker gives its lease back", async () => {
  const script = start();
  const lease = await heard(wanted);
  tell([lease]);
  await subscribed();
  const killedAt = monotonicUnixMs();
  process.kill(script.pid ?? 0, "SIGKILL");
  expect(await heard(/^OFF-DEMAND (\S+)$/)).toBe(lease);
  expect(monotonicUnixMs() - killedAt).toBeLessThan(1_000);
  await nothingLeft();
});

test("two at once have leases of their own, and each ends with its own", async () => {
  const [first, second] = [start(), start()];
  await until("both", () => (said.length === 2 ? true : undefined));
  const leases = said.map((text) => wanted.exec(text)?.[1] ?? "");
  expect(new Set(leases).size).toBe(2);
  tell(leases);
  process.kill(-(first.pid ?? 0), "SIGINT");
  await once(first, "exit");
  const off = said.at(-1)?.replace("OFF-DEMAND ", "") ?? "";
  expect(leases).toContain(off);
  const other = leases.find((lease) => lease !== off) ?? "";
  tell([other], [off]);
  tell([], leases);
  await once(second, "exit");
  await nothingLeft();
});

test("without a broker it gives up after some seconds and leaves nothing behind", async () => {
  const { port } = broker;
  await broker.close();
  const script = start(port);
  await once(script, "exit");
  await nothingLeft(5_000);
});

test("when the broker goes away for good, so does it", async () => {
  start();
  tell([await heard(wanted)]);
  await broker.close();
  await nothingLeft(25_000);
});

test("no password stands in the arguments of anything", async () => {
  start();
  tell([await heard(wanted)]);
  const all = await until("the subscription", async () => {
    const found = await processesWith("SCRIPT_TEST", mark);
    return found.some(({ command }) => command.startsWith("mosquitto_sub")) ? found : undefined;
  });
  expect(all.filter(({ command }) => command.includes(credential.password))).toEqual([]);
});
