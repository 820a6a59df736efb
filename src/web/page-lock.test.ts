import { expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { silentLogger } from "../foundation/logger.fake.ts";
import { type LockSecrets, PageLock } from "./page-lock.ts";
import { hashPassword, isPassword } from "./page-password.ts";
import { createSetUpCode, isSameCode } from "./set-up-code.ts";

function createLock(kept: LockSecrets = { sessions: [] }) {
  const clock = new ManualClock();
  let secrets = kept;
  const memory = {
    read: () => secrets,
    write: (next: LockSecrets) => {
      secrets = next;
    },
  };
  return { lock: new PageLock(memory, { clock, logger: silentLogger }), clock, secrets: () => secrets };
}

const cheap = { N: 1024, r: 8, p: 1 };

test("sessions end after thirty days", async () => {
  const { lock, clock } = createLock();
  const first = await lock.setUp(lock.setUpCode ?? "", "long enough");
  expect(lock.isOpenFor(first)).toBe(true);
  expect(lock.isOpenFor(undefined)).toBe(false);
  expect(lock.isOpenFor("")).toBe(false);
  expect(lock.isOpenFor(`${first}x`)).toBe(false);
  await clock.advance(30 * 24 * 3600 * 1000 - 1);
  expect(lock.isOpenFor(first)).toBe(true);
  await clock.advance(1);
  expect(lock.isOpenFor(first)).toBe(false);
});

test("a log-out ends its session, and writes nothing where there is none", async () => {
  const { lock, secrets } = createLock();
  const [first, second] = [await lock.setUp(lock.setUpCode ?? "", "long enough"), await lock.logIn("long enough")];
  const before = secrets();
  for (const stranger of [undefined, "", "unknown"]) lock.logOut(stranger);
  expect(secrets()).toBe(before);
  lock.logOut(first);
  expect([first, second].map((session) => lock.isOpenFor(session))).toEqual([false, true]);
  const after = secrets();
  lock.logOut(first);
  expect(secrets()).toBe(after);
});

test("only so many sessions live", async () => {
  const { lock, secrets } = createLock({ passwordHash: await hashPassword("long enough", cheap), sessions: [] });
  const sessions: string[] = [];
  for (let count = 0; count < 21; count++) sessions.push(await lock.logIn("long enough"));
  expect(secrets().sessions).toHaveLength(20);
  expect(sessions.map((session) => lock.isOpenFor(session))).toEqual([false, ...Array(20).fill(true)]);
});

test("of two who set up at once one wins", async () => {
  const { lock } = createLock();
  const code = lock.setUpCode ?? "";
  const outcomes = await Promise.allSettled([lock.setUp(code, "password one"), lock.setUp(code, "password two")]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  await expect(lock.logIn("password two")).rejects.toMatchObject({ code: "web.password" });
  await expect(lock.logIn("password one")).resolves.toEqual(expect.any(String));
});

test("a password is known by its hash alone, whichever way its letters are composed", async () => {
  const hash = await hashPassword("Glo\u0308ckchen", cheap);
  expect(hash).not.toContain("ckchen");
  expect(await isPassword("Gl\u00f6ckchen", hash)).toBe(true);
  expect(await isPassword("Glockchen", hash)).toBe(false);
  expect(await hashPassword("same", cheap)).not.toBe(await hashPassword("same", cheap));
  for (const odd of ["", "scrypt", "md5$1$1$1$a$b"]) expect(await isPassword("x", odd)).toBe(false);
});

test("set-up codes differ, and are known however they are typed", () => {
  const codes = new Set(Array.from({ length: 200 }, createSetUpCode));
  expect(codes.size).toBe(200);
  for (const code of codes) expect(code).toMatch(/^[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}$/);
  expect(isSameCode("abcd efgh", "ABCD-EFGH")).toBe(true);
  expect(isSameCode("abcdefg", "ABCD-EFGH")).toBe(false);
  expect(isSameCode("", "ABCD-EFGH")).toBe(false);
});
