// Logins of RTSP clients: Digest (MD5, as RFC 2069 has it) and Basic, with nonces that need no memory.
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../../foundation/clock.ts";
import type { RtspRequest } from "../../formats/rtsp-message.ts";
import { parseTarget } from "./rtsp-url.ts";

export interface RtspLogin {
  readonly username: string;
  readonly password: string;
}

/** `missing`: nothing was said; `stale`: right, but with a nonce that is too old. */
export type LoginVerdict = "right" | "missing" | "stale" | "wrong";

const nonceLifeMs = 300_000;

export class RtspCredentials {
  readonly #login: RtspLogin;
  readonly #realm: string;
  readonly #clock: Clock;
  readonly #key = randomBytes(32);

  constructor(login: RtspLogin, realm: string, clock: Clock) {
    this.#login = login;
    this.#realm = realm;
    this.#clock = clock;
  }

  /**
   * Values of WWW-Authenticate, Digest first: go2rtc reads the first header only, and FFmpeg the last Digest one.
   * Without qop, which not every client knows; MD5, which every client knows.
   */
  challenges(isStale: boolean): string[] {
    const stale = isStale ? ", stale=true" : "";
    return [
      `Digest realm="${this.#realm}", nonce="${this.#newNonce()}", algorithm=MD5${stale}`,
      `Basic realm="${this.#realm}"`,
    ];
  }

  check(request: RtspRequest): LoginVerdict {
    const header = request.headers.get("authorization");
    if (header === undefined) return "missing";
    const [, scheme = "", rest = ""] = /^(\w+)\s+(.*)$/.exec(header) ?? [];
    if (scheme.toLowerCase() === "basic") return this.#checkBasic(rest);
    if (scheme.toLowerCase() === "digest") return this.#checkDigest(request, parameters(rest));
    return "wrong";
  }

  #checkBasic(encoded: string): LoginVerdict {
    const { username, password } = this.#login;
    return isEqual(Buffer.from(encoded, "base64").toString("utf8"), `${username}:${password}`) ? "right" : "wrong";
  }

  #checkDigest(request: RtspRequest, given: ReadonlyMap<string, string>): LoginVerdict {
    const nonce = given.get("nonce") ?? "";
    const uri = given.get("uri") ?? "";
    const isOurs = isEqual(given.get("username") ?? "", this.#login.username) && given.get("realm") === this.#realm;
    const expected = this.#digest(request.method, uri, nonce, given);
    const isRight = isEqual((given.get("response") ?? "").toLowerCase(), expected);
    if (!isOurs || !isRight || !isSamePath(uri, request.url)) return "wrong";
    const ageMs = this.#nonceAgeMs(nonce);
    return ageMs === undefined || ageMs > nonceLifeMs ? "stale" : "right";
  }

  /** With qop where the client insists on it. */
  #digest(method: string, uri: string, nonce: string, given: ReadonlyMap<string, string>): string {
    const secret = md5(`${this.#login.username}:${this.#realm}:${this.#login.password}`);
    const qop = given.get("qop");
    const middle = qop ? `${nonce}:${given.get("nc") ?? ""}:${given.get("cnonce") ?? ""}:${qop}` : nonce;
    return md5(`${secret}:${middle}:${md5(`${method}:${uri}`)}`);
  }

  #newNonce(): string {
    const issued = `${Math.floor(this.#clock.monotonic()).toString(16)}.${randomBytes(8).toString("hex")}`;
    return `${issued}.${this.#seal(issued)}`;
  }

  /** Undefined where it is not one of ours. */
  #nonceAgeMs(nonce: string): number | undefined {
    const end = nonce.lastIndexOf(".");
    const issued = nonce.slice(0, Math.max(end, 0));
    if (!isEqual(nonce.slice(end + 1), this.#seal(issued))) return undefined;
    return this.#clock.monotonic() - Number.parseInt(issued, 16);
  }

  #seal(issued: string): string {
    return createHmac("sha256", this.#key).update(issued).digest("hex").slice(0, 32);
  }
}

/** `name=value` and `name="value"`, separated by commas. */
function parameters(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name = "", quoted, plain] of text.matchAll(/(\w+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))/g))
    found.set(name.toLowerCase(), quoted ?? plain ?? "");
  return found;
}

/** Clients put the base URL, the control URL or a relative one there, with or without the slash at the end. */
function isSamePath(uri: string, url: string): boolean {
  return parseTarget(uri, "").path === parseTarget(url, "").path;
}

function md5(text: string): string {
  return createHash("md5").update(text, "utf8").digest("hex");
}

/** In a time that says nothing about either. */
function isEqual(given: string, expected: string): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest();
  return timingSafeEqual(hash(given), hash(expected));
}
