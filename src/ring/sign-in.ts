// Signing in with e-mail, password and the code that Ring sends: gives the token that everything else lives on.
import { getHardwareId } from "ring-client-api/util";
import type { Clock } from "../foundation/clock.ts";
import { AppError, PermanentError } from "../foundation/errors.ts";
import { requestGrant } from "./token-grant.ts";
import { wrapToken } from "./wire/wrapped-token.ts";

export type SignInOutcome =
  | { readonly kind: "signed-in"; readonly token: string }
  | { readonly kind: "code-needed"; readonly prompt: string; readonly channel: CodeChannel };

export type CodeChannel = "sms" | "email" | "totp" | "unknown";

export interface SignInOptions {
  /** The same one as in TokenStore: Ring ties the token to the hardware id made from it. */
  readonly systemId: string;
  readonly clock: Clock;
  readonly timeoutMs?: number;
}

/** One attempt of one person. The password lives in memory until the code step is over, and nowhere else. */
export class SignIn {
  readonly #options: SignInOptions;
  #waiting: { readonly email: string; readonly password: string } | undefined;

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  /** Rejects with an AppError in plain words: `sign-in.wrong-password`, `sign-in.blocked`, `ring.unreachable`, ... */
  async start(email: string, password: string, signal: AbortSignal): Promise<SignInOutcome> {
    this.#waiting = undefined;
    return await this.#ask({ email: email.trim(), password }, undefined, signal);
  }

  /** The second step. After `sign-in.wrong-code` it may be tried again with another code. */
  async confirm(code: string, signal: AbortSignal): Promise<SignInOutcome> {
    if (!this.#waiting) throw new PermanentError("sign-in.not-started", "enter e-mail and password first");
    return await this.#ask(this.#waiting, code.trim(), signal);
  }

  async #ask(login: { email: string; password: string }, code: string | undefined, signal: AbortSignal) {
    const { systemId, clock } = this.#options;
    const hardwareId = await getHardwareId(systemId);
    const request = { kind: "password" as const, ...login, ...(code === undefined ? {} : { code }) };
    const context = { hardwareId, clock, signal, timeoutMs: this.#options.timeoutMs ?? 20_000 };
    const outcome = await requestGrant(request, context).catch((error: unknown) => {
      throw explainThrottle(error, clock.now());
    });
    if (outcome.kind === "rejected") throw explainRejection(outcome, code !== undefined);
    if (outcome.kind === "code-needed") {
      this.#waiting = login;
      const channel = readChannel(outcome.channel);
      return { kind: "code-needed" as const, channel, prompt: codePrompt(channel, outcome.phone) };
    }
    this.#waiting = undefined;
    const token = wrapToken({ refreshToken: outcome.refreshToken, hardwareId, pushCredentials: undefined });
    return { kind: "signed-in" as const, token };
  }
}

function readChannel(word: string | undefined): CodeChannel {
  return word === "sms" || word === "email" || word === "totp" ? word : "unknown";
}

function codePrompt(channel: CodeChannel, phone: string | undefined): string {
  if (channel === "totp") return "Enter the code from your authenticator app";
  if (channel === "email") return "Enter the code that Ring sent to you by e-mail";
  if (channel === "sms") return `Enter the code that Ring sent${phone ? ` to ${phone}` : " to you"} by text message`;
  return "Enter the code that Ring sent to you by text message or e-mail";
}

function explainThrottle(error: unknown, now: number): unknown {
  const isThrottled = error instanceof AppError && error.code === "ring.throttled";
  if (!isThrottled || !("retryAfterMs" in error) || typeof error.retryAfterMs !== "number") return error;
  const until = new Date(now + error.retryAfterMs).toISOString().slice(11, 16);
  const text = `Ring blocks sign-ins because of too many attempts or codes; do not try again before ${until} UTC`;
  return new PermanentError("sign-in.blocked", text, { cause: error });
}

function explainRejection(rejection: { status: number; error: string; description: string }, hadCode: boolean): Error {
  const { status, error, description } = rejection;
  const isAboutCode = /^verification code/i.test(error) || (hadCode && status === 400);
  if (isAboutCode)
    return new PermanentError("sign-in.wrong-code", "the code is wrong or too old; enter the newest one");
  if (status === 400 || status === 401 || status === 403) {
    return new PermanentError("sign-in.wrong-password", "Ring does not know this e-mail address with this password");
  }
  const said = [error, description].filter(Boolean).join(", ");
  return new PermanentError("sign-in.rejected", `Ring refused the sign-in (${status}${said ? `: ${said}` : ""})`);
}
