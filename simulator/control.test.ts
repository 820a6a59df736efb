// The control API, ordered faults, and the command line of `npm run ring`.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { buildAccount } from "./account-builders.ts";
import { SimulatedRingCloud } from "./cloud.ts";
import { signIn } from "./cloud-client.fixtures.ts";
import { parseCommandLine } from "./control/command-line.ts";
import { commands } from "./control/commands.ts";
import type { JsonObject } from "./json.ts";

const run = promisify(execFile);
const start = (): Promise<SimulatedRingCloud> => SimulatedRingCloud.start({ accounts: [buildAccount()] });
const devices = "/clients_api/ring_devices";

async function control(
  cloud: SimulatedRingCloud,
  path: string,
  body?: object,
): Promise<{ status: number; json: JsonObject }> {
  const response = await fetch(
    `${cloud.controlUrl}/${path}`,
    body ? { method: "POST", body: JSON.stringify(body) } : {},
  );
  return { status: response.status, json: (await response.json()) as JsonObject };
}

test("ordered faults befall the next requests that match, so often and no more", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  await control(cloud, "next-requests", {
    path: "api.ring.com/clients_api/ring_devices",
    times: 2,
    status: 429,
    headers: { "retry-after": "1" },
  });

  const first = await client.get(devices);
  expect([first.status, first.headers["retry-after"]]).toEqual([429, "1"]);
  expect((await client.get("/clients_api/profile")).status).toBe(200);
  expect((await client.get(devices)).status).toBe(429);
  expect((await client.get(devices)).status).toBe(200);
  await control(cloud, "next-requests", { path: "ring_devices", reset: true });
  await expect(client.get(devices)).rejects.toThrow("socket hang up");
});

test("a slow reply is held back and written down", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  await control(cloud, "next-requests", { path: "profile", delayMs: 200 });
  await client.get("/clients_api/profile");

  const [released] = cloud.journal.entries({ kind: "released" });
  expect(released?.details).toMatchObject({ what: "reply", path: "/clients_api/profile" });
  expect(Number(released?.details["heldMs"])).toBeGreaterThanOrEqual(190);
});

test("a client that gives up a held reply leaves nothing behind", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  await control(cloud, "next-requests", { path: "profile", delayMs: 60_000 });
  const asked = client.get("/clients_api/profile", { headers: client.headers, signal: AbortSignal.timeout(100) });

  await expect(asked).rejects.toThrow();
  expect(cloud.journal.violations).toEqual([]);
});

test("the journal is read in parts, and waited for", async () => {
  await using cloud = await start();
  const waiting = control(cloud, "journal?kind=world.ding&wait-ms=5000");
  await cloud.pressDoorbell("front-door");
  const { entries } = (await waiting).json as { entries: JsonObject[] };

  expect(entries).toMatchObject([{ kind: "world.ding" }]);
  expect((await control(cloud, `journal?after=${String(entries[0]?.["sequence"])}&kind=world.`)).json).toEqual({
    entries: [],
  });
});

test("state, environment, violations and refusals can be asked for; what is wrong is said in a sentence", async () => {
  await using cloud = await start();

  expect((await control(cloud, "state")).json).toMatchObject({ accounts: [{ email: "owner@example.com" }], calls: [] });
  expect((await control(cloud, "environment")).json).toMatchObject({
    variables: { NODE_EXTRA_CA_CERTS: cloud.caPath },
  });
  expect((await control(cloud, "violations")).json).toEqual({ violations: [] });
  expect((await control(cloud, "refusals")).json).toEqual({ refusals: [] });
  const wrong = await control(cloud, "light", { camera: "driveway", state: "blue" });
  expect([wrong.status, String(wrong.json["error"])]).toEqual([400, expect.stringContaining("state")]);
  expect((await control(cloud, "dance", {})).json["error"]).toContain('there is no operation "dance"');
});

test("npm run ring does it from the command line", async () => {
  await using cloud = await start();
  const ring = (...words: string[]): Promise<{ stdout: string }> =>
    run(process.execPath, [new URL("./ring.ts", import.meta.url).pathname, ...words], {
      env: { ...process.env, BELFRY_SIMULATOR: cloud.controlUrl },
    });

  expect(JSON.parse((await ring("ding", "front-door")).stdout)).toMatchObject({ deviceId: 48151101 });
  await ring("light", "driveway", "on");
  expect(cloud.world.devicesNamed("driveway")[0]?.record["led_status"]).toBe("on");
  const lines = (await ring("journal", "--kind", "world.")).stdout.trim().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as JsonObject)["kind"])).toEqual(["world.ding", "world.light"]);
  await expect(ring("ding", "attic")).rejects.toThrow('there is no device "attic"');
});

test("every command of the usage text exists", () => {
  const words = [
    "ding a",
    "motion a human",
    "person a",
    "battery a 40 2",
    "offline a",
    "online a",
    "light a on",
    "siren a 3",
    "end-calls a --code 10",
    "reset-knobs",
    "lose-session",
    "expire-tokens",
    "revoke-tokens",
    "disturb-push close",
    "stun off",
    "token --wrapped",
  ];
  const names = words.map((line) => parseCommandLine(line.split(" "))).map(({ path }) => path.slice(1));
  const withJson = ["record", "knob"].map((name) => parseCommandLine([name, "a", "{}"]).path.slice(1));
  const bare = ["account-knob", "next-requests"].map((name) => parseCommandLine([name, "{}"]).path.slice(1));

  for (const name of [...names, ...withJson, ...bare]) expect(Object.keys(commands)).toContain(name);
  expect(parseCommandLine(["end-calls", "a", "--code", "10", "--text", "answered_timeout"])).toMatchObject({
    body: { camera: "a", code: 10, text: "answered_timeout" },
  });
  expect(() => parseCommandLine(["dance"])).toThrow("usage");
});
