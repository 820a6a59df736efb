// The seams between the parts of the simulated Ring cloud: cloud (HTTP, accounts, control), push, live, media.
import type { IncomingHttpHeaders } from "node:http";
import type { Journal } from "./journal.ts";

/** A device as Ring sends it in `ring_devices`; every other field is kept as the account file has it. */
export interface RawDevice {
  id: number;
  device_id: string;
  kind: string;
  description: string;
  location_id: string;
  [field: string]: unknown;
}

/** A decoded HTTPS request. `host` is the Host header without port, lower case; `body` is what was sent, undecoded. */
export interface CloudRequest {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Ends when the client went away or the cloud stops; absent in requests made by tests. */
  readonly signal?: AbortSignal;
}

/** An object body is sent as JSON, a string as text, a Buffer as it is; `date` and `x-time-millis` are added to every reply. */
export interface CloudReply {
  status: number;
  headers?: Record<string, string>;
  body?: Buffer | string | object;
}

/** One thing the cloud answers. `path` is matched against the path without query; its groups reach the handler. */
export interface Route {
  readonly hosts: readonly string[];
  readonly method: string;
  readonly path: RegExp;
  handle(request: CloudRequest, match: RegExpExecArray): CloudReply | Promise<CloudReply>;
}

/** What a live call does instead of the normal thing. Times in ms; `null` means never. */
export interface LiveKnobs {
  sessionCreatedDelayMs: number;
  /** From offer to SDP answer. */
  answerDelayMs: number | null;
  /** From answer to the `camera_connected` notification. */
  cameraConnectedDelayMs: number | null;
  /** From DTLS connected to the first RTP packet: a camera that wakes up slowly. */
  mediaDelayMs: number | null;
  /** Answers with candidates nobody listens on. */
  deadIce: boolean;
  /** The way is found, but no DTLS handshake ever begins: both sides wait for the other. */
  deadDtls: boolean;
  /**
   * The media server probes the client's addresses by itself, as Ring's does, and begins its DTLS handshake with the answer to the
   * check that chooses a way: before the client knows that it is chosen.
   */
  probesClient: boolean;
  /** Sound and picture arrive so much later than they were taken; the sender reports tell the truth. */
  audioLagMs: number;
  videoLagMs: number;
  /** Media stops silently so long after it began. */
  mediaStallAfterMs: number | null;
  /** Percent of RTP packets that are never sent (and not repeated either unless the client asks by NACK). */
  packetLossPercent: number;
  reorderPercent: number;
  /** RTP times begin anew at zero so long after the call's media were agreed on, and sequence numbers soon. `null`: wherever they happen to. */
  rtpWrapAfterMs: number | null;
  /** A call ends with code 10 `answered_timeout` after this. */
  sessionLimitMs: number;
  /** Without `activate_session` the stream dies after this. */
  activationLimitMs: number;
  /** Without a ping for so long: close code 6. */
  pingTimeoutMs: number;
  audioCodec: "opus" | "pcmu" | "none";
  /** `h265` is sent to those who offer it, `h265-unoffered` is answered to everybody, `h265-disguised` is sent under the name of H.264. */
  videoCodec: "h264" | "h265" | "h265-unoffered" | "h265-disguised";
  /** No IDR ever comes, not at the start and not on PLI. */
  withoutKeyFrames: boolean;
  /** From PLI to the IDR, at most 300 in the real thing. */
  keyFrameDelayMs: number;
}

export const normalLive: Readonly<LiveKnobs> = Object.freeze({
  sessionCreatedDelayMs: 0,
  answerDelayMs: 0,
  cameraConnectedDelayMs: 0,
  mediaDelayMs: 0,
  deadIce: false,
  deadDtls: false,
  probesClient: false,
  audioLagMs: 0,
  videoLagMs: 0,
  mediaStallAfterMs: null,
  packetLossPercent: 0,
  reorderPercent: 0,
  rtpWrapAfterMs: null,
  sessionLimitMs: 600_000,
  activationLimitMs: 70_000,
  pingTimeoutMs: 30_000,
  audioCodec: "opus",
  videoCodec: "h264",
  withoutKeyFrames: false,
  keyFrameDelayMs: 0,
});

/** What the live part asks the cloud. */
export interface LiveWorld {
  readonly journal: Journal;
  /** One ticket opens one websocket; the second use, an unknown or an expired one answers undefined. */
  redeemTicket(ticket: string): { readonly accountId: string } | undefined;
  /** Cameras that this account may see, by numeric id. */
  camera(accountId: string, doorbotId: number): RawDevice | undefined;
  /** The present knobs of a camera, read at each step of a call. */
  liveKnobs(doorbotId: number): Readonly<LiveKnobs>;
  /** A live view leaves an `on_demand` event in the history. */
  liveViewEnded(call: { accountId: string; doorbotId: number; startedAt: number; endedAt: number }): void;
}

/** What the cloud asks the live part. */
export interface LiveService extends AsyncDisposable {
  /** A signalling websocket, already upgraded. */
  accept(socket: import("ws").WebSocket, request: { query: URLSearchParams; headers: IncomingHttpHeaders }): void;
  /** Ends the calls of a camera (all cameras if undefined) with Ring's close code and text; returns how many. */
  endCalls(doorbotId: number | undefined, code: number, text: string): number;
  readonly calls: readonly { doorbotId: number; startedAt: number; sessionId: string }[];
}

/** A registered push receiver, as PATCH clients_api/device names it by its FCM token. */
export interface PushService extends AsyncDisposable {
  /** checkin, register3, installations, registrations. */
  readonly routes: readonly Route[];
  /** Starts MCS (TLS, `mtalk.google.com`); returns the port. */
  listen(options: { host: string; port: number; key: string; cert: string }): Promise<number>;
  /** Whether this FCM token was issued by us (a damaged or foreign one was not). */
  isKnownToken(fcmToken: string): boolean;
  /**
   * Encrypts and sends `data` (every value is text, see ring-protocol 2.2) to the receiver of that token. Queued while the
   * receiver is away, as FCM does (newest 100, 24 h); resolves with "sent" or "queued".
   */
  deliver(
    fcmToken: string,
    data: Record<string, string>,
    options?: { persistentId?: string },
  ): Promise<"sent" | "queued">;
  /** Cuts the connections: by MCS Close, by TCP reset, or lets them rest without answering (`mute`). */
  disturb(how: "close" | "reset" | "mute"): number;
}
