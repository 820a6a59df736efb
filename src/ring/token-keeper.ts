// Owns the refresh token while we are signed in: renews it, has each new one saved before it is used, survives failed renewals.
import type { RingRestClient } from "ring-client-api/rest-client";
import type { Clock } from "../foundation/clock.ts";
import { PermanentError, TransientError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import { type Backoff, retry } from "../foundation/retry.ts";
import { type Grant, requestGrant } from "./token-grant.ts";
import { unwrapToken, wrapToken } from "./wire/wrapped-token.ts";

export interface TokenKeeperOptions {
  readonly token: string;
  readonly save: (token: string) => void;
  readonly onGranted: () => void;
  readonly onTrouble: (error: unknown) => void;
  readonly backoff: Backoff;
  /** So often Ring must call the token invalid before we believe it. */
  readonly refusalsToBelieve: number;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

type AuthTokenResponse = Awaited<ReturnType<RingRestClient["getAuth"]>>;

export class TokenKeeper {
  #token: string;
  readonly #options: TokenKeeperOptions;

  constructor(options: TokenKeeperOptions) {
    this.#options = options;
    this.#token = options.token;
  }

  /** The newest token, wrapped as ring-client-api does. */
  get token(): string {
    return this.#token;
  }

  /**
   * Takes over the renewal: the library's own forgets the token for good at any answered failure, even one 503, and hides
   * why. Everything else of it stays, also that each new token passes `onRefreshTokenUpdated`, where it is saved.
   */
  attach(rest: RingRestClient): void {
    // Subscribed before anybody else, and called synchronously: the token is on disk before a request can use it.
    rest.onRefreshTokenUpdated.subscribe(({ newRefreshToken }) => this.#save(newRefreshToken));
    let renewing: Promise<AuthTokenResponse> | undefined;
    // The library starts one renewal for each request that met a 401, and they would spoil each other's token.
    rest.getAuth = async () => {
      renewing ??= this.#authenticate(rest).finally(() => {
        renewing = undefined;
      });
      return await renewing;
    };
  }

  async #authenticate(rest: RingRestClient): Promise<AuthTokenResponse> {
    const hardwareId = String(await rest["hardwareIdPromise"]);
    const grant = await this.#renew(hardwareId);
    const { pushCredentials } = unwrapToken(this.#token);
    const { refreshToken } = grant;
    const oldRefreshToken = this.#token;
    rest["authConfig"] = { rt: refreshToken, hid: hardwareId, pnc: pushCredentials };
    rest.refreshToken = wrapToken({ refreshToken, hardwareId, pushCredentials });
    rest.onRefreshTokenUpdated.next({ oldRefreshToken, newRefreshToken: rest.refreshToken });
    this.#options.onGranted();
    return {
      access_token: grant.accessToken,
      expires_in: grant.expiresInSeconds,
      refresh_token: rest.refreshToken,
      scope: "client",
      token_type: "Bearer",
    };
  }

  async #renew(hardwareId: string): Promise<Grant> {
    const { clock, signal, backoff, onTrouble } = this.#options;
    let refusals = 0;
    return await retry(
      async () => {
        const { refreshToken } = unwrapToken(this.#token);
        const context = { hardwareId, clock, signal, timeoutMs: this.#options.requestTimeoutMs };
        const outcome = await requestGrant({ kind: "refresh", refreshToken }, context);
        if (outcome.kind === "granted") return outcome;
        refusals++;
        const why =
          outcome.kind === "rejected" ? `${outcome.status} ${outcome.error} ${outcome.description}`.trim() : "412";
        const text = `Ring does not accept the stored token (${why}); sign in again`;
        if (refusals < this.#options.refusalsToBelieve) throw new TransientError("ring.refused", text);
        const refused = new PermanentError("ring.refused", text);
        onTrouble(refused);
        throw refused;
      },
      { clock, signal, backoff, onFailure: (error, attempt, waitMs) => this.#failed(error, attempt, waitMs) },
    );
  }

  #failed(error: unknown, attempt: number, waitMs: number): void {
    const { logger, onTrouble } = this.#options;
    logger.debug(`renewal of the token failed (attempt ${attempt}), next in ${Math.round(waitMs)} ms`, error);
    // The first refusals may be an accident: nobody is told before we believe them.
    if (!(error instanceof TransientError && error.code === "ring.refused")) onTrouble(error);
  }

  #save(token: string): void {
    this.#token = token;
    try {
      this.#options.save(token);
    } catch (error) {
      const text = "Ring's new token could not be saved; a restart now would need a new sign-in";
      this.#options.logger.error(text, error);
    }
  }
}
