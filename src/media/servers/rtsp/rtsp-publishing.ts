// The publishing side of a connection (ANNOUNCE, SETUP, RECORD): packets that a client sends go to the hub. Interleaved only.
import { randomBytes } from "node:crypto";
import { onAbort } from "../../../foundation/abort.ts";
import type { Clock } from "../../../foundation/clock.ts";
import { TransientError } from "../../../foundation/errors.ts";
import { describedTrack } from "../../formats/described-track.ts";
import { parseRtcp } from "../../formats/rtcp-parse.ts";
import { parseRtp } from "../../formats/rtp.ts";
import type { RtspRequest, RtspResponse } from "../../formats/rtsp-message.ts";
import { type MediaDescription, readSessionDescription } from "../../formats/sdp-reader.ts";
import { kindOfTrack, type SourceTrack, type SourceTrackKind } from "../../hub/media-source.ts";
import {
  type PublishDirectory,
  type PublishRefusal,
  PublishRefusedError,
  type PublishSession,
} from "../../hub/publish-directory.ts";
import type { RtspTarget } from "./rtsp-url.ts";
import { parseTransport } from "./transport-header.ts";

export interface PublishingOptions {
  readonly publishers: PublishDirectory;
  readonly clock: Clock;
  /** Announced to the client. */
  readonly timeoutMs: number;
  /** Nobody wants what is published any more. */
  readonly onUnwanted: () => void;
}

/** One medium of what was announced; `kind` is undefined where it is not carried on. */
interface PublishedMedium {
  readonly description: MediaDescription;
  readonly kind: SourceTrackKind | undefined;
}

interface Publication {
  readonly id: string;
  readonly path: string;
  readonly media: readonly PublishedMedium[];
  readonly session: PublishSession;
  readonly listener: Disposable;
  isRecording: boolean;
}

type ChannelListener = (payload: Buffer) => void;

const statuses: Readonly<Record<PublishRefusal, number>> = { unknown: 404, taken: 403, unusable: 415 };
const ok: RtspResponse = { status: 200 };

export class RtspPublishing implements Disposable {
  readonly #options: PublishingOptions;
  readonly #channels = new Map<number, ChannelListener>();
  #publication: Publication | undefined;
  #lastPacketMs = Number.NEGATIVE_INFINITY;

  constructor(options: PublishingOptions) {
    this.#options = options;
  }

  /** Packets have come lately. */
  get isRecording(): boolean {
    const { clock, timeoutMs } = this.#options;
    return this.#publication?.isRecording === true && clock.monotonic() - this.#lastPacketMs < timeoutMs;
  }

  /** Undefined for requests that are not about publishing. */
  answer(request: RtspRequest, target: RtspTarget): RtspResponse | undefined {
    if (request.method === "ANNOUNCE") return this.#announce(request, target);
    const publication = this.#publicationOf(request, target);
    if (!publication) return request.method === "RECORD" ? { status: 454 } : undefined;
    const response = this.#perform(request, publication);
    const session = `${publication.id};timeout=${Math.ceil(this.#options.timeoutMs / 1000)}`;
    return response.status === 200
      ? { ...response, headers: [...(response.headers ?? []), ["Session", session]] }
      : response;
  }

  /** An interleaved frame. */
  receive(channel: number, payload: Buffer): void {
    if (this.#publication?.isRecording) this.#channels.get(channel)?.(payload);
  }

  /** The connection is gone. */
  [Symbol.dispose](): void {
    this.#end(
      new TransientError("publish.lost", "The publisher's connection broke off before it said that it was done"),
    );
  }

  #announce(request: RtspRequest, { path }: RtspTarget): RtspResponse {
    if (this.#publication) return { status: 455 };
    if (!/^application\/sdp\b/i.test(request.headers.get("content-type") ?? "")) return { status: 415 };
    const described = readSessionDescription(request.body.toString("utf8"));
    if (!described) return { status: 400 };
    const tracks = new Map<SourceTrackKind, SourceTrack>();
    const media = described.map((description): PublishedMedium => {
      const track = describedTrack(description);
      const kind = track && kindOfTrack(track);
      if (!kind || tracks.has(kind)) return { description, kind: undefined };
      tracks.set(kind, track);
      return { description, kind };
    });
    try {
      this.#begin(path, media, this.#options.publishers.open(path, [...tracks.values()]));
    } catch (error) {
      if (error instanceof PublishRefusedError) return { status: statuses[error.refusal] };
      throw error;
    }
    return ok;
  }

