// How long each step of a live call may take, and the errors that name the step which did not come.
import { type AppError, PermanentError, TransientError } from "../../foundation/errors.ts";

export interface CallLimits {
  readonly ticketMs: number;
  /** From the ticket to the open signalling socket. */
  readonly signallingMs: number;
  /** From there to Ring's answer. */
  readonly answerMs: number;
  /** From the answer to ICE and DTLS connected. */
  readonly connectedMs: number;
  /** From there to the first video packet: battery cameras wake up meanwhile. */
  readonly firstPacketMs: number;
  /** Without a video packet for so long the call is over. */
  readonly mediaStallMs: number;
  readonly hangUpMs: number;
  readonly keyFrameSpacingMs: number;
  readonly keyFrameRepeatMs: number;
}

/**
 * Patience is for the camera, which may sleep: its first picture may take 9 s. Ring's servers answer within 4 s and connect within
 * one, or better with a second call; each of these limits leaves time for one within the 10 s in which a start is tried again.
 */
export const usualLimits: CallLimits = {
  ticketMs: 10_000,
  signallingMs: 8_000,
  answerMs: 5_000,
  connectedMs: 5_000,
  firstPacketMs: 9_000,
  mediaStallMs: 6_000,
  hangUpMs: 2_000,
  keyFrameSpacingMs: 300,
  keyFrameRepeatMs: 1_000,
};

export type CallStep = "signalling" | "answer" | "ice" | "dtls" | "first-packet" | "media";

export function stepLimitMs(step: CallStep, limits: CallLimits): number {
  if (step === "signalling") return limits.signallingMs;
  if (step === "answer") return limits.answerMs;
  if (step === "first-packet") return limits.firstPacketMs;
  return step === "media" ? limits.mediaStallMs : limits.connectedMs;
}

/** The step took too long, or failed outright. */
export function stepError(step: CallStep, name: string): AppError {
  switch (step) {
    case "signalling":
      return new TransientError("call.signalling", `${name}: Ring's signalling server does not answer`);
    case "answer":
      return new TransientError("call.answer", `${name}: the camera did not answer the call`);
    case "ice":
      return new TransientError(
        "call.ice",
        `${name}: no way to Ring's media server was found; a firewall may block UDP`,
      );
    case "dtls":
      return new TransientError("call.dtls", `${name}: the encrypted connection to Ring's media server failed`);
    case "first-packet":
      return new TransientError("call.first-packet", `${name}: the call is connected, but the camera sends no video`);
    case "media":
      return new TransientError("call.media-stalled", `${name}: the camera stopped sending video`);
  }
}

/** H.264 was agreed, and something else comes. */
export function unagreedCodec(name: string): AppError {
  const hint = "if the camera has an HEVC mode, switch it off in the Ring app";
  return new PermanentError("call.codec", `${name}: the camera sends H.265, which cannot be carried; ${hint}`);
}

/** Ring's own words at the end of a call. */
export function closeError(name: string, code: number | undefined, text: string): AppError {
  if (code === 10) return new TransientError("call.limit", `${name}: Ring's time limit for a call is over`);
  const said = [code === undefined ? "" : `code ${code}`, text].filter(Boolean).join(", ");
  return new TransientError("call.closed", `${name}: Ring ended the call${said ? ` (${said})` : ""}`);
}
