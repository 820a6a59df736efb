// Text frames of the signalling socket: their shape, and what each method of a client must bring along.
import * as v from "valibot";

const frameSchema = v.object({
  method: v.string(),
  dialog_id: v.optional(v.string()),
  body: v.optional(v.record(v.string(), v.unknown())),
});

export type ClientFrame = v.InferOutput<typeof frameSchema>;

export interface ServerFrame {
  readonly method: string;
  readonly dialog_id: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly riid: string;
}

/** Undefined if the text is no frame at all. */
export function parseFrame(text: string): ClientFrame | undefined {
  try {
    const parsed = v.safeParse(frameSchema, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const doorbot = { doorbot_id: v.pipe(v.number(), v.integer()) };
const streams = { audio_enabled: v.boolean(), video_enabled: v.boolean() };
const session = { session_id: v.string() };
// Before `session_created` there is none to be named; some clients send null until then.
const maybeSession = { session_id: v.optional(v.nullable(v.string())) };
const reason = v.object({ code: v.number(), text: v.optional(v.string()) });

/** Bodies by method. Fields beyond these are let pass: clients differ in them. */
const bodySchemas = {
  live_view: v.object({ ...doorbot, stream_options: v.object(streams), sdp: v.pipe(v.string(), v.nonEmpty()) }),
  ice: v.object({ ...doorbot, ...maybeSession, ice: v.string(), mlineindex: v.pipe(v.number(), v.integer()) }),
  activate_session: v.object({ ...doorbot, ...session }),
  stream_options: v.object({ ...doorbot, ...session, ...streams }),
  camera_options: v.object({ ...doorbot, ...session, stealth_mode: v.boolean() }),
  ping: v.object({ ...doorbot, ...maybeSession }),
  close: v.object({ ...maybeSession, reason: v.optional(reason) }),
};

type Schemas = typeof bodySchemas;

/** A frame whose body is known to be good. */
export type ClientMessage = {
  [M in keyof Schemas]: { readonly method: M; readonly body: v.InferOutput<Schemas[M]> };
}[keyof Schemas];

/** The message of a frame, or what is wrong with it. */
export function readMessage({ method, body }: ClientFrame): ClientMessage | { readonly fault: string } {
  if (!isKnown(method)) return { fault: `unknown method ${method}` };
  // Ring's own library closes without a body.
  const parsed = v.safeParse(bodySchemas[method], method === "close" ? (body ?? {}) : body);
  if (parsed.success) return { method, body: parsed.output } as ClientMessage;
  const [issue] = parsed.issues;
  return { fault: `${method} with a bad ${v.getDotPath(issue) ?? "body"}: ${issue.message}` };
}

const isKnown = (method: string): method is keyof Schemas => Object.hasOwn(bodySchemas, method);
