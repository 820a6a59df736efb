// Who may do what at MediaMTX, in its own words, and how a password must be written there.
import { createHash } from "node:crypto";

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** An entry of `authInternalUsers`. */
export interface AuthUser {
  readonly user: string;
  readonly pass: string;
  readonly ips: readonly string[];
  readonly permissions: readonly { readonly action: string; readonly path: string }[];
}

export interface Reading {
  readonly user: AuthUser;
  /** Of `rtspAuthMethods`. */
  readonly methods: readonly ("digest" | "basic")[];
}

/** What MediaMTX takes as it is. Other texts it takes only hashed. */
const plain = /^[A-Za-z0-9!$()*+.;<=>[\]^_\-{}@#&]+$/;
const everywhere: readonly string[] = [];

/** Digest needs the password as it is, so what must be hashed leaves Basic alone. `any` means everybody to MediaMTX. */
export function readingUser(login: Login | undefined): Reading {
  const permissions = [{ action: "read", path: "" }];
  if (!login) return { user: { user: "any", pass: "", ips: everywhere, permissions }, methods: ["digest", "basic"] };
  const { username, password } = login;
  const isPlain = plain.test(username) && plain.test(password) && username !== "any";
  const write = isPlain ? (text: string): string => text : hashed;
  return {
    user: { user: write(username), pass: write(password), ips: everywhere, permissions },
    methods: isPlain ? ["digest", "basic"] : ["basic"],
  };
}

/** Ourselves, at the API. */
export function controllingUser({ username, password }: Login): AuthUser {
  const permissions = ["api", "metrics"].map((action) => ({ action, path: "" }));
  return { user: username, pass: password, ips: loopback, permissions };
}

/** Ourselves again, who carry streams there. From `host`, where MediaMTX listens on one address alone. */
export function publishingUser({ username, password }: Login, host: string): AuthUser {
  const ips = loopback.includes(host) ? loopback : [...loopback, host];
  return { user: username, pass: password, ips, permissions: [{ action: "publish", path: "" }] };
}

const loopback: readonly string[] = ["127.0.0.1", "::1"];

function hashed(text: string): string {
  return `sha256:${createHash("sha256").update(text, "utf8").digest("base64")}`;
}
