import { afterEach, expect, test } from "vitest";
import { RTCPeerConnection } from "werift";
import { keepEarlyHandshake } from "./early-handshake.ts";

const hello = (number: number): Buffer => Buffer.from([22, 254, 253, number]);
const media = Buffer.from([0x80, 96, 0, 1]);
const stun = Buffer.from([0, 1, 0, 0]);

let peer: RTCPeerConnection | undefined;
afterEach(async () => {
  await peer?.close();
});

function setUp() {
  peer = new RTCPeerConnection({ iceServers: [] });
  const transport = peer.addTransceiver("video", { direction: "recvonly" }).receiver.dtlsTransport;
  const { onData } = transport.iceTransport.connection;
  keepEarlyHandshake(transport);
  const heard: Buffer[] = [];
  /** As werift does it: it says that it connects, then it listens. */
  const connect = async (): Promise<void> => {
    transport.onStateChange.execute("connecting");
    onData.subscribe((datagram) => heard.push(datagram));
    await Promise.resolve();
  };
  return { transport, arrive: (datagram: Buffer) => onData.execute(datagram), heard, connect };
}

test("a handshake that begins before we listen is heard when we do, once and in order", async () => {
  const { arrive, heard, connect } = setUp();
  for (const datagram of [stun, hello(1), media, hello(2)]) arrive(datagram);
  await connect();
  expect(heard).toEqual([hello(1), hello(2)]);
  arrive(hello(3));
  expect(heard).toEqual([hello(1), hello(2), hello(3)]);
});

test("no more is kept than a handshake can need, and nothing for a call that is over", async () => {
  const first = setUp();
  for (let number = 0; number < 100; number++) first.arrive(hello(number));
  await first.connect();
  expect(first.heard).toEqual(Array.from({ length: 8 }, (_, number) => hello(number)));
  await peer?.close();
  const second = setUp();
  second.arrive(hello(1));
  second.transport.onStateChange.execute("closed");
  await second.connect();
  expect(second.heard).toEqual([]);
});
