import { expect, test } from "vitest";
import { ManualClock } from "../../../../foundation/clock.fake.ts";
import type { InterleavedFrame } from "../../../formats/rtsp-message.ts";
import type { PublishedTrack } from "./aligned-start.ts";
import { Opening } from "./opening.ts";

const picture: PublishedTrack = { kind: "video", clockRate: 90_000 };
const sound: PublishedTrack = { kind: "audio", clockRate: 48_000 };

function opened(tracks = [picture, sound, sound]) {
  const clock = new ManualClock();
  const sent: string[] = [];
  const opening = new Opening({
    tracks: new Map(tracks.map((track, at) => [at * 2, track])),
    longestMs: 500,
    clock,
    send: (frames) => sent.push(frames.map(({ channel, payload }) => `${channel}:${payload[0]}`).join(" ")),
  });
  let count = 0;
  /** `0.7`: of the picture with timestamp 7. */
  const frame = (what: number): InterleavedFrame => {
    const payload = Buffer.alloc(12);
    payload[0] = count++;
    payload.writeUInt32BE(Math.round((what % 1) * 10), 4);
    return { kind: "frame", channel: Math.floor(what), payload };
  };
  const push = (...what: number[]): void => opening.push(what.map(frame));
  return { clock, opening, sent, push };
}

test("what is held goes on when somebody reads: of each sound a packet with its report, the rest of it, a picture, all else", async () => {
  const { clock, opening, sent, push } = opened();
  push(1, 0.1, 0.1, 5, 4, 0.2, 4, 3, 2, 2);
  await clock.advance(100);
  expect(sent).toEqual([]);
  opening.release();
  await clock.advance(20);
  expect(sent).toEqual(["5:3 4:4 4:6 3:7 2:8"]);
  push(4, 0.2);
  await clock.advance(9);
  expect(sent).toHaveLength(1);
  await clock.advance(1);
  expect(sent.slice(1)).toEqual(["2:9 4:10", "1:0 0:1 0:2"]);
  push(4, 0.2);
  await clock.advance(9);
  expect(sent.slice(3)).toEqual(["4:12"]);
  await clock.advance(1);
  expect(sent.slice(4)).toEqual(["0:5"]);
  await clock.advance(40);
  expect(sent.slice(5)).toEqual(["0:11", "0:13"]);
  expect(opening.isOver).toBe(true);
  push(4, 0.3);
  expect(sent.at(-1)).toBe("4:14 0:15");
  expect(clock.pending).toBe(0);
});

test("a first picture that comes in parts goes as it comes", async () => {
  const { clock, opening, sent, push } = opened([picture]);
  push(1, 0.1);
  opening.release();
  await clock.advance(30);
  expect(sent).toEqual(["1:0 0:1"]);
  push(0.1, 0.2);
  expect(sent.at(-1)).toBe("0:2");
  await clock.advance(10);
  expect(sent.at(-1)).toBe("0:3");
});

test("sound that has not begun is waited for, and so is a second packet of it; neither for long", async () => {
  const patient = opened();
  patient.push(0, 4, 4);
  patient.opening.release();
  await patient.clock.advance(100);
  expect(patient.sent).toEqual([]);
  patient.push(2);
  expect(patient.sent).toEqual(["4:1 4:2 2:3"]);
  await patient.clock.advance(20);
  patient.push(4);
  expect(patient.sent).toHaveLength(1);
  patient.push(2);
  expect(patient.sent.slice(1)).toEqual(["4:4 2:5", "0:0"]);
  const impatient = opened();
  impatient.push(0, 4);
  impatient.opening.release();
  await impatient.clock.advance(170);
  expect(impatient.sent).toEqual(["4:1"]);
  await impatient.clock.advance(50);
  expect(impatient.sent).toEqual(["4:1", "0:0"]);
  impatient.push(2);
  expect(impatient.sent.at(-1)).toBe("2:2");
});

test("where nobody reads nothing is held for ever, and a farewell takes everything with it", async () => {
  const { clock, sent, push } = opened([picture]);
  push(0);
  await clock.advance(499);
  expect(sent).toEqual([]);
  await clock.advance(11);
  expect(sent).toEqual(["0:0"]);
  const leaving = opened();
  leaving.push(0.1, 4, 2, 0.2);
  await leaving.opening.drained();
  expect(leaving.sent).toEqual(["4:1 2:2", "0:0", "0:3"]);
});
