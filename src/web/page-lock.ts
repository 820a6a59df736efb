// The login of the page where Home Assistant does not guard it: set-up code, then the owner's password, then sessions.
import { createHash, randomBytes } from "node:crypto";
import type { Clock } from "../foundation/clock.ts";
import type { Logger } from "../foundation/logger.ts";
import { hashPassword, isPassword } from "./page-password.ts";
import { RefusedError } from "./refused-error.ts";
import { createSetUpCode, isSameCode } from "./set-up-code.ts";

/** What is kept of it over restarts; no password, no session id in clear. */
export interface LockSecrets {
  readonly passwordHash?: string | undefined;
  readonly sessions: readonly StoredSession[];
}

export interface StoredSession {
  readonly digest: string;
  /** Unix ms. */
  readonly expiresAt: number;
}

export interface LockMemory {
  read(): LockSecrets;
  write(secrets: LockSecrets): void;
}

export const sessionSeconds = 30 * 24 * 3600;
const mostSessions = 20;
const shortestPassword = 8;

export class PageLock {
  readonly #memory: LockMemory;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** There while no password is set. */
  #setUpCode: string | undefined;
  /** One hash at a time: each takes 32 MB. */
  #hashing: Promise<unknown> = Promise.resolve();

  constructor(memory: LockMemory, { clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#memory = memory;
    this.#clock = clock;
    this.#logger = logger;
    if (memory.read().passwordHash === undefined) this.#setUpCode = createSetUpCode();
  }

  /** To be told to whoever reads the log; undefined once a password is set. */
  get setUpCode(): string | undefined {
    return this.#setUpCode;
  }

  isOpenFor(session: string | undefined): boolean {
    if (!session) return false;
    const wanted = digestOf(session);
    const now = this.#clock.now();
    return this.#memory.read().sessions.some(({ digest, expiresAt }) => digest === wanted && expiresAt > now);
  }

  /** Sets the first password; returns a session. */
  async setUp(code: string, password: string): Promise<string> {
    const wanted = this.#setUpCode;
    if (wanted === undefined) throw alreadySetUp();
    if (!isSameCode(code, wanted)) {
      throw new RefusedError("web.set-up-code", "this is not the set-up code in the newest part of the log", 403);
    }
    checkStrength(password);
    const passwordHash = await this.#inTurn(() => hashPassword(password));
    // Somebody else may have been quicker.
    if (this.#setUpCode === undefined) throw alreadySetUp();
    this.#setUpCode = undefined;
    this.#memory.write({ passwordHash, sessions: [] });
    this.#logger.info("the page has a password now");
    return this.#openSession();
  }

  /** Returns a session. */
  async logIn(password: string): Promise<string> {
    await this.#check(password);
    return this.#openSession();
  }

  logOut(session: string | undefined): void {
    if (!session) return;
    const gone = digestOf(session);
    const { sessions, ...rest } = this.#memory.read();
    const left = sessions.filter(({ digest }) => digest !== gone);
    // A write waits for the disk: strangers, who may log out, too, cause none.
    if (left.length < sessions.length) this.#memory.write({ ...rest, sessions: left });
  }

  /** Ends all sessions; returns a new one. */
  async changePassword(current: string, password: string): Promise<string> {
    checkStrength(password);
    await this.#check(current);
    const passwordHash = await this.#inTurn(() => hashPassword(password));
    this.#memory.write({ passwordHash, sessions: [] });
    this.#logger.info("the password of the page was changed; all other browsers are logged out");
    return this.#openSession();
  }

  async #check(password: string): Promise<void> {
    const { passwordHash } = this.#memory.read();
    const isRight = passwordHash !== undefined && (await this.#inTurn(() => isPassword(password, passwordHash)));
    if (isRight) return;
    this.#logger.warn("somebody gave a wrong password on the page");
    throw new RefusedError("web.password", "this is not the password of this page", 403);
  }

  #openSession(): string {
    const session = randomBytes(32).toString("base64url");
    const now = this.#clock.now();
    const { sessions, ...rest } = this.#memory.read();
    const alive = sessions.filter(({ expiresAt }) => expiresAt > now).slice(1 - mostSessions);
    const opened = { digest: digestOf(session), expiresAt: now + sessionSeconds * 1000 };
    this.#memory.write({ ...rest, sessions: [...alive, opened] });
    return session;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#hashing.then(work);
    this.#hashing = mine.catch(() => undefined);
    return await mine;
  }
}

function checkStrength(password: string): void {
  if (password.length >= shortestPassword) return;
  const text = `the password must have at least ${shortestPassword} characters`;
  throw new RefusedError("web.weak-password", text, 422);
}

function alreadySetUp(): RefusedError {
  return new RefusedError("web.already-set-up", "the page has a password already; log in with it", 409);
}

function digestOf(session: string): string {
  return createHash("sha256").update(session).digest("base64url");
}
