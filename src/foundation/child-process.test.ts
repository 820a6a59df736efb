import { randomUUID } from "node:crypto";
import { expect, onTestFinished, test, vi } from "vitest";
import { Child, endLeftovers, findExecutable } from "./child-process.ts";
import { systemClock } from "./clock.ts";

const start = (command: string, args: string[], instance: string, signal = new AbortController().signal) =>
  Child.start({ command, args, instance, signal, clock: systemClock, graceMs: 200 });

test("a child that ignores SIGTERM is killed after its grace time", async () => {
  const child = await start("sh", ["-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"], randomUUID());
  await new Promise((resolve) => child.stdout.once("data", resolve));
  expect(await child.stop()).toEqual({ code: null, signal: "SIGKILL" });
});

test("aborting the signal ends the child", async () => {
  const controller = new AbortController();
  const child = await start("sleep", ["60"], randomUUID(), controller.signal);
  controller.abort();
  expect((await child.exited).signal).toBe("SIGTERM");
});

test("a child is given what every program needs and what its caller adds, never our secrets", async () => {
  vi.stubEnv("SUPERVISOR_TOKEN", "secret of the Supervisor");
  vi.stubEnv("BELFRY_MQTT_URL", "mqtt://user:secret@broker");
  vi.stubEnv("TZ", "Europe/Berlin");
  onTestFinished(() => void vi.unstubAllEnvs());
  const instance = randomUUID();
  const { signal } = new AbortController();
  const env = { ADDED: "by the caller" };
  const child = await Child.start({ command: "env", args: [], env, instance, signal, clock: systemClock });
  const lines = (await child.stdout.setEncoding("utf8").toArray()).join("").trim().split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([`PATH=${process.env["PATH"]}`, "TZ=Europe/Berlin", "ADDED=by the caller"]),
  );
  expect(lines).toContain(`BELFRY_INSTANCE=${instance}`);
  expect(lines.filter((line) => /^(?:SUPERVISOR|BELFRY_(?!INSTANCE)|VITEST|NODE)/.test(line))).toEqual([]);
});

test("a missing program is a permanent error that names it", async () => {
  await expect(start("no-such-program-here", [], randomUUID())).rejects.toMatchObject({
    code: "child.missing",
    message: expect.stringContaining("no-such-program-here"),
  });
  expect(findExecutable("no-such-program-here")).toBeUndefined();
});

test("leftovers of the same instance are found and killed, others are left alone", async () => {
  const ours = randomUUID();
  const left = await start("sleep", ["60"], ours);
  const stranger = await start("sleep", ["60"], randomUUID());
  expect(await endLeftovers(ours)).toEqual([left.pid]);
  expect((await left.exited).signal).toBe("SIGKILL");
  expect(await endLeftovers(ours)).toEqual([]);
  expect((await stranger.stop()).signal).toBe("SIGTERM");
});
