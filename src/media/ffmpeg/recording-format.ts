// What an MP4 recording holds: codecs and length, read from its boxes (ISO 14496-12).
import { PermanentError } from "../../foundation/errors.ts";
import { configOfElementaryStream } from "../formats/aac-config.ts";
import { readFully, type ServedFile } from "./served-file.ts";

export interface RecordingFormat {
  /** The four letters of the sample description: `avc1`, `hvc1`, ...; undefined where there is no such track. */
  readonly video: string | undefined;
  readonly audio: string | undefined;
  /** AudioSpecificConfig of the sound, hex; undefined where it is not AAC. */
  readonly aacConfig: string | undefined;
  readonly durationMs: number | undefined;
}

const mostTopBoxes = 10_000;
const longestMovie = 33_554_432;

interface Box {
  readonly type: string;
  /** Of the content. */
  readonly start: number;
  readonly end: number;
}

/** Throws PermanentError `recording.unreadable` for what is no MP4. */
export async function readRecordingFormat(file: ServedFile, signal: AbortSignal): Promise<RecordingFormat> {
  const size = await file.size;
  for (let offset = 0, count = 0; offset + 8 <= size && count < mostTopBoxes; count++) {
    const header = await readFully(file, offset, 16, signal);
    const box = readBox(header, 0, size - offset);
    if (!box || (count === 0 && !/^[a-z0-9 ]{4}$/i.test(box.type))) break;
    if (box.type === "moov" && box.end - box.start <= longestMovie) {
      return readMovie(await readFully(file, offset + box.start, box.end - box.start, signal));
    }
    offset += box.end;
  }
  throw new PermanentError("recording.unreadable", "What Ring sent as the recording is no MP4 video");
}

function readMovie(movie: Buffer): RecordingFormat {
  const boxes = boxesIn(movie);
  const tracks = boxes.filter(({ type }) => type === "trak").map((box) => readTrack(contentOf(movie, box)));
  const trackOf = (handler: string): MediaTrack | undefined => tracks.find((track) => track.handler === handler);
  const header = boxes.find(({ type }) => type === "mvhd");
  return {
    video: trackOf("vide")?.codec,
    audio: trackOf("soun")?.codec,
    aacConfig: trackOf("soun")?.aacConfig,
    durationMs: header && readDuration(contentOf(movie, header)),
  };
}

interface MediaTrack {
  readonly handler: string | undefined;
  readonly codec: string | undefined;
  readonly aacConfig: string | undefined;
}

function readTrack(track: Buffer): MediaTrack {
  const media = descend(track, ["mdia"]);
  const handler = media && descend(media, ["hdlr"]);
  // Version and flags, and the number of entries, of which the first counts.
  const descriptions = media && descend(media, ["minf", "stbl", "stsd"])?.subarray(8);
  const description = descriptions && readBox(descriptions, 0, descriptions.length);
  const content = descriptions && description && contentOf(descriptions, description);
  return {
    handler: handler && textAt(handler, 8),
    codec: description?.type,
    aacConfig: content && description.type === "mp4a" ? readAacConfig(content) : undefined,
  };
}

/** Behind the fields of the sample description, which QuickTime has made longer twice. */
function readAacConfig(description: Buffer): string | undefined {
  const version = description.length < 10 ? 0 : description.readUInt16BE(8);
  const fieldBytes = version === 1 ? 44 : version === 2 ? 64 : 28;
  const esds = descend(description.subarray(fieldBytes), ["esds"]);
  return esds && configOfElementaryStream(esds);
}

function readDuration(header: Buffer): number | undefined {
  const isLong = header[0] === 1;
  const at = isLong ? 20 : 12;
  if (header.length < at + 12) return undefined;
  const timescale = header.readUInt32BE(at);
  const duration = isLong ? Number(header.readBigUInt64BE(at + 4)) : header.readUInt32BE(at + 4);
  return timescale > 0 && duration > 0 ? (duration * 1000) / timescale : undefined;
}

function descend(content: Buffer, path: readonly string[]): Buffer | undefined {
  let inside: Buffer | undefined = content;
  for (const name of path) {
    const box: Box | undefined = inside && boxesIn(inside).find(({ type }) => type === name);
    inside = inside && box && contentOf(inside, box);
  }
  return inside;
}

function boxesIn(content: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let offset = 0; offset + 8 <= content.length; ) {
    const box = readBox(content, offset, content.length - offset);
    if (!box) break;
    boxes.push({ type: box.type, start: offset + box.start, end: Math.min(offset + box.end, content.length) });
    offset += box.end;
  }
  return boxes;
}

/** Places relative to the box; undefined for what cannot be one. */
function readBox(content: Buffer, offset: number, room: number): Box | undefined {
  if (offset + 8 > content.length) return undefined;
  const short = content.readUInt32BE(offset);
  const type = textAt(content, offset + 4);
  if (short === 1 && offset + 16 > content.length) return undefined;
  const start = short === 1 ? 16 : 8;
  const end = short === 0 ? room : short === 1 ? Number(content.readBigUInt64BE(offset + 8)) : short;
  return end < start ? undefined : { type, start, end };
}

const contentOf = (buffer: Buffer, { start, end }: Box): Buffer => buffer.subarray(start, end);
const textAt = (buffer: Buffer, at: number): string => buffer.toString("latin1", at, at + 4);
