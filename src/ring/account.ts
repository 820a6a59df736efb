// The Ring account: signed in with the stored token, its cameras kept up to date, its push messages received. Works in the background.
import { aborted, composeSignals, StopError } from "../foundation/abort.ts";
import type { Clock } from "../foundation/clock.ts";
import { Emitter, type Subscribable } from "../foundation/emitter.ts";
import { errorText, PermanentError, TransientError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import type { Backoff } from "../foundation/retry.ts";
import { supervise } from "../foundation/supervise.ts";
import { type AbsenceRules, usualAbsence } from "./absence.ts";
import type { CallLimits } from "./call/live-call.ts";
import type { CameraEvent } from "./camera-state.ts";
import { DevicePoll } from "./device-poll.ts";
import { Inventory } from "./inventory.ts";
import { routeLibraryLog } from "./library-log.ts";
import { noPushMemory, PushLink, type PushMemory, type PushStatus } from "./push-link.ts";
import { type PushDoubts, usualPushDoubts } from "./push-silence.ts";
import { refreshDevices } from "./refresh-devices.ts";
import type { RingCamera } from "./ring-camera.ts";
import { createRingClient, type RingClient } from "./ring-client.ts";
import { noSettingsMemory, type SettingsMemory } from "./settings-memory.ts";
import { SlowPoll } from "./slow-poll.ts";
import { TokenKeeper } from "./token-keeper.ts";
import type { TokenStore } from "./token-store.ts";
import type { RingLocation } from "./wire/location-list.ts";
import type { CameraPush } from "./wire/push-message.ts";

export interface RingAccountOptions {
  readonly token: TokenStore;
  /** How Ring lists us among the account's devices. */
  readonly systemName: "Belfry";
  /** All locations where it is not given. */
  readonly locationIds?: readonly string[];
  /** Device ids or Ring's numbers. */
  readonly excludedDeviceIds?: readonly string[];
  /** Between two looks at the state of the cameras. */
  readonly pollSeconds: number;
  readonly snapshotTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  readonly callLimits?: Partial<CallLimits>;
  readonly settings?: SettingsMemory;
  readonly pushMemory?: PushMemory;
  /** What an earlier run has told last of a camera: it is not told again. */
  readonly lastEvents?: (deviceId: string) => readonly CameraEvent[];
  /** While Ring fails: token renewals, device lists, push connections. */
  readonly backoff?: Backoff;
  readonly refusalsToBelieve?: number;
  /** When something that is missing at Ring is believed to be gone. */
  readonly absence?: Partial<AbsenceRules>;
  /** Between two looks at each camera's history. */
  readonly eventCheckMs?: number;
  readonly pushDoubts?: Partial<PushDoubts>;
}

export interface RingAccountDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** `signed-out`: there is no token; `refused`: Ring does not take it, somebody must sign in again; `unreachable`: we keep trying. */
export type SignInState = "signed-out" | "signing-in" | "signed-in" | "refused" | "unreachable";

export interface SignInStatus {
  readonly state: SignInState;
  readonly reason: string | undefined;
}

/** At a start, Google may be quicker than Ring's first list. */
const mostUnclaimed = 200;
const usualBackoff: Backoff = { firstMs: 2_000, longestMs: 300_000, jitter: 0.3 };

export class RingAccount implements AsyncDisposable {
  readonly #options: RingAccountOptions;
  readonly #deps: RingAccountDeps;
  readonly #end = new AbortController();
  readonly #life: AbortSignal;
  readonly #signInChanged: Emitter<SignInStatus>;
  readonly #inventory: Inventory;
  readonly #push: PushLink;
  readonly #slowPoll: SlowPoll;
  readonly #contactMade: Emitter<number>;
  readonly #running: Promise<void>;
  #signIn: SignInStatus = { state: "signing-in", reason: undefined };
  #session = new AbortController();
  #poll: DevicePoll | undefined;
  #lastContactAt: number | undefined;
  #isRunning = false;
  /** Messages about cameras that we do not know, until the next list. */
  #unclaimed: CameraPush[] = [];

  /** Returns at once; what it finds and what goes wrong is told by `signIn`, `cameras` and `push`. */
  static open(options: RingAccountOptions, deps: RingAccountDeps): RingAccount {
    return new RingAccount(options, deps);
  }

  private constructor(options: RingAccountOptions, deps: RingAccountDeps) {
    const { clock, logger } = deps;
    this.#options = options;
    this.#deps = deps;
    this.#life = composeSignals(deps.signal, this.#end.signal);
    this.#signInChanged = new Emitter((error) => logger.error("a listener of the sign-in state failed", error));
    routeLibraryLog(logger.child("library"));
    this.#inventory = new Inventory({
      locationIds: options.locationIds,
      excludedDeviceIds: options.excludedDeviceIds ?? [],
      snapshotTimeoutMs: options.snapshotTimeoutMs ?? 15_000,
      callLimits: options.callLimits,
      settings: options.settings ?? noSettingsMemory,
      lastEvents: options.lastEvents ?? (() => []),
      absence: { ...usualAbsence, ...options.absence },
      eventCheckMs: options.eventCheckMs ?? 1_800_000,
      onUntoldEvent: (event, cameraName) => this.#push.missed(event.happenedAt, cameraName),
      clock,
      logger,
      signal: this.#life,
      requestRefresh: () => this.#poll?.request(),
    });
    this.#contactMade = new Emitter((error) => logger.error("a listener of the contact with Ring failed", error));
    this.#slowPoll = new SlowPoll({ chores: () => this.#inventory.cameras.flatMap(({ chores }) => chores), clock });
    this.#push = new PushLink({
      onPush: (push) => this.#receivePush(push),
      memory: options.pushMemory ?? noPushMemory,
      doubts: { ...usualPushDoubts, ...options.pushDoubts },
      connectTimeoutMs: 60_000,
      backoff: options.backoff ?? { ...usualBackoff, longestMs: 60_000 },
      clock,
      logger: logger.child("push"),
    });
    const supervision = { signal: this.#life, clock, logger };
    const run = async (signal: AbortSignal): Promise<void> => {
      this.#isRunning = true;
      await this.#run(signal).finally(() => {
        this.#isRunning = false;
      });
    };
    this.#running = supervise("the Ring account", run, supervision);
  }

  /** False while it recovers from a break of its own. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  get signIn(): SignInStatus {
    return this.#signIn;
  }

  get signInChanged(): Subscribable<SignInStatus> {
    return this.#signInChanged;
  }

  /** All cameras of all wanted locations; the object of a device stays the same as long as the account is open. */
  get cameras(): readonly RingCamera[] {
    return this.#inventory.cameras;
  }

  get camerasChanged(): Subscribable<readonly RingCamera[]> {
    return this.#inventory.camerasChanged;
  }

  /** Once, when Ring has said often enough which cameras there are: no other is. */
  get camerasBelieved(): Subscribable<void> {
    return this.#inventory.listBelieved;
  }

  /** Device ids of those that Ring lists and the settings exclude. */
  get camerasUnwanted(): Subscribable<readonly string[]> {
    return this.#inventory.unwantedListed;
  }

  get locations(): readonly RingLocation[] {
    return this.#inventory.locations;
  }

  /** Unix ms of the newest device list, or message about a camera. */
  get lastContactAt(): number | undefined {
    return this.#lastContactAt;
  }

  get contactMade(): Subscribable<number> {
    return this.#contactMade;
  }

  /** Asks Ring anew for everything, as soon as it goes. */
  refresh(): void {
    this.#inventory.hurry();
    for (const camera of this.#inventory.cameras) camera.hurryChores();
    this.#poll?.request();
    this.#slowPoll.wake();
  }

  get push(): PushStatus {
    return this.#push.status;
  }

  get pushChanged(): Subscribable<PushStatus> {
    return this.#push.statusChanged;
  }

  /** The token store has a new token (or none): begin anew with it. Cameras and their states stay meanwhile. */
  useStoredToken(): void {
    this.#session.abort(new StopError("replaced"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new StopError("closed"));
    await this.#running;
    this.#push[Symbol.dispose]();
    this.#inventory[Symbol.dispose]();
  }

  /** One token after the other. */
  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#session = new AbortController();
      const session = composeSignals(signal, this.#session.signal);
      const stored = this.#options.token.load();
      if (stored) await this.#signedIn(stored.refreshToken, session);
      else this.#setSignIn("signed-out", "no token is stored; sign in to Ring");
      await aborted(session);
    }
  }

  /** Returns when the token is refused or the session ends. */
  async #signedIn(token: string, session: AbortSignal): Promise<void> {
    const { clock, logger } = this.#deps;
    const refused = new AbortController();
    const signal = composeSignals(session, refused.signal);
    this.#setSignIn("signing-in", undefined);
    const client = this.#createClient(token, signal, () => refused.abort(new StopError("failed")));
    const poll = this.#createPoll(client);
    this.#poll = poll;
    const supervision = { signal, clock, logger };
    await Promise.all([
      supervise("the list of Ring devices", (until) => poll.run(until), supervision),
      supervise("Ring's push messages", (until) => this.#push.run(client, until), supervision),
      supervise("the settings of Ring devices", (until) => this.#slowPoll.run(until), supervision),
    ]);
    this.#poll = undefined;
  }

  #createClient(token: string, signal: AbortSignal, onRefused: () => void): RingClient {
    const { clock, logger } = this.#deps;
    const { requestTimeoutMs = 20_000, backoff = usualBackoff, refusalsToBelieve = 3 } = this.#options;
    const keeper = new TokenKeeper({
      token,
      // A straggler of a session that is over must not overwrite what the owner has signed in with since.
      save: (fresh) => {
        if (!signal.aborted) this.#options.token.save(fresh);
      },
      onGranted: () => this.#setSignIn("signed-in", undefined),
      onTrouble: (error) => {
        if (error instanceof PermanentError) {
          this.#setSignIn("refused", errorText(error));
          onRefused();
        } else this.#setSignIn("unreachable", errorText(error));
      },
      backoff,
      refusalsToBelieve,
      requestTimeoutMs,
      clock,
      logger,
      signal,
    });
    const { token: store, systemName } = this.#options;
    return createRingClient({ keeper, systemId: store.systemId, systemName, requestTimeoutMs, clock, logger, signal });
  }

  #createPoll(client: RingClient): DevicePoll {
    const { clock, logger } = this.#deps;
    const refresh = refreshDevices(client, this.#inventory, clock, logger);
    return new DevicePoll({
      refresh,
      onSuccess: () => this.#listCame(),
      onFailure: (error) => this.#listFailed(error),
      periodMs: this.#options.pollSeconds * 1000,
      backoff: this.#options.backoff ?? { ...usualBackoff, longestMs: 60_000 },
      clock,
    });
  }

  #listCame(): void {
    this.#heardOfRing();
    this.#setSignIn("signed-in", undefined);
    const unclaimed = this.#unclaimed;
    this.#unclaimed = [];
    for (const push of unclaimed) this.#inventory.receivePush(push);
    // New cameras have not been asked about their settings.
    this.#slowPoll.wake();
  }

  #listFailed(error: unknown): void {
    this.#deps.logger.debug("the list of Ring devices could not be read", error);
    // A renewal that hangs has told its own, better reason.
    if (this.#signIn.state === "unreachable" || this.#signIn.state === "refused") return;
    const isTransient = error instanceof TransientError;
    this.#setSignIn("unreachable", isTransient ? errorText(error) : `Ring's device list: ${errorText(error)}`);
  }

  #heardOfRing(): void {
    this.#lastContactAt = this.#deps.clock.now();
    this.#contactMade.emit(this.#lastContactAt);
  }

  #receivePush(push: CameraPush): void {
    this.#heardOfRing();
    if (this.#inventory.receivePush(push)) return;
    this.#deps.logger.debug(`a push message about device ${push.ringId}, which is not one of ours (yet)`);
    this.#unclaimed = [...this.#unclaimed, push].slice(-mostUnclaimed);
    this.#poll?.request();
  }

  #setSignIn(state: SignInState, reason: string | undefined): void {
    const before = this.#signIn;
    if (before.state === state && before.reason === reason) return;
    this.#signIn = { state, reason };
    const { logger } = this.#deps;
    if (state === "refused" || state === "signed-out") logger.error(reason ?? state);
    else if (state === "unreachable" && before.state !== "unreachable") logger.warn(`Ring: ${reason}; trying again`);
    else if (state === "signed-in" && before.state !== "signed-in") logger.info("signed in to Ring");
    this.#signInChanged.emit(this.#signIn);
  }
}
