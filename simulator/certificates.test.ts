// The test CA and its certificate, judged by OpenSSL's strict reader, and kept in the state directory.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeCertificates } from "./certificates.ts";
import { allHosts } from "./hosts.ts";

test("strict readers accept the certificate for every name, and the CA stays the same", async () => {
  const directory = await mkdtemp(join(tmpdir(), "simulated-ring-ca-"));
  const first = await makeCertificates(directory);
  const second = await makeCertificates(directory);
  const [ca, leaf] = [join(directory, "ca.pem"), join(directory, "leaf.pem")];
  writeFileSync(ca, first.caPem);
  writeFileSync(leaf, second.cert);

  expect(second.caPem).toBe(first.caPem);
  expect(second.cert).not.toBe(first.cert);
  for (const host of allHosts) {
    const args = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", ca, "-verify_hostname", host, leaf];
    expect(execFileSync("openssl", args).toString()).toContain("OK");
  }
  const text = execFileSync("openssl", ["x509", "-in", ca, "-noout", "-text"]).toString();
  expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE/);
  expect(text).toMatch(/Key Usage: critical\s+Certificate Sign/);
  expect(execFileSync("openssl", ["x509", "-in", leaf, "-noout", "-text"]).toString()).toContain(
    "Authority Key Identifier",
  );
  await rm(directory, { recursive: true });
});
