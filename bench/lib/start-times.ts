// Times of one stream: cold starts, joining what runs, the delay while it plays.
import type { JournalEntry } from "../../simulator/journal.ts";
import { presentedAt } from "../../test/support/presentation.ts";
import { ReaderFleet } from "./reader-fleet.ts";
import type { OpenedReader } from "./reader-messages.ts";
import type { BenchCamera } from "./simulator-process.ts";
import { median } from "./statistics.ts";
import type { StreamStand } from "./stream-stand.ts";

export interface ColdStart {
  /** Whether Belfry knew the camera's format. */
  readonly isRemembered: boolean;
  /** RTSP request to the first byte of a key frame at the reader. */
  readonly totalMs: number;
  /** Without the times in which the simulator held something back. */
  readonly ownMs: number;
  readonly heldMs: number;
  readonly describeMs: number;
  readonly journal: readonly JournalEntry[];
}

export interface Joining {
  readonly joinMs: number;
  readonly lagMs: number;
}

const codecs = ["h264", "opus"];

/** One start of a camera that nobody watches; it is off again afterwards. */
export async function coldStart(stand: StreamStand, camera: BenchCamera, number: number): Promise<ColdStart> {
  await using fleet = new ReaderFleet();
  await fleet.count();
  const after = await stand.simulator.journalPosition();
  const [reader] = await fleet.open([stand.url(camera)], codecs, `bench ${number}`);
  if (!reader) throw new Error("a reader was opened");
  const { asked, described, firstKeyFrameByte } = reader.times;
  const journal = (await stand.simulator.journal(after)).filter(
    ({ kind, at, details }) =>
      at <= firstKeyFrameByte + 50 && (details["doorbotId"] === camera.id || kind.startsWith("http.")),
  );
  const heldMs = heldWithin(journal, asked, firstKeyFrameByte);
  await fleet.close();
  await stand.turnOff(camera);
  const totalMs = firstKeyFrameByte - asked;
  const isRemembered = described - asked < (journal.find(({ kind }) => kind === "live.requested")?.at ?? 0) - asked;
  return { isRemembered, totalMs, ownMs: totalMs - heldMs, heldMs, describeMs: described - asked, journal };
}

/** How much of that time the simulator held back a reply or the picture: the union of its intervals. Held sound delays no picture. */
export function heldWithin(journal: readonly JournalEntry[], fromMs: number, toMs: number): number {
  const intervals = journal
    .filter(({ kind, details }) => kind === "released" && details["media"] !== "audio")
    .map(({ details }) => {
      const start = Number(details["heldFrom"]);
      return { start: Math.max(start, fromMs), end: Math.min(start + Number(details["heldMs"]), toMs) };
    })
    .toSorted((a, b) => a.start - b.start);
  let covered = fromMs;
  let sum = 0;
  for (const { start, end } of intervals) {
    sum += Math.max(end - Math.max(start, covered), 0);
    covered = Math.max(covered, end);
  }
  return sum;
}

/** Joins in the middle of a group of pictures, several times; the first reader goes on all the while. */
export async function measureJoining(
  stand: StreamStand,
  camera: BenchCamera,
  rounds: number,
): Promise<{ joinings: Joining[]; latenciesMs: number[] }> {
  await using fleet = new ReaderFleet();
  const startedAt = nowMs();
  await fleet.open([stand.url(camera)], codecs, "bench first");
  const joinings: Joining[] = [];
  await passes(3_000);
  for (let round = 0; round < rounds; round++) {
    const [second] = await fleet.open([stand.url(camera)], codecs, `bench second ${round}`);
    if (!second?.firstPicture) throw new Error("a second reader was opened");
    await passes(1_300);
    joinings.push(judge(second, await fleet.pictures(startedAt)));
  }
  const [first = []] = await fleet.pictures(startedAt);
  await fleet.close();
  await stand.turnOff(camera);
  return { joinings, latenciesMs: first.slice(10).map(({ at, sentAtMs }) => at - sentAtMs) };
}

function judge({ times, firstPicture }: OpenedReader, pictures: Awaited<ReturnType<ReaderFleet["pictures"]>>): Joining {
  const [first = []] = pictures;
  const second = pictures.at(-1) ?? [];
  const joinedAt = firstPicture?.at ?? Number.NaN;
  const shown = [first, second].map((reader) => presentedAt(reader, joinedAt + 1_000));
  const [byFirst, bySecond] = shown;
  if (!byFirst || !bySecond) throw new Error("both readers show something");
  return { joinMs: joinedAt - times.playAsked, lagMs: byFirst.sentAtMs - bySecond.sentAtMs };
}

export function medianStart(
  starts: readonly ColdStart[],
  isRemembered: boolean,
  pick: (start: ColdStart) => number,
): number {
  return median(starts.filter((start) => start.isRemembered === isRemembered).map(pick));
}

const nowMs = (): number => performance.timeOrigin + performance.now();
/** A measurement lasts. */
const passes = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
