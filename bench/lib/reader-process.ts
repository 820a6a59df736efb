// Run by ReaderFleet: many RTSP readers in a process of their own, told by messages what to do.
import { RtspReader } from "../../test/support/rtsp-reader.ts";
import type { FleetAnswer, FleetRequest, OpenedReader, ReaderCounts } from "./reader-messages.ts";

const readers: RtspReader[] = [];

async function open(urls: readonly string[], codecs: readonly string[], userAgent: string): Promise<OpenedReader[]> {
  const opened = await Promise.all(urls.map((url) => RtspReader.play(url, { codecs, userAgent })));
  readers.push(...opened);
  await Promise.all(opened.map((reader) => reader.picture(1, { timeoutMs: 60_000 })));
  return opened.map((reader) => ({ times: reader.times, firstPicture: reader.pictures[0] }));
}

function count(): ReaderCounts {
  return {
    readers: readers.length,
    packets: readers.reduce((sum, reader) => sum + reader.packets, 0),
    lost: readers.reduce((sum, reader) => sum + reader.lost, 0),
    bytes: readers.flatMap((reader) => reader.tracks).reduce((sum, track) => sum + track.bytes, 0),
    tracksWithoutPackets: readers.flatMap((reader) => reader.tracks).filter(({ packets }) => packets === 0).length,
    gone: readers.filter((reader) => reader.isClosed).length,
  };
}

async function perform(request: FleetRequest): Promise<FleetAnswer["result"]> {
  switch (request.what) {
    case "open":
      return await open(request.urls, request.codecs, request.userAgent);
    case "count":
      return count();
    case "pictures":
      return readers.map((reader) => reader.pictures.filter(({ at }) => at >= request.sinceMs));
    case "close":
      await Promise.all(readers.splice(0).map((reader) => reader[Symbol.asyncDispose]()));
      return undefined;
  }
}

process.on("message", (request: FleetRequest) => {
  perform(request).then(
    (result) => process.send?.({ id: request.id, result }),
    (error: unknown) =>
      process.send?.({ id: request.id, error: error instanceof Error ? error.message : String(error) }),
  );
});
process.once("disconnect", () => process.exit(0));
