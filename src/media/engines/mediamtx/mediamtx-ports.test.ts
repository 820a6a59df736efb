import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { findPorts } from "./mediamtx-ports.ts";

const host = "127.0.0.1";

test("ports that are taken are passed by, and what moved is told", async () => {
  const other = createServer().listen(0, host);
  await once(other, "listening");
  const address = other.address();
  const taken = typeof address === "object" && address ? address.port : 0;
  try {
    const { ports, moved } = await findPorts({ rtsp: taken, hasUdp: false }, host);
    expect(ports.rtsp).toBeGreaterThan(taken);
    expect(ports.rtp).toBeUndefined();
    expect(moved).toEqual([{ what: "RTSP", wanted: taken, port: ports.rtsp }]);
  } finally {
    other.close();
  }
});

test("an address that this machine does not have is no matter of taken ports", async () => {
  const text = "MediaMTX cannot listen on 203.0.113.1 port 21554 (EADDRNOTAVAIL); check rtsp_bind and that port";
  const refusal = { code: "rtsp.listen", message: text };
  await expect(findPorts({ rtsp: 21_554, hasUdp: false }, "203.0.113.1")).rejects.toMatchObject(refusal);
});

test("nothing is given twice, and RTP is even", async () => {
  const wanted = { rtsp: 21_554, rtsps: 21_554, hls: 21_554, whep: 21_554, hasUdp: true };
  const { ports } = await findPorts(wanted, host);
  const tcp = [ports.rtsp, ports.rtsps, ports.hls, ports.whep, ports.api, ports.metrics];
  expect(new Set(tcp).size).toBe(6);
  expect((ports.rtp ?? 1) % 2).toBe(0);
  expect((ports.srtp ?? 1) % 2).toBe(0);
  expect(ports.srtp).not.toBe(ports.rtp);
});

test("a pair of UDP ports is free as a whole", async () => {
  const before = await findPorts({ rtsp: 21_600, hasUdp: true }, host);
  const rtp = before.ports.rtp ?? 0;
  const socket = createSocket("udp4").bind(rtp + 1, host);
  await once(socket, "listening");
  try {
    const { ports } = await findPorts({ rtsp: 21_600, hasUdp: true }, host);
    expect(ports.rtp).toBe(rtp + 2);
  } finally {
    socket.close();
  }
});
