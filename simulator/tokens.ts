// OAuth tokens: signed JWT-looking texts, so that they outlive a restart; refresh tokens die as the knob says.
import { createHmac, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import { isObject, type JsonObject, parseObject } from "./json.ts";
import type { StateFile } from "./state-file.ts";

/** When the old refresh token dies after a grant: at once, never, or after so many ms. */
export type RetireOldTokens = "at-once" | "never" | number;

export interface TokenOwner {
  readonly accountId: string;
  readonly hardwareId: string;
}

export interface Grant {
  readonly access_token: string;
  readonly expires_in: number;
  readonly refresh_token: string;
  readonly scope: "client";
  readonly token_type: "Bearer";
}

export class Tokens {
  readonly #file: StateFile;
  readonly #retire: RetireOldTokens;
  readonly #secret: string;
  /** Retired refresh tokens by their random part, and when each dies. */
  readonly #dying = new Map<string, number>();
  /** Tokens of an account issued up to this serial number are void. */
  readonly #voidAccess = new Map<string, number>();
  readonly #voidRefresh = new Map<string, number>();
  #serial: number;

  constructor(file: StateFile, retire: RetireOldTokens) {
    this.#file = file;
    this.#retire = retire;
    const saved = file.read();
    this.#secret = typeof saved["secret"] === "string" ? saved["secret"] : randomBytes(32).toString("hex");
    this.#serial = typeof saved["serial"] === "number" ? saved["serial"] : 0;
    restore(saved["dying"], this.#dying);
    restore(saved["voidAccess"], this.#voidAccess);
    restore(saved["voidRefresh"], this.#voidRefresh);
  }

  grant(owner: TokenOwner, lifeSeconds: number, sessionId: string = randomUUID()): Grant {
    const issuedAt = Date.now();
    const serial = ++this.#serial;
    const common = { serial, account_id: owner.accountId, hardware_id: owner.hardwareId };
    const access = this.#sign({
      app_id: "ring_official_android",
      cid: "ring_official_android",
      exp: Math.ceil(issuedAt / 1000 + lifeSeconds),
      expires_at_ms: issuedAt + lifeSeconds * 1000,
      iat: Math.floor(issuedAt / 1000),
      iss: "RingOauthService-prod:us-east-1",
      rnd: randomBytes(8).toString("base64url"),
      scopes: ["client"],
      session_id: sessionId,
      user_id: Number(owner.accountId),
      ...common,
    });
    const refresh = this.#sign({
      iat: Math.floor(issuedAt / 1000),
      iss: "RingOauthService-prod:us-east-1",
      refresh_cid: "ring_official_android",
      refresh_scopes: ["client"],
      refresh_user_id: Number(owner.accountId),
      rnd: randomBytes(8).toString("base64url"),
      session_id: sessionId,
      type: "refresh-token",
      ...common,
    });
    this.#save();
    return {
      access_token: access,
      expires_in: lifeSeconds,
      refresh_token: refresh,
      scope: "client",
      token_type: "Bearer",
    };
  }

  /** Whose refresh token this is; undefined for one that is dead or was never ours. It is retired by `retire`. */
  refreshOwner(token: string): (TokenOwner & { sessionId: string }) | undefined {
    const claims = this.#verify(token);
    if (claims?.["type"] !== "refresh-token") return undefined;
    const owner = ownerOf(claims);
    const diesAt = this.#dying.get(String(claims["rnd"]));
    if (diesAt !== undefined && diesAt <= Date.now()) return undefined;
    if (Number(claims["serial"]) <= (this.#voidRefresh.get(owner.accountId) ?? 0)) return undefined;
    return { ...owner, sessionId: String(claims["session_id"]) };
  }

  /** A newer token took its place. */
  retire(token: string): void {
    const rnd = this.#verify(token)?.["rnd"];
    if (this.#retire === "never" || typeof rnd !== "string") return;
    this.#dying.set(rnd, Date.now() + (this.#retire === "at-once" ? 0 : this.#retire));
    this.#save();
  }

  /** Whose access token this is; `expired` covers those that were declared void. */
  accessOwner(token: string): TokenOwner | "expired" | "unknown" {
    const claims = this.#verify(token);
    if (!claims || claims["type"] === "refresh-token") return "unknown";
    const owner = ownerOf(claims);
    const isVoid = Number(claims["serial"]) <= (this.#voidAccess.get(owner.accountId) ?? 0);
    return isVoid || Number(claims["expires_at_ms"]) <= Date.now() ? "expired" : owner;
  }

  /** All tokens of that kind that the account has now are void: the next use answers 401. */
  void(accountId: string, kind: "access" | "refresh"): void {
    (kind === "access" ? this.#voidAccess : this.#voidRefresh).set(accountId, this.#serial);
    this.#save();
  }

  #sign(claims: JsonObject): string {
    const part = (value: JsonObject): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const unsigned = `${part({ alg: "HS256", jku: "/oauth/internal/jwks", kid: "5f4d0e5c", typ: "JWT" })}.${part(claims)}`;
    return `${unsigned}.${this.#signature(unsigned)}`;
  }

  #verify(token: string): JsonObject | undefined {
    const end = token.lastIndexOf(".");
    const payload = token.split(".")[1];
    if (end < 0 || payload === undefined) return undefined;
    const given = Buffer.from(token.slice(end + 1));
    const right = Buffer.from(this.#signature(token.slice(0, end)));
    if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
    return parseObject(Buffer.from(payload, "base64url").toString());
  }

  #signature(text: string): string {
    return createHmac("sha256", this.#secret).update(text).digest("base64url");
  }

  #save(): void {
    this.#file.write({
      secret: this.#secret,
      serial: this.#serial,
      dying: Object.fromEntries(this.#dying),
      voidAccess: Object.fromEntries(this.#voidAccess),
      voidRefresh: Object.fromEntries(this.#voidRefresh),
    });
  }
}

const ownerOf = (claims: JsonObject): TokenOwner => ({
  accountId: String(claims["account_id"]),
  hardwareId: String(claims["hardware_id"]),
});

function restore(saved: unknown, into: Map<string, number>): void {
  if (!isObject(saved)) return;
  for (const [key, value] of Object.entries(saved)) if (typeof value === "number") into.set(key, value);
}

/** What logs may show of a secret. */
export const secretTail = (secret: string): string => `…${secret.slice(-6)}`;
