import { expect, onTestFinished, test } from "vitest";
import { StopError } from "../foundation/abort.ts";
import { ManualClock } from "../foundation/clock.fake.ts";
import { PermanentError, TransientError } from "../foundation/errors.ts";
import { recordingLogger } from "../foundation/logger.fake.ts";
import { volatileCameraMemory } from "./camera-memory.fake.ts";
import { batteryDoorbell } from "./camera-state.fixtures.ts";
import { FakeHistory } from "./event-history.fake.ts";
import { EventRecordings } from "./event-recordings.ts";

const forever = new AbortController().signal;
const minute = 60_000;

function setUp(options: { remembered?: string } = {}) {
  const clock = new ManualClock();
  const history = new FakeHistory(clock);
  const memory = volatileCameraMemory();
  if (options.remembered) memory.write("event_select", options.remembered);
  const end = new AbortController();
  onTestFinished(() => end.abort(new StopError("closed")));
  const told: string[] = [];
  const camera = { ...batteryDoorbell, hasRecordings: true };
  const state = { camera, selected: 0 };
  const recordings: EventRecordings = new EventRecordings({
    camera: () => state.camera,
    history,
    memory,
    onChange: () => {
      const { eventId, link, progress, reason } = recordings.shown ?? {};
      told.push(
        `${recordings.option}: ${eventId ?? "-"} ${link?.url.slice(22) ?? progress ?? "-"}${reason ? ` (${reason})` : ""}`,
      );
    },
    onSelected: () => void state.selected++,
    clock,
    logger: recordingLogger().logger,
    signal: end.signal,
  });
  /** What was told since the last time. */
  const news = (): string[] => told.splice(0);
  return { clock, history, memory, recordings, news, state };
}

const name = batteryDoorbell.name;

test("the newest motion is shown, and its URL renewed at two thirds of its life", async () => {
  const { clock, history, news } = setUp();
  history.add({ eventId: "1" });
  history.add({ eventId: "2" });
  await clock.advance(0);
  expect(news()).toEqual(["Motion 1: 2 1"]);
  await clock.advance(10 * minute - 1);
  expect(news()).toEqual([]);
  await clock.advance(1);
  expect(news()).toEqual(["Motion 1: 2 3"]);
  expect(history.looks).toBe(2);
});

test("what was chosen earlier is looked up at the start, and nonsense is not", async () => {
  const chosen = setUp({ remembered: "Ding 2" });
  expect(chosen.recordings.option).toBe("Ding 2");
  expect(setUp({ remembered: "Ding 9" }).recordings.option).toBe("Motion 1");
});

test("while Ring cannot be asked at the start, nothing is taken back; it is asked with growing pauses", async () => {
  const { clock, history, news } = setUp();
  history.failure = new TransientError("ring.unreachable", "Ring cannot be reached");
  await clock.advance(5 * minute);
  expect(news()).toEqual([]);
  expect(history.looks).toBeGreaterThan(4);
  expect(history.looks).toBeLessThan(12);
  history.failure = undefined;
  history.add({ eventId: "1" });
  await clock.advance(2 * minute);
  expect(news()).toEqual(["Motion 1: 1 1"]);
});

test("a link that cannot be renewed is shown until it ends, then there is none, with the reason", async () => {
  const { clock, history, news } = setUp();
  history.add({ eventId: "1" });
  await clock.advance(0);
  news();
  history.failure = new TransientError("ring.unavailable", "Ring has a problem");
  await clock.advance(15 * minute - 1);
  expect(news()).toEqual([]);
  await clock.advance(1);
  expect(news()).toEqual(["Motion 1: 1 - (Ring has a problem)"]);
  history.failure = undefined;
  await clock.advance(3 * minute);
  expect(news().at(-1)).toBe("Motion 1: 1 2");
});

test("Ring's own wish for a pause is kept", async () => {
  const { clock, history } = setUp();
  history.failure = new TransientError("ring.throttled", "too many", { retryAfterMs: 10 * minute });
  await clock.advance(9 * minute);
  expect(history.looks).toBe(1);
});

test("a new event is awaited with growing pauses, and shown once when it is ready", async () => {
  const { clock, history, recordings, news } = setUp();
  history.add({ eventId: "1" });
  await clock.advance(0);
  news();
  history.add({ eventId: "2", recording: "pending" });
  recordings.awaitRecording({ kind: "motion", eventId: "2", happenedAt: clock.now() });
  recordings.awaitRecording({ kind: "motion", eventId: "2", happenedAt: clock.now() });
  await clock.advance(minute);
  expect(news()).toEqual([]);
  expect(history.looks).toBeLessThan(9);
  history.change("2", { recording: "ready" });
  await clock.advance(20_000);
  expect(news()).toEqual([expect.stringMatching(/^Motion 1: 2 /)]);
  const looks = history.looks;
  await clock.advance(5 * minute);
  expect(history.looks).toBe(looks);
});

test("an event without a recording is forgotten at once, one that never gets one after five minutes", async () => {
  const { clock, history, recordings } = setUp();
  await clock.advance(0);
  history.add({ eventId: "1", recording: "none" });
  recordings.awaitRecording({ kind: "motion", eventId: "1", happenedAt: clock.now() });
  await clock.advance(minute);
  expect(history.looks).toBe(2);
  recordings.awaitRecording({ kind: "motion", eventId: "lost", happenedAt: clock.now() });
  await clock.advance(6 * minute);
  const looks = history.looks;
  expect(looks).toBeLessThan(25);
  await clock.advance(5 * minute);
  expect(history.looks).toBe(looks);
});

