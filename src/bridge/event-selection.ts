// Which recorded event a camera's event select points at, and its option texts. They are public API.
import type { RecordedEvent, RecordedEventKind } from "../ring/history/recorded-event.ts";

type Subject = "Motion" | "Ding" | "Person" | "On-demand";

export interface EventSelection {
  readonly subject: Subject;
  /** 1 is the newest. */
  readonly number: number;
  /** By Ring's download service. */
  readonly isTranscoded: boolean;
}

const mostBack = 5;
const subjects: readonly Subject[] = ["Motion", "Ding", "Person", "On-demand"];
export const defaultSelection: EventSelection = { subject: "Motion", number: 1, isTranscoded: false };

const kinds: Readonly<Record<Subject, RecordedEventKind>> = {
  Motion: "motion",
  Ding: "ding",
  Person: "motion",
  "On-demand": "on_demand",
};

export const kindOf = ({ subject }: EventSelection): RecordedEventKind => kinds[subject];

export const optionOf = ({ subject, number, isTranscoded }: EventSelection): string =>
  `${subject} ${number}${isTranscoded ? " (Transcoded)" : ""}`;

/** All options of a camera, in the order in which they are shown. */
export function selectionsFor(isDoorbell: boolean): readonly EventSelection[] {
  const offered = subjects.filter((subject) => subject !== "Ding" || isDoorbell);
  const numbers = Array.from({ length: mostBack }, (_, index) => index + 1);
  return [false, true].flatMap((isTranscoded) =>
    offered.flatMap((subject) => numbers.map((number) => ({ subject, number, isTranscoded }))),
  );
}

/** The selection with this text; undefined where the camera has no such option. */
export function parseSelection(option: unknown, isDoorbell: boolean): EventSelection | undefined {
  const wanted = typeof option === "string" ? option.trim() : undefined;
  return selectionsFor(isDoorbell).find((selection) => optionOf(selection) === wanted);
}

/** Of the events of its kind, those that the selection counts: with a recording that can be had. */
export function candidates(selection: EventSelection, events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  return events.filter((event) => event.recording === "ready" && (selection.subject !== "Person" || event.isPerson));
}
