import { expect, test } from "vitest";
import type { RecordedEvent } from "../ring/history/recorded-event.ts";
import { candidates, defaultSelection, kindOf, optionOf, parseSelection, selectionsFor } from "./event-selection.ts";

test("a camera has 30 options, a doorbell 40, and each is read back as what it is", () => {
  expect(selectionsFor(false)).toHaveLength(30);
  expect(selectionsFor(true)).toHaveLength(40);
  for (const selection of selectionsFor(true)) expect(parseSelection(optionOf(selection), true)).toEqual(selection);
  expect(optionOf(defaultSelection)).toBe("Motion 1");
});

test.each(["Ding 1", "Motion 0", "Motion 6", "motion 1", "Motion 1 (transcoded)", "", 1, undefined])(
  "a camera without a bell has no option %j",
  (option) => {
    expect(parseSelection(option, false)).toBeUndefined();
  },
);

test("persons are motions in which Ring saw one, and only recordings that can be had count", () => {
  const event = (eventId: string, changes: Partial<RecordedEvent>): RecordedEvent => ({
    ...{ eventId, kind: "motion", isPerson: false, startedAt: 0, recording: "ready", link: undefined },
    ...changes,
  });
  const events = [
    event("4", { recording: "pending" }),
    event("3", {}),
    event("2", { isPerson: true }),
    event("1", { recording: "none" }),
  ];
  const person = parseSelection("Person 1", false) ?? defaultSelection;
  expect(kindOf(person)).toBe("motion");
  expect(candidates(person, events).map(({ eventId }) => eventId)).toEqual(["2"]);
  expect(candidates(defaultSelection, events).map(({ eventId }) => eventId)).toEqual(["3", "2"]);
});
