// The token form of ring-client-api: base64 of a JSON object with refresh token, hardware id and push credentials.
import { asRecord, textOf } from "./record.ts";

export interface WrappedToken {
  readonly refreshToken: string;
  readonly hardwareId: string | undefined;
  readonly pushCredentials: unknown;
}

/** Reads a wrapped token; any other text is a raw one. */
export function unwrapToken(token: string): WrappedToken {
  const parsed = parse(Buffer.from(token.trim(), "base64").toString("utf8"));
  const refreshToken = textOf(parsed, "rt");
  if (!refreshToken) return { refreshToken: token.trim(), hardwareId: undefined, pushCredentials: undefined };
  return { refreshToken, hardwareId: textOf(parsed, "hid"), pushCredentials: parsed?.["pnc"] };
}

export function wrapToken(token: WrappedToken): string {
  const { refreshToken, hardwareId, pushCredentials } = token;
  return Buffer.from(JSON.stringify({ rt: refreshToken, hid: hardwareId, pnc: pushCredentials })).toString("base64");
}

function parse(text: string): ReturnType<typeof asRecord> {
  try {
    return asRecord(JSON.parse(text));
  } catch {
    return undefined;
  }
}
