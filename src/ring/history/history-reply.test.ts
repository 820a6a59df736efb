import { expect, test } from "vitest";
import { readHistoryPage } from "./history-reply.ts";

const now = Date.UTC(2026, 0, 1, 12);
const url = "https://files.example/film.mp4";
const media = (...items: object[]) => ({ cloud_media_visualization: { media: items } });
const event = (fields: object) => ({
  event_id: "7400000000000000001",
  event_type: "motion",
  start_time: "2026-01-01T11:59:00.000Z",
  recording_status: "ready",
  cv: { person_detected: false, detection_type: "motion" },
  visualizations: media({ file_type: "THUMBNAIL", url: `${url}.jpg` }, { file_type: "VIDEO", url, is_e2ee: false }),
  ...fields,
});
const read = (fields: object) => readHistoryPage({ items: [event(fields)], pagination_key: null }, now)?.events[0];

test("an event with its recording", () => {
  expect(read({})).toMatchObject({
    eventId: "7400000000000000001",
    kind: "motion",
    isPerson: false,
    startedAt: now - 60_000,
    recording: "ready",
    link: { url },
  });
});

test("a person is one by any of the three fields", () => {
  expect(read({ cv: { person_detected: true } })?.isPerson).toBe(true);
  expect(read({ cv: { person_detected: null, detection_type: "human" } })?.isPerson).toBe(true);
  expect(read({ cv: { detection_types: [{ detection_type: "other" }, { detection_type: "human" }] } })?.isPerson).toBe(
    true,
  );
  expect(read({ cv: null })?.isPerson).toBe(false);
});

test("a live view that was started from elsewhere is one on demand", () => {
  expect(read({ event_type: "on_demand_link" })?.kind).toBe("on_demand");
});

test("a recording that is not there yet, will never be, or cannot be opened has no link", () => {
  expect(read({ recording_status: "pending" })).toMatchObject({ recording: "pending", link: undefined });
  expect(read({ recording_status: "failed" })).toMatchObject({ recording: "none", link: undefined });
  expect(read({ visualizations: media() })).toMatchObject({ recording: "pending", link: undefined });
  const encrypted = media({ file_type: "VIDEO", url, is_e2ee: true });
  expect(read({ visualizations: encrypted })?.link).toBeUndefined();
});

test("an item that is odd costs only itself", () => {
  const items = [7, null, {}, event({ event_id: "" }), event({ start_time: "soon" }), event({ event_type: "alarm" })];
  const page = readHistoryPage({ items: [...items, event({ event_id: "2" })], pagination_key: "YWJj==" }, now);
  expect(page?.events.map(({ eventId }) => eventId)).toEqual(["2"]);
  expect(page?.nextKey).toBe("YWJj");
});

test("what is no history is none", () => {
  expect(readHistoryPage({ error: "x" }, now)).toBeUndefined();
  expect(readHistoryPage("<html>", now)).toBeUndefined();
});
