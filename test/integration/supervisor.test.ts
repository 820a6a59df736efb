import { expect, onTestFinished, test } from "vitest";
import { Supervisor } from "../../src/home-assistant/supervisor.ts";
import { FakeSupervisor, type SupervisorRecord } from "../support/fake-supervisor.ts";

const { signal } = new AbortController();

async function start(
  record: Partial<SupervisorRecord> = {},
): Promise<{ fake: FakeSupervisor; supervisor: Supervisor }> {
  const fake = await FakeSupervisor.start(record);
  onTestFinished(() => fake[Symbol.asyncDispose]());
  return { fake, supervisor: new Supervisor({ url: fake.url, token: fake.token, timeoutMs: 300 }) };
}

test("tells the broker with user, password and TLS", async () => {
  const { supervisor, fake } = await start({
    mqtt: { host: "core-mosquitto", port: 1883, username: "addons", password: "p@ss word" },
  });
  expect(await supervisor.mqttService(signal)).toEqual({
    host: "core-mosquitto",
    port: 1883,
    username: "addons",
    password: "p@ss word",
    isTls: false,
  });
  fake.record.mqtt = { host: "core-mosquitto", port: 8883, ssl: true };
  expect(await supervisor.mqttService(signal)).toMatchObject({ port: 8883, username: undefined, isTls: true });
});

test("without a broker it says what to install", async () => {
  const { supervisor } = await start();
  await expect(supervisor.mqttService(signal)).rejects.toMatchObject({
    code: "supervisor.no-broker",
    message: expect.stringContaining("Mosquitto broker"),
  });
});

test("tells our name and the ports that the owner has opened", async () => {
  const { supervisor } = await start({
    hostname: "a1b2c3d4-belfry",
    network: { "8554/tcp": 18_554, "8555/tcp": null },
  });
  expect(await supervisor.ownApp(signal)).toEqual({
    hostname: "a1b2c3d4-belfry",
    openedPorts: new Map([["8554/tcp", 18_554]]),
  });
});

test("tells Home Assistant's address at home, without a slash at its end, or that none is set", async () => {
  const { supervisor, fake } = await start({ homeAssistant: { internal_url: "https://ha.home:8443/" } });
  expect(await supervisor.homeAssistantUrl(signal)).toBe("https://ha.home:8443");
  fake.record.homeAssistant = { internal_url: null };
  expect(await supervisor.homeAssistantUrl(signal)).toBeUndefined();
});

test("Home Assistant that still starts, and answers that make no sense, are worth another try", async () => {
  const { supervisor, fake } = await start({ homeAssistant: undefined });
  await expect(supervisor.homeAssistantUrl(signal)).rejects.toMatchObject({ code: "supervisor.odd-reply" });
  fake.record.garbage = "<html>";
  await expect(supervisor.ownApp(signal)).rejects.toMatchObject({
    code: "supervisor.odd-reply",
    name: "TransientError",
  });
  fake.record.garbage = '{"result":"ok","data":{"hostname":""}}';
  await expect(supervisor.ownApp(signal)).rejects.toMatchObject({ code: "supervisor.odd-reply" });
});

test("a wrong token is for somebody to cure, a silent or missing Supervisor is not", async () => {
  const { fake, supervisor } = await start();
  const stranger = new Supervisor({ url: fake.url, token: "wrong", timeoutMs: 300 });
  await expect(stranger.ownApp(signal)).rejects.toMatchObject({ code: "supervisor.refused", name: "PermanentError" });
  fake.record.isMute = true;
  const startedAt = performance.now();
  await expect(supervisor.ownApp(signal)).rejects.toMatchObject({
    code: "supervisor.unreachable",
    name: "TransientError",
  });
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  const nobody = new Supervisor({ url: "http://127.0.0.1:9", token: "x", timeoutMs: 300 });
  await expect(nobody.mqttService(signal)).rejects.toMatchObject({ code: "supervisor.unreachable" });
});

test("an end of ours is not reported as trouble of the Supervisor", async () => {
  const { fake, supervisor } = await start({ isMute: true });
  const controller = new AbortController();
  const asked = supervisor.ownApp(controller.signal);
  const reason = new Error("stopping");
  controller.abort(reason);
  await expect(asked).rejects.toBe(reason);
  expect(fake.token).not.toBe("");
});
