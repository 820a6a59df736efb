// The test CA and one server certificate with every host name; strict enough for Python 3.13 and OpenSSL's -x509_strict.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { allHosts } from "./hosts.ts";

export interface Certificates {
  readonly caPem: string;
  readonly key: string;
  /** Leaf first, then the CA. */
  readonly cert: string;
}

interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const dayMs = 86_400_000;
const stateFile = "certificate-authority.json";

/** The CA is kept in the state directory, so that a client that trusts it still does after a restart. */
export async function makeCertificates(stateDirectory?: string): Promise<Certificates> {
  const authority = (await loadAuthority(stateDirectory)) ?? (await createAuthority(stateDirectory));
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: "CN=api.ring.com, O=Simulated Ring cloud",
    issuer: authority.certificate.subject,
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + 390 * dayMs),
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(allHosts.map((value) => ({ type: "dns", value }))),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.keys.publicKey),
    ],
  });
  const caPem = `${authority.certificate.toString("pem")}\n`;
  return { caPem, key: await privateKeyPem(keys.privateKey), cert: `${leaf.toString("pem")}\n${caPem}` };
}

async function createAuthority(stateDirectory: string | undefined): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: "CN=Simulated Ring cloud CA, O=Simulated Ring cloud",
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + 3650 * dayMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  if (stateDirectory !== undefined) {
    const text = JSON.stringify({
      certificate: certificate.toString("pem"),
      privateKey: await webcrypto.subtle.exportKey("jwk", keys.privateKey),
      publicKey: await webcrypto.subtle.exportKey("jwk", keys.publicKey),
    });
    writeFileSync(join(stateDirectory, stateFile), text, { mode: 0o600 });
  }
  return { certificate, keys };
}

async function loadAuthority(stateDirectory: string | undefined): Promise<Authority | undefined> {
  if (stateDirectory === undefined) return undefined;
  const text = readIfPresent(join(stateDirectory, stateFile));
  if (text === undefined) return undefined;
  const saved = JSON.parse(text) as {
    certificate: string;
    privateKey: webcrypto.JsonWebKey;
    publicKey: webcrypto.JsonWebKey;
  };
  const certificate = new x509.X509Certificate(saved.certificate);
  if (certificate.notAfter.getTime() < Date.now() + 30 * dayMs) return undefined;
  const importKey = (jwk: webcrypto.JsonWebKey, usage: "sign" | "verify"): Promise<webcrypto.CryptoKey> =>
    webcrypto.subtle.importKey("jwk", jwk, algorithm, true, [usage]);
  const [privateKey, publicKey] = await Promise.all([
    importKey(saved.privateKey, "sign"),
    importKey(saved.publicKey, "verify"),
  ]);
  return { certificate, keys: { privateKey, publicKey } };
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key)).toString("base64");
  return `-----BEGIN PRIVATE KEY-----\n${der.replace(/.{64}/g, "$&\n").trimEnd()}\n-----END PRIVATE KEY-----\n`;
}

/** Positive and without leading zeros, as the strict readers want it. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString("hex");
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
