// Whether what is known of the cameras is still Ring's word: signed in, and heard of Ring not long ago.
import type { Clock } from "../foundation/clock.ts";
import type { BridgeAccount } from "./bridge-device.ts";

export interface RingContactOptions {
  readonly account: Pick<BridgeAccount, "signIn" | "signInChanged" | "lastContactAt" | "contactMade">;
  readonly clock: Clock;
  /** `trouble` is another one now. */
  readonly onChange: () => void;
}

/** Ring, or the way to it, is away for some minutes now and then. */
const longestSilenceMs = 600_000;

export class RingContact implements Disposable {
  readonly #options: RingContactOptions;
  readonly #subscriptions: readonly Disposable[];
  #silence: Disposable | undefined;
  #trouble: string | undefined;

  constructor(options: RingContactOptions) {
    this.#options = options;
    const { signInChanged, contactMade } = options.account;
    this.#subscriptions = [signInChanged, contactMade].map((changes) => changes.subscribe(() => this.#look()));
    this.#look();
  }

  /** Why no camera can be taken at its last word, for the owner; undefined while all is well. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#silence?.[Symbol.dispose]();
  }

  #look(): void {
    const before = this.#trouble;
    this.#trouble = this.#find();
    if (this.#trouble !== before) this.#options.onChange();
  }

  #find(): string | undefined {
    const { account, clock } = this.#options;
    const { state, reason } = account.signIn;
    this.#silence?.[Symbol.dispose]();
    this.#silence = undefined;
    if (state === "signed-out") return reason ?? "Belfry is signed out of Ring";
    if (state === "refused") return reason ?? "Ring does not accept the stored token; sign in again";
    // Before the first contact there is nothing that could be out of date.
    if (account.lastContactAt === undefined) return undefined;
    const leftMs = account.lastContactAt + longestSilenceMs - clock.now();
    if (leftMs <= 0) return reason ?? `Ring has not been heard of for ${longestSilenceMs / 60_000} minutes`;
    this.#silence = clock.after(leftMs, () => this.#look());
    return undefined;
  }
}
