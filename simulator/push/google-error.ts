// The error replies of Google's JSON interfaces.
import type { CloudReply } from "../contracts.ts";

const statusTexts = { 400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED" } as const;

export const jsonHeaders = { "content-type": "application/json; charset=UTF-8" };

export function googleError(code: keyof typeof statusTexts, message: string): CloudReply {
  return { status: code, headers: jsonHeaders, body: { error: { code, message, status: statusTexts[code] } } };
}