  #begin(path: string, media: readonly PublishedMedium[], session: PublishSession): void {
    const listener = onAbort(session.unwanted, () => {
      this.#end(undefined);
      this.#options.onUnwanted();
    });
    this.#publication = { id: randomBytes(8).toString("hex"), path, media, session, listener, isRecording: false };
    this.#lastPacketMs = this.#options.clock.monotonic();
  }

  /** The first SETUP after ANNOUNCE names no session. */
  #publicationOf(request: RtspRequest, target: RtspTarget): Publication | undefined {
    const publication = this.#publication;
    const named = request.headers.get("session")?.split(";", 1)[0]?.trim();
    if (!publication || (named !== undefined && named !== publication.id)) return undefined;
    const isOurs = named !== undefined || request.method === "SETUP";
    const isBelow = target.path === publication.path || target.path.startsWith(`${publication.path}/`);
    return isOurs && isBelow ? publication : undefined;
  }

  #perform(request: RtspRequest, publication: Publication): RtspResponse {
    switch (request.method) {
      case "SETUP":
        return publication.isRecording ? { status: 455 } : this.#setUp(request, publication);
      case "RECORD":
        if (this.#channels.size === 0) return { status: 455 };
        publication.isRecording = true;
        return ok;
      case "TEARDOWN":
        this.#end(undefined);
        return ok;
      case "OPTIONS":
      case "GET_PARAMETER":
      case "SET_PARAMETER":
        return ok;
      default:
        return { status: 455 };
    }
  }

  #setUp(request: RtspRequest, publication: Publication): RtspResponse {
    const url = request.url.replace(/\/+$/, "");
    const at = publication.media.findIndex(({ description: { control } }) => control && isControlOf(control, url));
    const medium = publication.media[at];
    if (!medium) return { status: 404 };
    const choice = parseTransport(request.headers.get("transport") ?? "").find(
      ({ protocol, isMulticast, isRecording }) => protocol === "tcp" && !isMulticast && isRecording,
    );
    const [rtp, rtcp] = choice?.interleaved ?? [at * 2, at * 2 + 1];
    if (!choice || this.#channels.has(rtp) || this.#channels.has(rtcp)) return { status: 461 };
    this.#channels.set(rtp, (payload) => this.#takeRtp(publication, medium, payload));
    this.#channels.set(rtcp, (payload) => this.#takeRtcp(publication, medium, payload));
    return { status: 200, headers: [["Transport", `RTP/AVP/TCP;unicast;interleaved=${rtp}-${rtcp};mode=record`]] };
  }

  #takeRtp({ session }: Publication, { kind, description }: PublishedMedium, payload: Buffer): void {
    const packet = parseRtp(payload);
    if (!kind || packet?.payloadType !== description.payloadType) return;
    this.#lastPacketMs = this.#options.clock.monotonic();
    session.packet(kind, packet, this.#lastPacketMs);
  }

  #takeRtcp({ session }: Publication, { kind }: PublishedMedium, payload: Buffer): void {
    if (!kind) return;
    for (const packet of parseRtcp(payload))
      if (packet.type === "senderReport") session.senderReport(kind, packet.rtpTimestamp, packet.unixMs);
  }

  #end(error: Error | undefined): void {
    const publication = this.#publication;
    if (!publication) return;
    this.#publication = undefined;
    this.#channels.clear();
    publication.listener[Symbol.dispose]();
    publication.session.close(error);
  }
}

/** Absolute, or relative to the base that was announced. */
function isControlOf(control: string, url: string): boolean {
  return control === url || url.endsWith(`/${control}`);
}
