import "reflect-metadata";
import type { webcrypto } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { afterAll, beforeAll, expect, test as plainTest } from "vitest";
import { buildAccount } from "../../simulator/account-builders.ts";
import { systemClock } from "../../src/foundation/clock.ts";
import { recordingLogger } from "../../src/foundation/logger.fake.ts";
import { BrokerConnection, type BrokerOptions } from "../../src/mqtt/broker-connection.ts";
import { freePort } from "../support/free-port.ts";
import { hasMosquitto, Mosquitto } from "../support/mosquitto.ts";
import { SimulatedHome } from "../support/simulated-home.ts";

const test = plainTest.skipIf(!hasMosquitto);
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

interface Identity {
  readonly cert: string;
  readonly key: string;
  readonly pair: webcrypto.CryptoKeyPair;
  readonly name: string;
}

async function issue(name: string, issuer?: Identity): Promise<Identity> {
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: name,
    issuer: issuer?.name ?? name,
    publicKey: pair.publicKey,
    signingKey: (issuer ?? { pair }).pair.privateKey,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 86_400_000),
    extensions: issuer
      ? [new x509.SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }])]
      : [new x509.BasicConstraintsExtension(true)],
  });
  const key = x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", pair.privateKey), "PRIVATE KEY");
  return { cert: certificate.toString("pem"), key, pair, name };
}

let directory: string;
let authority: Identity;
let client: Identity;
let tls: { certFile: string; keyFile: string; caFile: string };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "belfry-tls-"));
  authority = await issue("CN=Test CA");
  client = await issue("CN=client", authority);
  const server = await issue("CN=broker", authority);
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(directory, name), text);
    return join(directory, name);
  };
  tls = {
    certFile: await file("server.pem", server.cert),
    keyFile: await file("server.key", server.key),
    caFile: await file("ca.pem", authority.cert),
  };
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function open(options: Partial<BrokerOptions> & { url: string }) {
  const { logger, lines } = recordingLogger();
  const connection = BrokerConnection.open(
    { clientId: "belfry-tls", will: { topic: "ring/bridge/status", payload: "offline" }, ...options },
    { clock: systemClock, logger, signal: new AbortController().signal },
  );
  const warnings = (): string =>
    lines
      .filter(({ level }) => level === "warn")
      .map(({ line }) => line)
      .join("\n");
  return { connection, warnings };
}

test("TLS with the owner's own CA, and without it a sentence that says what is missing", async () => {
  await using broker = await Mosquitto.start({ tls: { certFile: tls.certFile, keyFile: tls.keyFile } });
  await using trusting = open({ url: broker.url, ca: authority.cert }).connection;
  await expect.poll(() => trusting.isConnected).toBe(true);
  const wary = open({ url: broker.url, clientId: "belfry-wary" });
  await using _wary = wary.connection;
  await expect.poll(wary.warnings).toContain("is not accepted");
  await using careless = open({ url: broker.url, clientId: "belfry-careless", rejectUnauthorized: false }).connection;
  await expect.poll(() => careless.isConnected).toBe(true);
});

test("a broker that wants a client certificate gets it", async () => {
  await using broker = await Mosquitto.start({ tls });
  const identity = { ca: authority.cert, cert: client.cert, key: client.key };
  await using known = open({ url: broker.url, ...identity }).connection;
  await expect.poll(() => known.isConnected).toBe(true);
  const stranger = open({ url: broker.url, ca: authority.cert, clientId: "belfry-stranger" });
  await using _stranger = stranger.connection;
  await expect.poll(stranger.warnings).not.toBe("");
  expect(stranger.connection.isConnected).toBe(false);
});

test("TLS to a port without it is named", async () => {
  await using broker = await Mosquitto.start();
  const { connection, warnings } = open({ url: broker.url.replace("mqtt:", "mqtts:") });
  await using _connection = connection;
  await expect.poll(warnings).not.toBe("");
  expect(warnings()).toMatch(/does not speak TLS|closed the connection/);
});

test("the whole app: own CA, client certificate, odd user and password, and an access list with no more than is needed", async () => {
  const user = { name: "us er@home", password: "p@ss/w#rd%41 ü:&?" };
  const plainPort = await freePort();
  await using broker = await Mosquitto.start({
    tls,
    users: { [user.name]: user.password, observer: "secret" },
    acl: [
      ...["user us er@home", "topic readwrite ring/#", "topic readwrite homeassistant/#"],
      ...["user observer", "topic readwrite #"],
    ],
    config: [`listener ${plainPort} 127.0.0.1`],
  });
  const accounts = [buildAccount({ devices: ["driveway"] })];
  const observerUrl = `mqtt://observer:secret@127.0.0.1:${plainPort}`;
  await using home = await SimulatedHome.start({ accounts, broker: { url: observerUrl } });
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(directory, name), text);
    return join(directory, name);
  };
  const settings = {
    mqtt_url: broker.url,
    mqtt_user: user.name,
    mqtt_password: user.password,
    mqtt_ca: tls.caFile,
    mqtt_cert: await file("client.pem", client.cert),
    mqtt_key: await file("client.key", client.key),
  };
  const belfry = await home.startBelfry({ settings });
  await home.allAvailable();
  const from = home.observer.position;
  await home.observer.publish(home.topic(home.camera("driveway"), "light", "command"), "ON");
  await home.observer.waitFor("the light", home.topic(home.camera("driveway"), "light", "state"), {
    payload: "ON",
    from,
  });
  expect(belfry.lines.filter((line) => / (?:WARN|ERROR) (?!the page has no password)/.test(line))).toEqual([]);
  expect(belfry.lines.join("\n")).not.toMatch(/w#rd|us er@home/);
});

plainTest("certificates without TLS, and ones that cannot be read, are refused in words", async () => {
  expect(() => open({ url: "mqtt://127.0.0.1:1", ca: authority.cert })).toThrow("write mqtts://");
  const { connection, warnings } = open({ url: "mqtts://127.0.0.1:1", cert: "nonsense", key: "nonsense" });
  await using _connection = connection;
  await expect.poll(warnings).toContain("certificate or key cannot be read");
});
