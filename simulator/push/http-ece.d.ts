// The part of the untyped `http_ece` package that the push chain uses.
declare module "http_ece" {
  import type { ECDH } from "node:crypto";

  interface WebPushKeys {
    version: "aesgcm";
    /** The other side's public key, base64url. */
    dh: string;
    privateKey: ECDH;
    salt: string;
    authSecret: string;
  }

  function encrypt(plain: Buffer, keys: WebPushKeys): Buffer;
  function decrypt(cipher: Buffer, keys: WebPushKeys): Buffer;
  const ece: { encrypt: typeof encrypt; decrypt: typeof decrypt };
  export default ece;
}
