import fc from "fast-check";
import { expect, test } from "vitest";
import {
  dePacketizeRtpPackets,
  RtcpPacketConverter,
  RtcpPayloadSpecificFeedback,
  RtcpReceiverInfo,
  RtcpRrPacket,
  RtcpSrPacket,
  RtcpTransportLayerFeedback,
  RtpHeader,
  RtpPacket,
} from "werift";
import { goodbye, isRtcp, parseFeedback, parseReports, senderReport } from "./rtcp.ts";
import { largestPayloadBytes, rtpPayloads } from "./rtp-payload.ts";
import { RtpStream, type RtpStreamOptions } from "./rtp-stream.ts";

const clock = { originUnixMs: 1_700_000_000_000, nowMs: () => 1000 };
const clean = { packetLossPercent: 0, reorderPercent: 0 };

function stream(options: Partial<RtpStreamOptions> = {}) {
  const sent: Buffer[] = [];
  const rtp = new RtpStream({
    ...{ ssrc: 4_000_000_000, payloadType: 98, clockRate: 90_000, cname: "cname", clock },
    send: (packet) => sent.push(Buffer.from(packet)),
    ...options,
  });
  return { rtp, sent, packets: () => sent.map((packet) => RtpPacket.deSerialize(packet)) };
}

test("another implementation puts a fragmented unit together again", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 9000 }), (content) => {
      const unit = Buffer.concat([Buffer.from([0x65]), content]);
      const payloads = rtpPayloads(unit, "h264");
      for (const payload of payloads) expect(payload.length).toBeLessThanOrEqual(largestPayloadBytes);
      const packets = payloads.map(
        (payload, index) => new RtpPacket(new RtpHeader({ sequenceNumber: index }), payload),
      );
      const { data } = dePacketizeRtpPackets("MPEG4/ISO/AVC", packets);
      expect(data).toEqual(Buffer.concat([Buffer.from([0, 0, 0, 1]), unit]));
    }),
  );
});

test("H.265 fragments carry the unit's type, start and end", () => {
  const unit = Buffer.concat([Buffer.from([19 << 1, 1]), Buffer.alloc(3000, 7)]);
  const payloads = rtpPayloads(unit, "h265");
  expect(payloads.map((payload) => [...payload.subarray(0, 3)])).toEqual([
    [49 << 1, 1, 0x80 | 19],
    [49 << 1, 1, 19],
    [49 << 1, 1, 0x40 | 19],
  ]);
  expect(Buffer.concat(payloads.map((payload) => payload.subarray(3)))).toEqual(unit.subarray(2));
});

test("times and numbers begin anew when that is ordered", () => {
  const { rtp, packets } = stream({ wrapAfterMs: 2_000 });
  for (let at = 0; at < 200; at++) rtp.sendUnit([Buffer.from("a")], 1_000 + at * 20, true, clean);
  const headers = packets().map(({ header }) => header);
  expect(headers[99]?.timestamp).toBe(2 ** 32 - 1_800);
  expect(headers[100]?.timestamp).toBe(0);
  expect(headers.slice(98, 102).map(({ sequenceNumber }) => sequenceNumber)).toEqual([65_534, 65_535, 0, 1]);
});

test("packets of one unit share their time; sequence numbers count on; only the last is marked", () => {
  const { rtp, packets } = stream();
  rtp.sendUnit([Buffer.from("a"), Buffer.from("b")], 0, true, clean);
  rtp.sendUnit([Buffer.from("c")], 50, true, clean);
  const headers = packets().map(({ header }) => header);
  expect(headers.map(({ marker }) => marker)).toEqual([false, true, true]);
  expect(headers.map(({ sequenceNumber }) => (sequenceNumber - (headers[0]?.sequenceNumber ?? 0)) & 0xffff)).toEqual([
    0, 1, 2,
  ]);
  expect(headers.map(({ timestamp }) => (timestamp - (headers[0]?.timestamp ?? 0)) >>> 0)).toEqual([0, 0, 4500]);
});

test("each call begins at other numbers", () => {
  const origins = Array.from({ length: 5 }, () => {
    const { rtp, packets } = stream();
    rtp.sendUnit([Buffer.from("a")], 0, true, clean);
    return `${packets()[0]?.header.sequenceNumber} ${packets()[0]?.header.timestamp}`;
  });
  expect(new Set(origins).size).toBe(5);
});

test("a lost packet is not sent, but repeated when it is asked for", () => {
  const { rtp, sent, packets } = stream();
  rtp.sendUnit([Buffer.from("a")], 0, true, clean);
  const first = packets()[0]?.header.sequenceNumber ?? 0;
  rtp.sendUnit([Buffer.from("lost")], 50, true, { packetLossPercent: 100, reorderPercent: 0 });
  expect(sent).toHaveLength(1);
  expect(rtp.repeat([(first + 1) & 0xffff, (first + 500) & 0xffff])).toBe(1);
  expect(packets()[1]?.payload.toString()).toBe("lost");
  expect(packets()[1]?.header.sequenceNumber).toBe((first + 1) & 0xffff);
});

