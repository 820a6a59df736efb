// What travels on an RTSP connection (RFC 2326): requests and interleaved frames in, responses out.

export interface RtspRequest {
  readonly kind: "request";
  readonly method: string;
  /** As the client wrote it, or `*`. */
  readonly url: string;
  /** By lower-case name; repeated ones are joined with a comma. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** `$`, channel, length, payload: RTP or RTCP between the requests. */
export interface InterleavedFrame {
  readonly kind: "frame";
  readonly channel: number;
  readonly payload: Buffer;
}

/** What cannot be understood; nothing comes after it. */
export interface InvalidMessage {
  readonly kind: "invalid";
  readonly status: number;
  readonly reason: string;
}

export type RtspMessage = RtspRequest | InterleavedFrame | InvalidMessage;

export interface RtspResponse {
  readonly status: number;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  /** Called when the response has been handed to the socket: from here on media may follow. */
  readonly afterWrite?: () => void;
  /** The connection is closed after this response. */
  readonly isLast?: boolean;
}

const reasons: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  413: "Request Entity Too Large",
  414: "Request-URI Too Large",
  415: "Unsupported Media Type",
  453: "Not Enough Bandwidth",
  454: "Session Not Found",
  455: "Method Not Valid in This State",
  459: "Aggregate Operation Not Allowed",
  460: "Only Aggregate Operation Allowed",
  461: "Unsupported Transport",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  505: "RTSP Version Not Supported",
  551: "Option Not Supported",
};

/** The bytes of a response; `sequence` is the client's CSeq. */
export function serializeResponse(response: RtspResponse, sequence: string | undefined, serverName: string): Buffer {
  const lines = [`RTSP/1.0 ${response.status} ${reasons[response.status] ?? "Unknown"}`];
  if (sequence !== undefined) lines.push(`CSeq: ${sequence}`);
  lines.push(`Server: ${serverName}`);
  for (const [name, value] of response.headers ?? []) lines.push(`${name}: ${value}`);
  // URLs travel as the bytes that the client sent.
  const body = Buffer.from(response.body ?? "", "utf8");
  if (body.length > 0) lines.push(`Content-Length: ${body.length}`);
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), body]);
}
