// Signing in to Ring from the page: one attempt at a time, its password forgotten after some minutes, Ring's blocks respected.
import { randomUUID } from "node:crypto";
import type { Clock } from "../foundation/clock.ts";
import { AppError, errorCode, errorText } from "../foundation/errors.ts";
import type { SignIn, SignInOutcome } from "../ring/sign-in.ts";
import type { TokenStore } from "../ring/token-store.ts";
import type { StateSection } from "../storage/state-file.ts";
import type { SignInService, SignInStep } from "../web/sign-in-service.ts";

export interface RingSignInOptions {
  /** A new attempt to sign in. */
  readonly createSignIn: () => Pick<SignIn, "start" | "confirm">;
  readonly token: Pick<TokenStore, "save"> & { forget(): void };
  readonly account: { useStoredToken(): void };
  /** Unix ms until which Ring does not want to be asked; it outlives a restart. */
  readonly blockedUntil: Pick<StateSection<number>, "read" | "write">;
  readonly clock: Clock;
  /** Its abort ends a request that is under way. */
  readonly signal: AbortSignal;
}

interface Attempt {
  readonly id: string;
  readonly signIn: Pick<SignIn, "start" | "confirm">;
  readonly end: Disposable;
}

/** Ring's codes live for ten minutes; so long the password stays in memory. */
const attemptMs = 10 * 60_000;

export class RingSignIn implements SignInService, Disposable {
  readonly #options: RingSignInOptions;
  #attempt: Attempt | undefined;

  constructor(options: RingSignInOptions) {
    this.#options = options;
  }

  async start(email: string, password: string): Promise<SignInStep> {
    const { clock, createSignIn, signal } = this.#options;
    this.#forgetAttempt();
    const blockedUntil = this.#options.blockedUntil.read();
    if (clock.now() < blockedUntil) return blocked(blockedUntil);
    const id = randomUUID();
    const signIn = createSignIn();
    const end = clock.after(attemptMs, () => this.#forgetAttempt());
    this.#attempt = { id, signIn, end };
    return await this.#follow(id, () => signIn.start(email, password, signal));
  }

  async confirm(attempt: string, code: string): Promise<SignInStep> {
    const { clock, signal, blockedUntil } = this.#options;
    const current = this.#attempt;
    if (current?.id !== attempt) return replaced;
    if (clock.now() < blockedUntil.read()) return blocked(blockedUntil.read());
    return await this.#follow(attempt, () => current.signIn.confirm(code, signal));
  }

  async signOut(): Promise<void> {
    const { token, account } = this.#options;
    this.#forgetAttempt();
    token.forget();
    account.useStoredToken();
  }

  [Symbol.dispose](): void {
    this.#forgetAttempt();
  }

  async #follow(id: string, ask: () => Promise<SignInOutcome>): Promise<SignInStep> {
    try {
      const outcome = await ask();
      // Somebody began anew, or signed out, while Ring thought about it.
      if (this.#attempt?.id !== id) return replaced;
      if (outcome.kind === "code-needed") return { ...outcome, attempt: id };
      this.#forgetAttempt();
      this.#options.token.save(outcome.token);
      this.#options.account.useStoredToken();
      return { kind: "signed-in" };
    } catch (error) {
      return this.#failed(id, error);
    }
  }

  #failed(id: string, error: unknown): SignInStep {
    if (!(error instanceof AppError)) throw error;
    const { clock, blockedUntil } = this.#options;
    const code = errorCode(error);
    // Only a wrong code may be followed by another one; an attempt that came after this one is not touched.
    if (code !== "sign-in.wrong-code" && this.#attempt?.id === id) this.#forgetAttempt();
    if (code !== "sign-in.blocked") return { kind: "failed", code, text: errorText(error) };
    const waitMs = error.cause instanceof AppError && "retryAfterMs" in error.cause ? error.cause.retryAfterMs : 0;
    blockedUntil.write(clock.now() + Number(waitMs));
    return blocked(blockedUntil.read());
  }

  #forgetAttempt(): void {
    this.#attempt?.end[Symbol.dispose]();
    this.#attempt = undefined;
  }
}

const replaced: SignInStep = {
  kind: "failed",
  code: "sign-in.not-started",
  text: "this sign-in is over, by time or because another one was begun; enter e-mail and password again",
};

function blocked(until: number): SignInStep {
  const text = "Ring blocks sign-ins for a while because of too many attempts or codes";
  return { kind: "failed", code: "sign-in.blocked", text, retryAt: until };
}
