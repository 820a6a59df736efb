// Tokens carry everything, survive a restart with the same key and bear no change.
import { createECDH, randomBytes } from "node:crypto";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Credentials } from "./credentials.ts";
import { loadTokenSeal } from "./token-seal.ts";

const createCredentials = () => new Credentials(loadTokenSeal(undefined));
const fid = "fABCDEFGHIJKLMNOPQRSTU";

function createReceiver(androidId: string) {
  const keys = createECDH("prime256v1");
  const p256dh = keys.generateKeys();
  return { androidId, subtype: "wp:receiver.push.com#11-22", p256dh, auth: randomBytes(16) };
}

test("device ids are positive 63-bit numbers that belong to one security token", () => {
  const credentials = createCredentials();
  for (let count = 0; count < 500; count += 1) {
    const device = credentials.createDevice();
    expect(BigInt(device.androidId)).toBeLessThan(2n ** 63n);
    expect(BigInt(device.securityToken)).toBeGreaterThan(0n);
    expect(credentials.isDevice(device)).toBe(true);
    expect(credentials.isDevice({ ...device, securityToken: `${BigInt(device.securityToken) ^ 2n}` })).toBe(false);
  }
  expect(credentials.isDevice({ androidId: "", securityToken: "" })).toBe(false);
});

test("registration and FCM tokens give back what they stand for", () => {
  const credentials = createCredentials();
  const receiver = createReceiver("9223372036854775807");
  const { androidId, subtype } = receiver;

  const registration = credentials.createRegistrationToken(receiver);
  expect(registration).toMatch(/^APA91b[0-9a-f]+$/);
  expect(credentials.readRegistrationToken(registration)).toEqual({ androidId, subtype });
  expect(credentials.readFcmToken(credentials.createFcmToken(fid, receiver))).toEqual(receiver);
});

test("an FCM token with any letter changed, added or missing is not known", () => {
  const credentials = createCredentials();
  const token = credentials.createFcmToken(fid, createReceiver("5"));
  for (let index = 0; index < token.length; index += 1) {
    const changed = token.slice(0, index) + (token[index] === "x" ? "y" : "x") + token.slice(index + 1);
    expect(credentials.readFcmToken(changed), `changed at ${index}`).toBeUndefined();
  }
  for (const damaged of ["", `${token}A`, token.slice(0, -1), `${token}=`, ` ${token}`, "APA91b", `${fid}:APA91b`]) {
    expect(credentials.readFcmToken(damaged), damaged).toBeUndefined();
  }
  expect(createCredentials().readFcmToken(token)).toBeUndefined();
});

test("a token of one kind is not taken for another kind", () => {
  const credentials = createCredentials();
  const { token } = credentials.createInstallationToken(fid);
  expect(credentials.readInstallationToken(token)).toBe(fid);
  expect(credentials.readInstallationToken(credentials.createRefreshToken(fid))).toBeUndefined();
  const asRegistration = `APA91b${Buffer.from(token, "base64url").toString("hex")}`;
  expect(credentials.readRegistrationToken(asRegistration)).toBeUndefined();
});

test("with a state directory tokens stay valid, and its key is private", async () => {
  const parent = await mkdtemp(join(tmpdir(), "push-state-"));
  const stateDirectory = join(parent, "new");
  const device = new Credentials(loadTokenSeal(stateDirectory)).createDevice();

  expect(new Credentials(loadTokenSeal(stateDirectory)).isDevice(device)).toBe(true);
  expect((await stat(join(stateDirectory, "push-key"))).mode & 0o777).toBe(0o600);

  await writeFile(join(stateDirectory, "push-key"), "damaged");
  expect(() => loadTokenSeal(stateDirectory)).toThrow("delete it");
  await rm(parent, { recursive: true });
});
