import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { recordingLogger } from "../foundation/logger.fake.ts";
import { OpenedPorts } from "./opened-ports.ts";

const stack: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of stack.splice(0).reverse()) await end();
});

/** Greets, then says everything again. */
async function echo(greeting: string): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.write(greeting);
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stack.push(() => server.close());
  return { server, port: (server.address() as AddressInfo).port };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function heard(port: number, said: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  stack.push(() => socket.destroy());
  socket.write(said);
  let text = "";
  for await (const piece of socket) {
    text += String(piece);
    if (text.endsWith(said)) break;
  }
  return text;
}

function open(pagePort = 0) {
  const { logger, lines } = recordingLogger();
  const ports = new OpenedPorts({ bind: "0.0.0.0", pagePort, logger });
  stack.push(() => ports[Symbol.asyncDispose]());
  return { ports, lines };
}

test("what is opened under another number is answered under both, and that number is shown", async () => {
  const { port: own } = await echo("rtsp ");
  const opened = await freePort();
  const { ports } = open();
  expect(ports.shown(own)).toBe(own);
  await ports.lead([
    { own, opened },
    { own: 4_444, opened: 4_444 },
    { own: 5_555, opened: undefined },
  ]);
  expect([own, 4_444, 5_555].map((port) => ports.shown(port))).toEqual([opened, 4_444, 5_555]);
  expect(await heard(opened, "hello")).toBe("rtsp hello");
  expect(await heard(own, "hello")).toBe("rtsp hello");
});

test("a server that has moved is followed", async () => {
  const [before, after] = [await echo("before "), await echo("after ")];
  const opened = await freePort();
  const { ports } = open();
  await ports.lead([{ own: before.port, opened }]);
  await ports.lead([{ own: after.port, opened }]);
  expect(ports.shown(after.port)).toBe(opened);
  expect(ports.shown(before.port)).toBe(before.port);
  expect(await heard(opened, "hello")).toBe("after hello");
});

test("a number that cannot be had is said once, and the own one is shown", async () => {
  const { port: own } = await echo("rtsp ");
  const { port: taken } = await echo("somebody else ");
  const { ports, lines } = open(8_099);
  for (let round = 0; round < 2; round++) {
    await ports.lead([
      { own, opened: taken },
      { own, opened: 8_099 },
    ]);
  }
  expect(ports.shown(own)).toBe(own);
  expect(lines.map(({ line }) => line)).toEqual([
    expect.stringMatching(`show port ${own} and not the opened port ${taken}: .*EADDRINUSE`),
    expect.stringContaining(`not the opened port 8099: in here that is the page's`),
  ]);
});

test("where nobody answers the player is let go; at the end all are", async () => {
  const { server, port: own } = await echo("rtsp ");
  const opened = await freePort();
  const { ports } = open();
  await ports.lead([{ own, opened }]);
  const lasting = connect(opened, "127.0.0.1");
  lasting.on("error", () => undefined);
  await once(lasting, "data");
  server.close();
  const late = connect(opened, "127.0.0.1");
  late.on("error", () => undefined);
  await once(late, "close");
  const gone = once(lasting, "close");
  await ports[Symbol.asyncDispose]();
  await gone;
  const never = connect(opened, "127.0.0.1");
  await expect(once(never, "connect")).rejects.toThrow("ECONNREFUSED");
});
