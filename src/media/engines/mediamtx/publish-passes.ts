// Who may publish to MediaMTX at this moment: each stream that is carried there has a user of its own, for as long as it needs one.
import { randomBytes } from "node:crypto";
import { type AuthUser, type Login, publishingUser } from "./auth-users.ts";

export interface PublishPass {
  readonly login: Login;
  /** Resolves with the reason where MediaMTX could not be told of it. */
  readonly refused: Promise<Error>;
  /** It is not needed any more. */
  revoke(): void;
}

export interface PublishPassesOptions {
  /** From where publishers come. */
  readonly host: string;
  /** Tells MediaMTX. */
  readonly setUsers: (publishing: readonly AuthUser[]) => Promise<void>;
}

/** Passwords stand in FFmpeg's arguments, which every user of the machine can read: so they are good for one path and some seconds. */
export class PublishPasses {
  readonly #options: PublishPassesOptions;
  readonly #users = new Set<AuthUser>();
  /** One change after the other, so that an older list never replaces a newer one. */
  #told: Promise<void> = Promise.resolve();

  constructor(options: PublishPassesOptions) {
    this.#options = options;
  }

  /** MediaMTX knows it a moment later, long before FFmpeg has anything to publish. */
  issue(path: string): PublishPass {
    const login = { username: randomName("p"), password: randomBytes(18).toString("hex") };
    const user = publishingUser(login, path, this.#options.host);
    this.#users.add(user);
    const refused = new Promise<Error>((resolve) => {
      this.#tell().catch(resolve);
    });
    return {
      login,
      refused,
      revoke: () => {
        // MediaMTX may be gone, and the pass with it.
        if (this.#users.delete(user)) this.#tell().catch(() => undefined);
      },
    };
  }

  #tell(): Promise<void> {
    const told = this.#told.catch(() => undefined).then(() => this.#options.setUsers([...this.#users]));
    this.#told = told;
    return told;
  }
}

export function randomName(prefix: string): string {
  return `${prefix}${randomBytes(6).toString("hex")}`;
}
