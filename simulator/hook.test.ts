// The redirecting hook: every way out of a Node process leads to the simulator, to loopback, or nowhere.
import { expect, test } from "vitest";
import { buildAccount } from "./account-builders.ts";
import { SimulatedRingCloud } from "./cloud.ts";
import { isObject, type JsonObject } from "./json.ts";
import { runScript } from "./testing.ts";

const script = new URL("./hook.script.ts", import.meta.url);

async function run(
  environment: Record<string, string> = {},
): Promise<{ saw: (step: string) => JsonObject; cloud: SimulatedRingCloud; refused: unknown[] }> {
  await using cloud = await SimulatedRingCloud.start({ accounts: [buildAccount()] });
  const outcome = await runScript({ cloud, script, environment });
  expect(outcome.errorText).toBe("");
  const lines = outcome.lines.filter(isObject);
  const saw = (step: string): JsonObject => lines.find((line) => line["step"] === step) ?? {};
  return { saw, cloud, refused: cloud.refusals.map(({ what, host }) => `${String(what)} ${String(host)}`) };
}

test("TCP, UDP, look-ups and worker threads", async () => {
  const { saw, cloud, refused } = await run();
  const { https, pushDelivery } = cloud.ports;

  expect(saw("options")["outcome"]).toBe(`connected to 127.0.0.1:${https}`);
  expect(saw("port and host")["outcome"]).toBe(`connected to 127.0.0.1:${https}`);
  expect(saw("text port")["outcome"]).toBe(`connected to 127.0.0.1:${pushDelivery}`);
  expect(saw("known name, other port")["outcome"]).toContain("connect of api.ring.com:8080 refused");
  expect(saw("foreign address")["outcome"]).toContain("connect of 192.0.2.99:80 refused");
  expect(saw("foreign name")["outcome"]).toContain("connect of ring.com:443 refused");
  expect(saw("loopback")["outcome"]).toContain("connected to ");
  for (const step of ["stun by name", "stun with offsets", "stun connected"]) {
    expect(saw(step)).toMatchObject({ type: 0x0101, isOwnPort: true });
  }
  expect(saw("datagram")["byName"]).toContain("send of example.com:53 refused");
  expect(saw("datagram")["byAddress"]).toContain("send of 192.0.2.99:53 refused");
  expect(saw("lookups")).toMatchObject({
    all: [{ address: "127.0.0.1", family: 4 }],
    plain: ["127.0.0.1", 4],
    withFamily: "127.0.0.1",
    resolved: ["127.0.0.1"],
    one: true,
  });
  expect(saw("interfaces")["hasExternal"]).toBe(true);
  for (const step of ["worker", "worker with its own environment"]) {
    expect(saw(step)["outcome"]).toContain("connect of example.com:443 refused");
  }
  expect(refused).toEqual([
    "connect api.ring.com",
    "connect 192.0.2.99",
    "connect ring.com",
    "send example.com",
    "send 192.0.2.99",
    "connect example.com",
    "connect example.com",
  ]);
});

test("without a port map everything beyond loopback is refused", async () => {
  await using cloud = await SimulatedRingCloud.start({ accounts: [buildAccount()] });
  const outcome = await runScript({ cloud, script, environment: { BELFRY_SIMULATOR_PORTS: "{}" } });

  expect(outcome.lines).toContainEqual({
    step: "options",
    outcome: expect.stringContaining("connect of api.ring.com:443 refused"),
  });
  expect(cloud.refusals).toContainEqual(expect.objectContaining({ what: "send", port: 443 }));
});