test("with a repetition stream, the packet comes there and names its first number", () => {
  const { rtp, packets } = stream({ repetition: { ssrc: 77, payloadType: 99 } });
  rtp.sendUnit([Buffer.from("a")], 0, true, clean);
  const sequence = packets()[0]?.header.sequenceNumber ?? 0;
  rtp.repeat([sequence]);
  const repeated = packets()[1];
  expect(repeated?.header).toMatchObject({ ssrc: 77, payloadType: 99, marker: true });
  expect(repeated?.payload.readUInt16BE(0)).toBe(sequence);
  expect(repeated?.payload.subarray(2).toString()).toBe("a");
});

test("disorder swaps neighbours and loses nothing", () => {
  const { rtp, packets } = stream();
  rtp.sendUnit([Buffer.from("a")], 0, true, { packetLossPercent: 0, reorderPercent: 100 });
  rtp.sendUnit([Buffer.from("b")], 0, true, { packetLossPercent: 0, reorderPercent: 100 });
  expect(packets().map(({ payload }) => payload.toString())).toEqual(["b", "a"]);
});

test("the transport counter is in every packet, with repetitions counted too", () => {
  let counter = 65_534;
  const { rtp, packets } = stream({ transportCounter: { extensionId: 4, next: () => counter++ } });
  rtp.sendUnit([Buffer.from("a"), Buffer.from("b")], 0, true, clean);
  rtp.repeat([packets()[0]?.header.sequenceNumber ?? 0]);
  const extensions = packets().map(({ header }) => header.extensions[0]);
  expect(extensions.map((one) => [one?.id, one?.payload.readUInt16BE(0)])).toEqual([
    [4, 65_534],
    [4, 65_535],
    [4, 0],
  ]);
  expect(packets()[2]?.payload.toString()).toBe("a");
});

test("reports tell one clock for RTP and wall, and the farewell ends them", () => {
  const { rtp, sent, packets } = stream();
  rtp.sendUnit([Buffer.from("abc")], 0, true, clean);
  const origin = packets()[0]?.header.timestamp ?? 0;
  rtp.sendReport();
  const [report] = RtcpPacketConverter.deSerialize(sent[1] ?? Buffer.alloc(0));
  expect(report).toBeInstanceOf(RtcpSrPacket);
  if (!(report instanceof RtcpSrPacket)) return;
  expect(report.senderInfo).toMatchObject({ packetCount: 1, octetCount: 3 });
  expect((report.senderInfo.rtpTimestamp - origin) >>> 0).toBe(90_000);
  const ntpSeconds = Number(report.senderInfo.ntpTimestamp >> 32n) - 2_208_988_800;
  expect(ntpSeconds).toBe(1_700_000_001);
  rtp.sendGoodbye();
  const state = { ssrc: 1, cname: "abc", unixMs: 0, rtpTime: 0, packets: 0, bytes: 0 };
  expect(RtcpPacketConverter.deSerialize(senderReport(state)).map(({ type }) => type)).toEqual([200, 202]);
  expect(goodbye(state).subarray(-8)).toEqual(Buffer.from([0x81, 203, 0, 1, 0, 0, 0, 1]));
  expect(isRtcp(goodbye(state))).toBe(true);
});

test("PLI, FIR and NACK are found in a compound packet; reports are passed over", () => {
  const pli = Buffer.from("81ce0002000000010000000a", "hex");
  const fir = Buffer.from("84ce00040000000100000000" + "0000000b" + "05000000", "hex");
  const nack = Buffer.from("81cd0003000000010000000c" + "fffe0005", "hex");
  const report = Buffer.from("80c9000100000001", "hex");
  expect(parseFeedback(Buffer.concat([report, pli, fir, nack]))).toEqual([
    { kind: "key-frame", form: "pli", ssrc: 10 },
    { kind: "key-frame", form: "fir", ssrc: 11 },
    { kind: "nack", ssrc: 12, sequences: [0xfffe, 0xffff, 1] },
  ]);
  expect(new RtcpPayloadSpecificFeedback().type).toBe(pli[1]);
  expect(new RtcpTransportLayerFeedback().type).toBe(nack[1]);
});

test("report blocks are those that another implementation wrote", () => {
  const block = { fractionLost: 12, packetsLost: 345, highestSequence: 0x1_0007, jitter: 9 };
  const reports = [7, 8].map((ssrc) => new RtcpReceiverInfo({ ssrc, ...block, lsr: 0xabcd_ef01, dlsr: 5 }));
  const packet = new RtcpRrPacket({ ssrc: 1, reports }).serialize();
  const pli = Buffer.from("81ce0002000000010000000a", "hex");
  const expected = [7, 8].map((ssrc) => ({ ssrc, ...block, lastSenderReport: 0xabcd_ef01 }));
  expect(parseReports(Buffer.concat([packet, pli]))).toEqual(expected);
  expect(parseReports(packet.subarray(0, packet.length - 1))).toEqual(expected.slice(0, 1));
});

test("no bytes make the parser fail", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
      [parseFeedback, parseReports].every((parse) => Array.isArray(parse(Buffer.from(bytes)))),
    ),
  );
});
