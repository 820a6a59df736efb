// Account files: the shipped one, and clear sentences about what is wrong in others.
import { expect, test } from "vitest";
import { deviceLists, loadAccount, parseAccount } from "./account.ts";
import { buildAccount, demoAccountPath } from "./account-builders.ts";
import { newEventId } from "./event-history.ts";
import { Journal } from "./journal.ts";
import { normalCamera, turnKnobs } from "./knobs.ts";
import { World } from "./world.ts";

test("the demo account holds what the demo promises", () => {
  const account = loadAccount(demoAccountPath);
  const kinds = deviceLists.flatMap((list) => account.ring_devices[list].map(({ kind }) => kind));

  expect(kinds).toEqual([
    "cocoa_doorbell_v2",
    "lpd_v4",
    "doorbell_aurora_v1",
    "floodlight_v2",
    "cocoa_spotlight",
    "stickup_cam_mini",
    "stickup_cam_elite",
    "chime_pro_v2",
  ]);
  expect(account.credentials).toMatchObject({ two_factor: "sms", two_factor_code: "123456" });
});

test("its newest event is as old as it says, whenever the simulator starts", () => {
  const world = new World(new Journal(), [buildAccount()]);
  const [newest] = world.accounts[0]?.history.list() ?? [];

  expect(Date.now() - (newest?.startedAt ?? 0)).toBeGreaterThanOrEqual(5_400_000);
  expect(Date.now() - (newest?.startedAt ?? 0)).toBeLessThan(5_410_000);
});

test("mistakes are named with their place", () => {
  const good = buildAccount();
  const [record] = good.ring_devices.doorbots;
  const broken = { ...good, ring_devices: { ...good.ring_devices, doorbots: [{ ...record, id: "x" }] }, profile: {} };

  expect(() => parseAccount(broken, "a.json")).toThrow(
    /a\.json is no account.*profile\.id.*ring_devices\.doorbots\.0\.id/,
  );
  expect(() => parseAccount({ ...good, ring_devices: { doorbots: [record, record] } }, "a.json")).toThrow(
    `two devices have the id ${record?.id}`,
  );
  expect(() => loadAccount("/nowhere.json")).toThrow("cannot read the account file /nowhere.json");
  expect(() => new World(new Journal(), [good, good])).toThrow("two accounts have the profile id 48150001");
});

test("event ids have 19 digits and grow, also within one millisecond", () => {
  const ids = [newEventId(1_790_000_000_000), newEventId(1_790_000_000_000), newEventId(1_790_000_000_001)];

  expect(ids.every((id) => /^\d{19}$/.test(id))).toBe(true);
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(3);
});

test("knobs are turned two levels deep; unknown ones and wrong kinds are refused", () => {
  const knobs = structuredClone(normalCamera);
  turnKnobs(knobs, { live: { answerDelayMs: null, packetLossPercent: 5 }, push: { image: "later" } });

  expect(knobs.live).toMatchObject({ answerDelayMs: null, packetLossPercent: 5, videoCodec: "h264" });
  expect(knobs.push.image).toBe("later");
  expect(() => turnKnobs(knobs, { push: { image: "big" } })).toThrow("the knob push.image");
  expect(() => turnKnobs(knobs, { lve: {} })).toThrow(
    "there is no knob lve; there are live, snapshot, recording, push",
  );
  expect(() => turnKnobs(knobs, { live: { deadIce: "yes" } })).toThrow(
    'the knob live.deadIce is false now and cannot be "yes"',
  );
});
