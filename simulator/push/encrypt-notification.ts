// Turns a notification into the stanza that FCM sends: web push encryption (aesgcm) with a key of its own each time.
import { createECDH, randomBytes, randomUUID } from "node:crypto";
import ece from "http_ece";
import type { Receiver } from "./credentials.ts";

const senderId = "876313859327";
const category = "org.chromium.linux";
const curve = "prime256v1";
const saltBytes = 16;
const maximumPayloadBytes = 4096;

/** A stanza before it has a place in a stream. */
export interface EncryptedNotification {
  readonly persistentId: string;
  readonly from: string;
  readonly category: string;
  readonly appData: readonly { key: string; value: string }[];
  readonly rawData: Buffer;
}

// One client wants the padding of base64url, the others do not mind it.
function padded(bytes: Buffer): string {
  const text = bytes.toString("base64url");
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}

function createPersistentId(): string {
  return `0:${Date.now()}${randomBytes(2).readUInt16BE()}%${randomBytes(8).toString("hex")}`;
}

/** True for a point on the curve, which is what a receiver's public key must be. */
export function isPublicKey(p256dh: Buffer): boolean {
  const own = createECDH(curve);
  own.generateKeys();
  try {
    own.computeSecret(p256dh);
    return true;
  } catch {
    return false;
  }
}

function encryptPayload(payload: Buffer, { p256dh, auth }: Receiver) {
  const sender = createECDH(curve);
  sender.generateKeys();
  const salt = randomBytes(saltBytes);
  const rawData = ece.encrypt(payload, {
    version: "aesgcm",
    dh: p256dh.toString("base64url"),
    privateKey: sender,
    salt: salt.toString("base64url"),
    authSecret: auth.toString("base64url"),
  });
  return { rawData, publicKey: sender.getPublicKey(), salt };
}

export function encryptNotification(
  data: Record<string, string>,
  receiver: Receiver,
  persistentId: string = createPersistentId(),
): EncryptedNotification {
  const payload = Buffer.from(JSON.stringify({ data, from: senderId, priority: "high", fcmMessageId: randomUUID() }));
  if (payload.length > maximumPayloadBytes) {
    throw new Error(`The notification has ${payload.length} bytes; FCM takes at most ${maximumPayloadBytes}.`);
  }
  const { rawData, publicKey, salt } = encryptPayload(payload, receiver);
  const appData = [
    { key: "subtype", value: receiver.subtype },
    { key: "crypto-key", value: `dh=${padded(publicKey)}` },
    { key: "encryption", value: `salt=${padded(salt)}` },
  ];
  return { persistentId, from: senderId, category, appData, rawData };
}
