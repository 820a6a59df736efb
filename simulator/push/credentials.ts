// Everything the push chain issues to receivers: device ids, registration tokens, installation and FCM tokens.
import { randomBytes } from "node:crypto";
import type { TokenSeal } from "./token-seal.ts";

export interface Device {
  readonly androidId: string;
  readonly securityToken: string;
}

/** What a registration (register3) stands for. */
export interface Registration {
  readonly androidId: string;
  /** The X-subtype of the registration. */
  readonly subtype: string;
}

/** What an FCM token stands for: whom to send to and the keys to encrypt with. */
export interface Receiver extends Registration {
  readonly p256dh: Buffer;
  readonly auth: Buffer;
}

const idBytes = 8;
const publicKeyBytes = 65;
const authBytes = 16;
const tokenPrefix = "APA91b";
const installationLifetimeMs = 604_800_000;

const positiveInt64 = (bytes: Buffer): bigint => BigInt.asUintN(63, bytes.readBigUInt64BE(0));

function packRegistration({ androidId, subtype }: Registration): Buffer {
  const id = Buffer.alloc(idBytes);
  id.writeBigUInt64BE(BigInt(androidId));
  return Buffer.concat([id, Buffer.from(subtype)]);
}

function unpackRegistration(data: Buffer): Registration {
  return { androidId: data.readBigUInt64BE(0).toString(), subtype: data.toString("utf8", idBytes) };
}

/** Node's decoder skips what it does not know; a damaged token must not pass. */
function decodeExactly(text: string, encoding: "hex" | "base64url"): Buffer | undefined {
  const bytes = Buffer.from(text, encoding);
  return bytes.toString(encoding) === text ? bytes : undefined;
}

export class Credentials {
  readonly #seal: TokenSeal;

  constructor(seal: TokenSeal) {
    this.#seal = seal;
  }

  createDevice(): Device {
    const androidId = (positiveInt64(randomBytes(idBytes)) | 1n).toString();
    return { androidId, securityToken: this.#securityToken(androidId) };
  }

  isDevice({ androidId, securityToken }: Device): boolean {
    return this.#securityToken(androidId) === securityToken;
  }

  #securityToken(androidId: string): string {
    return (positiveInt64(this.#seal.digest("device", Buffer.from(androidId))) | 1n).toString();
  }

  /** Hexadecimal, because clients take a token with `=` or the letters "Error" for something else. */
  createRegistrationToken(registration: Registration): string {
    return tokenPrefix + this.#seal.close("registration", packRegistration(registration)).toString("hex");
  }

  readRegistrationToken(token: string): Registration | undefined {
    if (!token.startsWith(tokenPrefix)) return undefined;
    const sealed = decodeExactly(token.slice(tokenPrefix.length), "hex");
    const data = sealed && this.#seal.open("registration", sealed);
    return data && unpackRegistration(data);
  }

  createInstallationToken(fid: string): { token: string; expiresIn: string } {
    const claims = JSON.stringify({ fid, exp: Date.now() + installationLifetimeMs });
    const token = this.#seal.close("installation", Buffer.from(claims)).toString("base64url");
    return { token, expiresIn: `${installationLifetimeMs / 1000}s` };
  }

  createRefreshToken(fid: string): string {
    return this.#seal.close("refresh", Buffer.from(fid)).toString("base64url");
  }

  /** The installation id, undefined when the token is foreign or too old. */
  readInstallationToken(token: string): string | undefined {
    const sealed = decodeExactly(token, "base64url");
    const data = sealed && this.#seal.open("installation", sealed);
    if (!data) return undefined;
    const claims: { fid: string; exp: number } = JSON.parse(data.toString());
    return claims.exp > Date.now() ? claims.fid : undefined;
  }

  createFcmToken(fid: string, receiver: Receiver): string {
    const data = Buffer.concat([receiver.p256dh, receiver.auth, packRegistration(receiver)]);
    return `${fid}:${tokenPrefix}${this.#seal.close(`fcm ${fid}`, data).toString("base64url")}`;
  }

  readFcmToken(fcmToken: string): Receiver | undefined {
    const [, fid, encoded] = /^([\w-]{22}):APA91b([\w-]+)$/.exec(fcmToken) ?? [];
    const sealed = encoded === undefined ? undefined : decodeExactly(encoded, "base64url");
    const data = sealed && this.#seal.open(`fcm ${fid}`, sealed);
    if (!data) return undefined;
    return {
      p256dh: data.subarray(0, publicKeyBytes),
      auth: data.subarray(publicKeyBytes, publicKeyBytes + authBytes),
      ...unpackRegistration(data.subarray(publicKeyBytes + authBytes)),
    };
  }
}
