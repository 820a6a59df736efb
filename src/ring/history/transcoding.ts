// Ring's download service: orders a recording as one well-formed file and waits until it is made.
import { type Clock, delay } from "../../foundation/clock.ts";
import { TransientError } from "../../foundation/errors.ts";
import type { CommandTarget } from "../command-target.ts";
import { asRecord, textOf } from "../wire/record.ts";
import { readSignedLink, type SignedLink } from "./signed-link.ts";

export interface TranscodingLimits {
  readonly lookEveryMs: number;
  readonly longestMs: number;
}

export const usualTranscodingLimits: TranscodingLimits = { lookEveryMs: 1_000, longestMs: 60_000 };

const service = "https://api.ring.com/share_service/v2/transcodings/downloads";

export async function transcodeRecording(
  target: CommandTarget,
  order: { readonly eventId: string; readonly onProgress: (waitedMs: number) => void },
  options: { readonly limits: TranscodingLimits; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<SignedLink> {
  const { clock, limits, signal } = options;
  const doing = `transcode a recording of ${target.name}`;
  const json = { ding_id: order.eventId, file_type: "VIDEO", send_push_notification: false };
  let reply = await target.client.request(doing, { url: service, method: "POST", json }, { signal });
  const startedAt = clock.monotonic();
  for (;;) {
    const done = linkOf(reply, target.name, clock.now());
    if (done) return done;
    const waitedMs = clock.monotonic() - startedAt;
    if (waitedMs >= limits.longestMs) throw transcodingFailed(target.name, "it was not done in a minute");
    order.onProgress(waitedMs);
    await delay(clock, limits.lookEveryMs, signal);
    const url = `${service}/${encodeURIComponent(order.eventId)}?file_type=VIDEO`;
    reply = await target.client.request(doing, { url }, { signal });
  }
}

/** Undefined while it is being made. */
function linkOf(reply: unknown, name: string, now: number): SignedLink | undefined {
  const order = asRecord(reply);
  const status = textOf(order, "status");
  const url = textOf(order, "result_url");
  if (status === "done") {
    const link = url === undefined ? undefined : readSignedLink(url, now);
    if (!link) throw transcodingFailed(name, "Ring gave no usable link");
    return link;
  }
  if (status === "pending" || status === "processing") return undefined;
  throw transcodingFailed(name, `Ring says "${status ?? "nothing"}"`);
}

function transcodingFailed(name: string, why: string): Error {
  const text = `Ring has not transcoded the recording of ${name}: ${why}; choose the option without "(Transcoded)", or try again`;
  return new TransientError("recording.transcoding", text);
}
