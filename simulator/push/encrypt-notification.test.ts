// What a receiver can do with a stanza: decrypt it with its own keys, and with no other ones.
import { createECDH, randomBytes } from "node:crypto";
import ece from "http_ece";
import { expect, test } from "vitest";
import { type EncryptedNotification, encryptNotification, isPublicKey } from "./encrypt-notification.ts";

function createReceiver() {
  const privateKey = createECDH("prime256v1");
  privateKey.generateKeys();
  const receiver = { androidId: "1", subtype: "wp:x#1", p256dh: privateKey.getPublicKey(), auth: randomBytes(16) };
  return { privateKey, receiver };
}

function appDataOf({ appData }: EncryptedNotification, key: string): string {
  const value = appData.find((data) => data.key === key)?.value;
  if (value === undefined) throw new Error(`The stanza has no ${key}.`);
  return value;
}

function decrypt(stanza: EncryptedNotification, { privateKey, receiver }: ReturnType<typeof createReceiver>): unknown {
  const plain = ece.decrypt(stanza.rawData, {
    version: "aesgcm",
    dh: appDataOf(stanza, "crypto-key").slice("dh=".length),
    salt: appDataOf(stanza, "encryption").slice("salt=".length),
    privateKey,
    authSecret: receiver.auth.toString("base64url"),
  });
  return JSON.parse(plain.toString());
}

test("the receiver's keys open the envelope", () => {
  const own = createReceiver();
  const data = { version: "2.0.0", data: '{"name":"Türe 🔔"}' };

  expect(decrypt(encryptNotification(data, own.receiver), own)).toEqual({
    data,
    from: "876313859327",
    priority: "high",
    fcmMessageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

test("a notification near the limit of 4096 bytes is encrypted whole, a longer one is refused", () => {
  const own = createReceiver();
  for (const length of [3900, 3950, 3966]) {
    const data = { data: "x".repeat(length) };
    expect(decrypt(encryptNotification(data, own.receiver), own)).toMatchObject({ data });
  }
  expect(() => encryptNotification({ data: "x".repeat(4096) }, own.receiver)).toThrow("at most 4096");
});

test("other keys do not open it", () => {
  const stanza = encryptNotification({ version: "2.0.0" }, createReceiver().receiver);
  expect(() => decrypt(stanza, createReceiver())).toThrow();
});

test("header values are padded base64url and nothing else; the subtype is the receiver's", () => {
  const stanza = encryptNotification({ version: "2.0.0" }, createReceiver().receiver);
  expect(appDataOf(stanza, "crypto-key")).toMatch(/^dh=B[\w-]{86}=$/);
  expect(appDataOf(stanza, "encryption")).toMatch(/^salt=[\w-]{22}==$/);
  expect(appDataOf(stanza, "subtype")).toBe("wp:x#1");
});

test("persistent ids differ, and a given one is used", () => {
  const { receiver } = createReceiver();
  const ids = Array.from({ length: 200 }, () => encryptNotification({}, receiver).persistentId);
  expect(new Set(ids).size).toBe(200);
  expect(encryptNotification({}, receiver, "given").persistentId).toBe("given");
});

test("only points of the curve are public keys", () => {
  expect(isPublicKey(createReceiver().receiver.p256dh)).toBe(true);
  expect(isPublicKey(Buffer.alloc(65, 4))).toBe(false);
  expect(isPublicKey(Buffer.alloc(0))).toBe(false);
});
