import { expect, test } from "vitest";
import { ManualClock } from "../../foundation/clock.fake.ts";
import { opusTrack } from "../formats/track.ts";
import { WaitingFilm } from "./waiting-film.ts";

const packet = { marker: true, payloadType: 98, sequenceNumber: 1, timestamp: 1, payload: Buffer.alloc(10) };

function setUp() {
  const clock = new ManualClock();
  const startMs = clock.monotonic();
  const seen: string[] = [];
  const film = new WaitingFilm(
    {
      track: ({ codec }) => void seen.push(codec),
      silent: () => void seen.push("silent"),
      restart: () => undefined,
      packet: (kind, _packet, arrivedAtMs) => void seen.push(`${kind} ${arrivedAtMs - startMs}`),
      senderReport: (kind) => void seen.push(`report of ${kind}`),
    },
    clock,
  );
  return { clock, film, seen };
}

test("what a film is, is told at once; it begins when somebody waits for it, as if it came only then", async () => {
  const { clock, film, seen } = setUp();
  film.sink.track(opusTrack);
  film.sink.senderReport("audio", 1, 1);
  film.sink.packet("audio", packet, clock.monotonic());
  await clock.advance(400);
  film.sink.packet("audio", packet, clock.monotonic());
  expect(seen).toEqual(["opus"]);
  film.begin();
  await clock.advance(100);
  expect(seen).toEqual(["opus", "report of audio", "audio 400", "audio 500"]);
  film.sink.packet("audio", packet, clock.monotonic());
  expect(seen.at(-1)).toBe("audio 500");
  expect(seen).toHaveLength(5);
});

test("a film that is over sooner than anybody sees it is shown all the same", async () => {
  const { clock, film, seen } = setUp();
  film.sink.packet("audio", packet, clock.monotonic());
  await clock.advance(200);
  film.sink.packet("audio", packet, clock.monotonic());
  const shown = film.shown();
  await clock.advance(60);
  await shown;
  expect(seen).toEqual(["audio 200", "audio 250"]);
});
