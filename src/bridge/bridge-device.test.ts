import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { Emitter } from "../foundation/emitter.ts";
import { silentLogger } from "../foundation/logger.fake.ts";
import { type BridgeAccount, BridgeDevice } from "./bridge-device.ts";
import type { BridgePush, SignInState } from "./bridge-view.ts";
import { RecordingLink } from "./device-link.fake.ts";

function setUp() {
  const clock = new ManualClock(Date.UTC(2026, 5, 1, 12));
  const link = new RecordingLink();
  const changed = new Emitter<void>();
  const house = { problem: undefined as string | undefined };
  const pressed: string[] = [];
  const account = {
    signIn: { state: "signed-in" as SignInState, reason: undefined as string | undefined },
    signInChanged: changed,
    cameras: [1, 2],
    push: { isHealthy: true, reason: undefined, lastPushAt: undefined } as BridgePush,
    pushChanged: changed,
    lastContactAt: clock.now() as number | undefined,
    contactMade: changed,
  } satisfies BridgeAccount;
  const device = new BridgeDevice({
    account,
    actions: { restart: () => pressed.push("restart"), rediscover: () => pressed.push("rediscover") },
    devices: { link: () => link, removeUnlinked: () => undefined, announceAll: () => undefined },
    bridgeId: "bridge",
    version: "1.2.3",
    problem: () => house.problem,
    clock,
    logger: silentLogger,
    signal: new AbortController().signal,
  });
  const state = (key: string): string | undefined => link.states.get(key);
  return { clock, link, changed, account, house, device, state, pressed };
}

test("while all is well, the last contact is said now and then; in trouble it is exact", async () => {
  const { clock, changed, account, state, link } = setUp();
  link.log.length = 0;
  for (let poll = 0; poll < 90; poll++) {
    await clock.advance(20_000);
    account.lastContactAt = clock.now();
    changed.emit();
  }
  expect(link.log).toEqual([
    "last_contact 2026-06-01T12:10:00.000Z",
    "last_contact 2026-06-01T12:20:00.000Z",
    "last_contact 2026-06-01T12:30:00.000Z",
  ]);
  await clock.advance(20_000);
  account.lastContactAt = clock.now();
  account.signIn = { state: "unreachable", reason: "Ring cannot be reached to list the devices" };
  changed.emit();
  expect(state("last_contact")).toBe("2026-06-01T12:30:20.000Z");
  expect(state("problem")).toBe("Ring cannot be reached to list the devices");
  expect([state("connectivity"), state("sign_in_needed")]).toEqual(["OFF", "OFF"]);
});

test.each([
  ["refused", "ON"],
  ["signed-out", "ON"],
  ["unreachable", "OFF"],
  ["signing-in", "OFF"],
  ["signed-in", "OFF"],
] as const)("%s: sign-in needed %s", (signIn, needed) => {
  const { account, changed, state } = setUp();
  account.signIn = { state: signIn, reason: undefined };
  changed.emit();
  expect([state("sign_in"), state("sign_in_needed")]).toEqual([signIn, needed]);
});

test("events that stay away are a problem after a minute, and none when they are back", async () => {
  const { clock, account, changed, state } = setUp();
  account.push = { isHealthy: false, reason: "the connection broke", lastPushAt: undefined };
  changed.emit();
  expect([state("push"), state("problem")]).toEqual(["OFF", "none"]);
  await clock.advance(59_000);
  expect(state("problem")).toBe("none");
  await clock.advance(1_000);
  expect(state("problem")).toBe("events of Ring do not arrive: the connection broke");
  account.push = { isHealthy: true, reason: undefined, lastPushAt: clock.now() };
  changed.emit();
  expect([state("push"), state("problem")]).toEqual(["ON", "none"]);
});

test("what is wrong elsewhere in the house is told where Ring has no trouble", () => {
  const { account, house, device, changed, state } = setUp();
  house.problem = "WHEP cannot be had: MediaMTX is not installed";
  device.refresh();
  expect(state("problem")).toBe(house.problem);
  account.signIn = { state: "refused", reason: "Ring wants a new sign-in" };
  changed.emit();
  expect(state("problem")).toBe("Ring wants a new sign-in");
});

test("a long reason fits into a state of Home Assistant", () => {
  const { account, changed, state } = setUp();
  account.signIn = { state: "unreachable", reason: "because ".repeat(80) };
  changed.emit();
  expect(state("problem")).toHaveLength(255);
});

test("buttons obey nothing but PRESS", async () => {
  const { clock, link, pressed } = setUp();
  for (const payload of ["", "ON", "RESTART"]) {
    link.command("restart", payload);
    await clock.advance(1_000);
  }
  expect(pressed).toEqual([]);
});

test("the buttons do what they say, and nothing is left at the end", async () => {
  const { clock, link, account, changed, device, pressed } = setUp();
  link.command("rediscover", "PRESS");
  link.command("restart", "PRESS");
  await clock.advance(0);
  expect(pressed).toEqual(["rediscover", "restart"]);
  account.push = { ...account.push, isHealthy: false };
  changed.emit();
  device[Symbol.dispose]();
  expect([clock.pending, changed.listenerCount]).toEqual([0, 0]);
});
