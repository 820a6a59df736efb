// Feeds random and damaged RTSP to the parser, and whole conversations of it to the protocol. Fails where something throws, an
// answer is a 500, a lease stays behind, or memory grows.
import { setImmediate as turn } from "node:timers/promises";
import { parseArgs } from "node:util";
import { RtspParser } from "../src/media/formats/rtsp-parser.ts";
import { FuzzedServer } from "./lib/rtsp-fuzz-conversation.ts";
import { FuzzInputs, type Random, randomNumbers } from "./lib/rtsp-fuzz-inputs.ts";

/** What is compiled and counted on the way stays; a leak of a few bytes in each input would show all the same. */
const mostGrowthBytes = 512 * 1024;

/** Throws where it fails. */
export async function runRtspFuzz(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { inputs: { type: "string" }, conversations: { type: "string" }, seed: { type: "string" } },
  });
  const inputs = countOf("inputs", values.inputs ?? "100000");
  const conversations = countOf("conversations", values.conversations ?? "10000");
  const seed = countOf("seed", values.seed ?? String(1 + (Date.now() % 1_000_000)));
  const random = randomNumbers(seed);
  const made = new FuzzInputs(random);
  await measure(`${inputs} inputs of the parser (seed ${seed})`, inputs, () => parse(made, random));
  await using server = await FuzzedServer.open(made, random);
  await measure(`${conversations} conversations`, conversations, () => server.converse());
  const statuses = [...server.statuses].sort(([a], [b]) => a - b).map(([status, times]) => `${status}: ${times}`);
  process.stdout.write(`answers ${statuses.join(", ")}\n`);
  if (server.statuses.has(500)) throw new Error(`${server.statuses.get(500)} internal errors`);
  if (server.openLeases > 0) throw new Error(`${server.openLeases} leases are open`);
}

function countOf(name: string, text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1) throw new Error(`--${name} ${text}: it must be a whole number from 1 on`);
  return count;
}

function parse(inputs: FuzzInputs, random: Random): void {
  const parser = new RtspParser();
  const [first, second] = inputs.message("session");
  const bytes = random(4) ? inputs.damaged(Buffer.concat([first, second])) : inputs.noise();
  const messages = inputs.cut(bytes).flatMap((chunk) => parser.push(chunk));
  const invalid = messages.findIndex(({ kind }) => kind === "invalid");
  if (invalid >= 0 && invalid !== messages.length - 1) throw new Error("a message came after an invalid one");
  if (invalid >= 0 && parser.isWithinMessage) throw new Error("the parser goes on after an invalid message");
}

/** Does it so often; throws where that leaves memory behind. */
async function measure(what: string, times: number, work: () => void | Promise<void>): Promise<void> {
  const startedAtMs = performance.now();
  let bytesAtStart = 0;
  for (let time = 0; time < times; time++) {
    // Measured when everything is warm.
    if (time === Math.floor(times / 10)) bytesAtStart = await usedBytes();
    await work();
  }
  const growth = (await usedBytes()) - bytesAtStart;
  const seconds = (performance.now() - startedAtMs) / 1_000;
  process.stdout.write(`${what} in ${seconds.toFixed(1)} s, ${(growth / 1024).toFixed(0)} KB more\n`);
  if (growth > mostGrowthBytes) throw new Error(`memory grew by ${growth} bytes`);
}

async function usedBytes(): Promise<number> {
  const { gc } = globalThis;
  if (!gc) throw new Error("growth can be measured with node --expose-gc only, as npm run bench has it");
  gc();
  // What buffers have held is given back a turn later.
  await turn();
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