test("a burst of events is one series of looks, and events of other kinds are none", async () => {
  const { clock, history, recordings } = setUp();
  await clock.advance(0);
  for (let index = 0; index < 100; index++)
    recordings.awaitRecording({ kind: "motion", eventId: `m${index}`, happenedAt: 0 });
  for (let index = 0; index < 5; index++)
    recordings.awaitRecording({ kind: "ding", eventId: `d${index}`, happenedAt: 0 });
  await clock.advance(5 * minute);
  expect(history.looks).toBeLessThan(25);
});

test("a selection is told in one piece when it is known, and what plays is ended", async () => {
  const { clock, history, recordings, news, memory, state } = setUp();
  history.add({ eventId: "1" });
  history.add({ eventId: "7", kind: "ding" });
  await clock.advance(0);
  news();
  await recordings.select("Ding 1", forever);
  expect(news()).toEqual([expect.stringMatching(/^Ding 1: 7 /)]);
  expect(memory.read("event_select")).toBe("Ding 1");
  expect(state.selected).toBe(1);
  await recordings.select("Ding 1", forever);
  expect(state.selected).toBe(1);
  await recordings.select("Person 1", forever);
  expect(news()).toEqual([`Person 1: - - (Ring has no recording of ${name} for Person 1)`]);
  await expect(recordings.select("Motion 6", forever)).rejects.toMatchObject({ code: "command.unknown" });
});

test("a selection while Ring does not answer is told after ten seconds, and put right when it does", async () => {
  const { clock, history, recordings, news } = setUp();
  history.add({ eventId: "7", kind: "ding" });
  await clock.advance(0);
  news();
  const gate = Promise.withResolvers<void>();
  history.gate = gate.promise;
  const selecting = recordings.select("Ding 1", forever);
  await clock.advance(9_999);
  expect(news()).toEqual([]);
  await clock.advance(1);
  await selecting;
  expect(news()).toEqual([expect.stringMatching(/^Ding 1: - - \(Ring's answer/)]);
  gate.resolve();
  await clock.advance(1);
  expect(news()).toEqual([expect.stringMatching(/^Ding 1: 7 /)]);
});

test("the look for an old selection does not disturb the new one", async () => {
  const { clock, history, recordings, news } = setUp();
  history.add({ eventId: "1" });
  history.add({ eventId: "7", kind: "ding" });
  history.gate = new Promise(() => undefined);
  await clock.advance(0);
  history.gate = undefined;
  await recordings.select("Ding 1", forever);
  await clock.advance(minute);
  expect(news()).toEqual([expect.stringMatching(/^Ding 1: 7 /)]);
});

test("a new event of a transcoded selection replaces the old one when its download is there, and not before", async () => {
  const { clock, history, recordings, news } = setUp({ remembered: "Motion 1 (Transcoded)" });
  history.add({ eventId: "1" });
  await clock.advance(0);
  expect(news()).toEqual([
    "Motion 1 (Transcoded): - Ring is transcoding the recording (0 s)",
    expect.stringMatching(/^Motion 1 \(Transcoded\): 1 /),
  ]);
  const done = Promise.withResolvers<void>();
  history.transcoding = done.promise;
  history.add({ eventId: "2" });
  recordings.awaitRecording({ kind: "motion", eventId: "2", happenedAt: clock.now() });
  await clock.advance(30_000);
  expect(news()).toEqual([]);
  done.resolve();
  await clock.advance(1);
  expect(news()).toEqual([expect.stringMatching(/^Motion 1 \(Transcoded\): 2 /)]);
  expect(history.orders).toEqual(["1", "2"]);
});

test("a download that Ring does not make is not ordered again and again", async () => {
  const { clock, history, news } = setUp({ remembered: "Motion 1 (Transcoded)" });
  history.transcoding = Promise.reject(new TransientError("recording.transcoding", "not done"));
  history.add({ eventId: "1" });
  await clock.advance(0);
  expect(news().at(-1)).toBe("Motion 1 (Transcoded): - - (not done)");
  await clock.advance(14 * minute);
  expect(history.orders).toHaveLength(1);
});

test("what can be played, and why not", async () => {
  const { clock, history, recordings, state } = setUp();
  const none = { code: "recording.none", message: expect.stringContaining("Motion 1") };
  const first = expect(recordings.toPlay(forever)).rejects.toMatchObject(none);
  await clock.advance(0);
  await first;
  history.add({ eventId: "1" });
  recordings.planChanged();
  await clock.advance(0);
  const playable = await recordings.toPlay(forever);
  expect(playable.eventId).toBe("1");
  expect((await recordings.renew(playable, forever)).url).not.toBe(playable.link.url);
  expect((await recordings.toPlay(forever)).link.url).not.toBe(playable.link.url);
  history.events = [];
  await expect(recordings.renew(playable, forever)).rejects.toBeInstanceOf(PermanentError);
  state.camera = { ...state.camera, hasRecordings: false };
  await expect(recordings.toPlay(forever)).rejects.toMatchObject({ code: "recording.no-plan" });
});

test("without a plan Ring is not asked, and is when the plan comes", async () => {
  const { clock, history, recordings, state, news } = setUp();
  state.camera = { ...state.camera, hasRecordings: false };
  await clock.advance(60 * minute);
  const before = history.looks;
  state.camera = { ...state.camera, hasRecordings: true };
  history.add({ eventId: "1" });
  recordings.planChanged();
  await clock.advance(0);
  expect(history.looks).toBe(before + 1);
  expect(news().at(-1)).toMatch(/^Motion 1: 1 /);
});
