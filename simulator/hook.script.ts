// Run by hook.test.ts under the hook: tries every way out of a Node process and prints what came of it.
import dgram from "node:dgram";
import dns from "node:dns";
import { once } from "node:events";
import net from "node:net";
import os from "node:os";
import { promisify } from "node:util";
import { Worker, type WorkerOptions } from "node:worker_threads";

const stunName = "stun.kinesisvideo.us-east-1.amazonaws.com";
const print = (step: string, facts: object = {}): void => console.log(JSON.stringify({ step, ...facts }));
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function connecting(step: string, ...args: unknown[]): Promise<void> {
  const socket = new net.Socket();
  const outcome = await new Promise<string>((resolve) => {
    socket.once("connect", () => resolve(`connected to ${socket.remoteAddress}:${socket.remotePort}`));
    socket.once("error", (error) => resolve(error.message));
    Reflect.apply(socket.connect, socket, args);
  });
  socket.destroy();
  print(step, { outcome });
}

/** A Binding request; the address family of the mapped address in the reply. */
async function stun(step: string, send: (socket: dgram.Socket, request: Buffer) => void): Promise<void> {
  const socket = dgram.createSocket("udp4");
  const request = Buffer.alloc(20);
  request.writeUInt16BE(1, 0);
  request.writeUInt32BE(0x2112a442, 4);
  send(socket, request);
  const [answer] = (await once(socket, "message")) as [Buffer];
  const port = answer.readUInt16BE(26) ^ 0x2112;
  print(step, { type: answer.readUInt16BE(0), isOwnPort: port === socket.address().port });
  socket.close();
}

async function refusedDatagram(): Promise<void> {
  const socket = dgram.createSocket("udp4");
  const byName = await new Promise<string>((resolve) =>
    socket.send("x", 53, "example.com", (error) => resolve(messageOf(error))),
  );
  const byAddress = await new Promise<string>((resolve) =>
    socket.send("x", 53, "192.0.2.99", (error) => resolve(messageOf(error))),
  );
  print("datagram", { byName, byAddress });
  socket.close();
}

await connecting("options", { host: "api.ring.com", port: 443 });
await connecting("port and host", 443, "oauth.ring.com");
await connecting("text port", "5228", "mtalk.google.com");
await connecting("known name, other port", { host: "api.ring.com", port: 8080 });
await connecting("foreign address", { host: "192.0.2.99", port: 80 });
await connecting("foreign name", { host: "ring.com", port: 443 });
const local = net.createServer().listen(0, "localhost");
await once(local, "listening");
await connecting("loopback", { host: "localhost", port: (local.address() as net.AddressInfo).port });
local.close();

await stun("stun by name", (socket, request) => socket.send(request, 443, stunName));
await stun("stun with offsets", (socket, request) =>
  socket.send(request, 0, request.length, 19302, "stun1.l.google.com", () => undefined),
);
await stun("stun connected", (socket, request) => socket.connect(443, stunName, () => socket.send(request)));
await refusedDatagram();

const all = await promisify(dns.lookup)("api.ring.com", { all: true });
const plain = await new Promise((resolve) =>
  dns.lookup("api.ring.com", (_error, address, family) => resolve([address, family])),
);
const withFamily = await new Promise((resolve) => dns.lookup("api.ring.com", 4, (_error, address) => resolve(address)));
const resolved = await new dns.promises.Resolver().resolve4("api.ring.com");
const one = await promisify(dns.lookup)("localhost");
print("lookups", { all, plain, withFamily, resolved, one: one.address !== undefined });
print("interfaces", {
  hasExternal: Object.values(os.networkInterfaces()).some((list) => list?.some((entry) => !entry.internal)),
});

const code =
  'const { parentPort } = require("node:worker_threads"); fetch("https://example.com").catch((error) => parentPort.postMessage(String(error.cause)))';
const workers: [string, WorkerOptions][] = [
  ["worker", {}],
  ["worker with its own environment", { env: {}, execArgv: [] }],
];
for (const [step, options] of workers) {
  const worker = new Worker(code, { eval: true, ...options });
  const [outcome] = (await once(worker, "message")) as [string];
  print(step, { outcome });
}
process.exit(0);
