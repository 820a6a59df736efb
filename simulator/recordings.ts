// Recorded events as files behind signed links of S3's kind: each link has an end, and a changed one opens nothing.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { CloudReply, CloudRequest } from "./contracts.ts";
import type { RingEvent } from "./event-history.ts";
import { hosts } from "./hosts.ts";
import { recordingFile } from "./media/recording.ts";
import { drawSnapshot } from "./snapshot-image.ts";
import type { World } from "./world.ts";

const secret = randomBytes(32);
const region = "us-east-1";

export type MediaKind = "VIDEO" | "THUMBNAIL";

export interface RecordingsOptions {
  readonly world: World;
  readonly cacheDirectory: string;
}

export class Recordings {
  readonly #world: World;
  readonly #cacheDirectory: string;

  constructor({ world, cacheDirectory }: RecordingsOptions) {
    this.#world = world;
    this.#cacheDirectory = cacheDirectory;
  }

  /** A link to the video or the picture of an event; undefined while there is none. */
  link(event: RingEvent, kind: MediaKind, now = Date.now()): string | undefined {
    if (event.recordingReadyAt === undefined || event.recordingReadyAt > now) return undefined;
    const [device] = this.#world.devicesNamed(String(event.deviceId));
    const path = `/${event.deviceId}/${event.id}.${kind === "VIDEO" ? "mp4" : "jpg"}`;
    const date = new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");
    const query = new URLSearchParams({
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Credential": `AKIASIMULATEDRING000/${date.slice(0, 8)}/${region}/s3/aws4_request`,
      "X-Amz-Date": date,
      "X-Amz-Expires": String(device?.knobs.recording.linkSeconds ?? 900),
      "X-Amz-SignedHeaders": "host",
    });
    query.set("X-Amz-Signature", signatureOf(path, query));
    return `https://${hosts.recordings}${path}?${query}`;
  }

  /** What the file host answers: 403 as S3 would for a bad or old link, ranges, and the file itself. */
  async serve(request: CloudRequest, match: RegExpExecArray, now = Date.now()): Promise<CloudReply> {
    if (!isSigned(request)) return denied("SignatureDoesNotMatch", "The signature does not match the request");
    if (now > expiryOf(request.query)) return denied("AccessDenied", "Request has expired");
    const [, deviceId = "", eventId = "", extension] = match;
    const event = this.#world.accounts.map(({ history }) => history.find(eventId)).find((found) => found !== undefined);
    const [device] = this.#world.devicesNamed(deviceId);
    if (!event || !device) return xml(404, "NoSuchKey", "The specified key does not exist");
    if (extension === "jpg") {
      const picture = drawSnapshot({ title: device.record.description, capturedAt: event.startedAt, seed: device.id });
      return { status: 200, headers: { "content-type": "image/jpeg" }, body: picture };
    }
    const path = await recordingFile({
      cacheDirectory: this.#cacheDirectory,
      seconds: device.knobs.recording.seconds,
      videoCodec: device.knobs.recording.codec,
      samplesPerSecond: device.knobs.recording.samplesPerSecond,
      label: device.record.description,
      startNumber: startNumberOf(event),
    });
    return rangeOf(await readFile(path), request.headers.range);
  }
}

/** The number of the first frame. Neighbouring events show different ones, but there are only a few films to make and keep. */
export function startNumberOf(event: Pick<RingEvent, "id">): number {
  return Number((BigInt(event.id) / 1_000_000n) % 4n) * 10_000;
}

function signatureOf(path: string, query: URLSearchParams): string {
  const signed = new URLSearchParams([...query].filter(([name]) => name !== "X-Amz-Signature"));
  signed.sort();
  return createHmac("sha256", secret).update(`${path}\n${signed}`).digest("hex");
}

function isSigned(request: CloudRequest): boolean {
  const given = Buffer.from(request.query.get("X-Amz-Signature") ?? "");
  const right = Buffer.from(signatureOf(request.path, request.query));
  return given.length === right.length && timingSafeEqual(given, right);
}

function expiryOf(query: URLSearchParams): number {
  const date = query.get("X-Amz-Date") ?? "";
  const iso = date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z");
  return Date.parse(iso) + Number(query.get("X-Amz-Expires")) * 1000;
}

const denied = (code: string, message: string): CloudReply => xml(403, code, message);

const xml = (status: number, code: string, message: string): CloudReply => ({
  status,
  headers: { "content-type": "application/xml" },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
});

/** One range per request, as players ask for it. */
export function rangeOf(file: Buffer, range: string | undefined): CloudReply {
  const headers = { "content-type": "video/mp4", "accept-ranges": "bytes" };
  const match = /^bytes=(\d*)-(\d*)$/.exec(range ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return { status: 200, headers, body: file };
  const isSuffix = match[1] === "";
  const start = isSuffix ? Math.max(0, file.length - Number(match[2])) : Number(match[1]);
  const end = isSuffix || match[2] === "" ? file.length - 1 : Math.min(Number(match[2]), file.length - 1);
  if (start >= file.length || end < start) {
    return { status: 416, headers: { ...headers, "content-range": `bytes */${file.length}` } };
  }
  const part = { ...headers, "content-range": `bytes ${start}-${end}/${file.length}` };
  return { status: 206, headers: part, body: file.subarray(start, end + 1) };
}
