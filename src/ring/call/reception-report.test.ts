import { expect, test } from "vitest";
import { ReceptionStatistics } from "./reception-report.ts";

const clockRate = 90_000;

test("nothing before the first packet; then what was expected, lost since the last report and in all", () => {
  const statistics = new ReceptionStatistics(7, clockRate);
  expect(statistics.report(0)).toBeUndefined();
  for (let number = 0; number < 8; number++) if (number !== 3) statistics.packet(number, 0, 0);
  expect(statistics.report(0)).toMatchObject({ ssrc: 7, fractionLost: 32, packetsLost: 1, highestSequence: 7 });
  for (let number = 8; number < 16; number++) statistics.packet(number, 0, 0);
  expect(statistics.report(0)).toMatchObject({ fractionLost: 0, packetsLost: 1, highestSequence: 15 });
});

test("numbers that begin anew are counted on, late ones do not set back, repeated ones are no gain to report", () => {
  const statistics = new ReceptionStatistics(7, clockRate);
  for (const number of [65_534, 1, 65_535, 0, 0]) statistics.packet(number, 0, 0);
  expect(statistics.report(0)).toMatchObject({ fractionLost: 0, packetsLost: 0, highestSequence: 0x1_0001 });
});

test("jitter is 0 for packets that come as they were sent, over the wrap of timestamps too", () => {
  const steady = new ReceptionStatistics(7, clockRate);
  for (let count = 0; count < 50; count++) steady.packet(count, (0xffff_f000 + count * 3_000) >>> 0, (count * 100) / 3);
  expect(steady.report(0)?.jitter).toBe(0);
  const unsteady = new ReceptionStatistics(7, clockRate);
  for (let count = 0; count < 200; count++) unsteady.packet(count, count * 900, count * 10 + (count % 2) * 5);
  // Each comes 5 ms, 450 ticks, earlier or later than the one before.
  expect(unsteady.report(0)?.jitter).toBeGreaterThan(440);
  expect(unsteady.report(0)?.jitter).toBeLessThanOrEqual(450);
});

test("the last sender's report and how long ago it was, in the units of RTCP", () => {
  const statistics = new ReceptionStatistics(7, clockRate);
  statistics.packet(1, 0, 0);
  expect(statistics.report(0)).toMatchObject({ lastSenderReport: 0, delaySinceSenderReport: 0 });
  statistics.senderReport(0x1234_5678_9abc_def0n, 1_000);
  const expected = { lastSenderReport: 0x5678_9abc, delaySinceSenderReport: 1.5 * 65_536 };
  expect(statistics.report(2_500)).toMatchObject(expected);
});
