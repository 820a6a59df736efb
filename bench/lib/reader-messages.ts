// What is said between a benchmark and its process of readers.
import type { ReceivedPicture, RtspReader } from "../../test/support/rtsp-reader.ts";

export interface OpenedReader {
  readonly times: RtspReader["times"];
  readonly firstPicture: ReceivedPicture | undefined;
}

/** Sums over all readers. */
export interface ReaderCounts {
  readonly readers: number;
  readonly packets: number;
  readonly lost: number;
  readonly bytes: number;
  /** Tracks that were set up and are silent. */
  readonly tracksWithoutPackets: number;
  /** Readers that were disconnected. */
  readonly gone: number;
}

export type FleetCommand =
  | {
      readonly what: "open";
      readonly urls: readonly string[];
      readonly codecs: readonly string[];
      readonly userAgent: string;
    }
  | { readonly what: "count" }
  | { readonly what: "pictures"; readonly sinceMs: number }
  | { readonly what: "close" };

export type FleetRequest = FleetCommand & { readonly id: number };

export interface FleetAnswer {
  readonly id: number;
  readonly result?: OpenedReader[] | ReaderCounts | ReceivedPicture[][] | undefined;
  readonly error?: string;
}
