// The demo's broker: a Mosquitto of its own, or the embedded one where Mosquitto is missing. Never the system's service.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Child, findExecutable } from "../../../src/foundation/child-process.ts";
import { systemClock } from "../../../src/foundation/clock.ts";
import { EmbeddedBroker } from "../../../src/mqtt/embedded-broker.ts";

export interface DemoBroker extends AsyncDisposable {
  readonly url: string;
  readonly kind: "Mosquitto" | "embedded broker";
}

const host = "127.0.0.1";
const startLimitMs = 5_000;
const lookIntervalMs = 20;

export async function startBroker(port: number, instance: string): Promise<DemoBroker> {
  // Debian installs it where not every user's PATH leads.
  const mosquitto = findExecutable("mosquitto") ?? findExecutable("/usr/sbin/mosquitto");
  if (mosquitto) return await startMosquitto(mosquitto, port, instance);
  const embedded = await EmbeddedBroker.open({ port });
  return { url: embedded.url, kind: "embedded broker", [Symbol.asyncDispose]: () => embedded.close() };
}

async function startMosquitto(command: string, port: number, instance: string): Promise<DemoBroker> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "belfry-broker-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, "mosquitto.conf");
  const lines = [
    ...[`listener ${port} ${host}`, "allow_anonymous true", "persistence false", "log_dest stderr", "log_type error"],
    // Else it may sit on a small message for 40 ms.
    "set_tcp_nodelay true",
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  const signal = new AbortController().signal;
  const child = stack.use(await Child.start({ command, args: ["-c", file], instance, signal, clock: systemClock }));
  let complaint = "";
  child.stderr.on("data", (piece: Buffer) => {
    complaint += piece.toString();
  });
  child.stdout.resume();
  const ended = child.exited.then(() => Promise.reject(new Error(`Mosquitto ended at its start: ${complaint.trim()}`)));
  ended.catch(() => undefined);
  await Promise.race([accepting(port), ended]);
  const running = stack.move();
  return { url: `mqtt://${host}:${port}`, kind: "Mosquitto", [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Mosquitto tells nobody that it listens: we knock until it opens. */
async function accepting(port: number): Promise<void> {
  for (const limit = performance.now() + startLimitMs; performance.now() < limit; await pause(lookIntervalMs)) {
    if (await accepts(port)) return;
  }
  throw new Error(`Mosquitto does not listen on port ${port} within ${startLimitMs} ms`);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
