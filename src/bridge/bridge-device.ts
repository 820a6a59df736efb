// The bridge itself as a device in Home Assistant: is it signed in, do events arrive, what is wrong.
import type { Clock } from "../foundation/clock.ts";
import type { Subscribable } from "../foundation/emitter.ts";
import type { Logger } from "../foundation/logger.ts";
import type { DeviceDirectory } from "../home-assistant/device-link.ts";
import type { DeviceDescription } from "../home-assistant/entity-description.ts";
import type { BridgeActions, BridgePush, BridgeView, SignInState } from "./bridge-view.ts";
import { bridgeRows } from "./entities/bridge-rows.ts";
import { EntityRunner } from "./entity-runner.ts";

/** The account, as far as this device needs it. */
export interface BridgeAccount {
  readonly signIn: { readonly state: SignInState; readonly reason?: string | undefined };
  readonly signInChanged: Subscribable<unknown>;
  readonly cameras: readonly unknown[];
  readonly push: BridgePush;
  readonly pushChanged: Subscribable<unknown>;
  /** Unix ms. */
  readonly lastContactAt: number | undefined;
  readonly contactMade: Subscribable<unknown>;
}

export interface BridgeDeviceOptions {
  readonly account: BridgeAccount;
  readonly actions: BridgeActions;
  readonly devices: DeviceDirectory;
  readonly bridgeId: string;
  readonly version: string;
  /** What is wrong elsewhere in the house, in one sentence; asked at each refresh. */
  readonly problem: () => string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** While all is well, "last contact" is said anew no more often than this. */
const contactPeriodMs = 600_000;
/** A connection that comes back in that time is no problem. */
const patienceMs = 60_000;
const longestState = 255;

export class BridgeDevice implements Disposable {
  readonly #options: BridgeDeviceOptions;
  readonly #runner: EntityRunner<BridgeView, BridgeActions>;
  readonly #subscriptions: readonly Disposable[];
  #shownContactAt: number | undefined;
  #unhealthySince: number | undefined;
  #patience: Disposable | undefined;

  constructor(options: BridgeDeviceOptions) {
    const { account, actions, devices, clock, logger, signal } = options;
    this.#options = options;
    this.#runner = new EntityRunner({
      rows: bridgeRows,
      link: devices.link(describe(options)),
      device: () => describe(options),
      view: () => this.#view(),
      actions,
      clock,
      logger,
      signal,
    });
    const refresh = (): void => this.refresh();
    this.#subscriptions = [account.signInChanged, account.pushChanged, account.contactMade].map((changes) =>
      changes.subscribe(refresh),
    );
    this.refresh();
  }

  refresh(): void {
    this.#watchPush();
    this.#watchContact();
    this.#runner.refresh();
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#patience?.[Symbol.dispose]();
    this.#runner[Symbol.dispose]();
  }

  #view(): BridgeView {
    const { account, version } = this.#options;
    return {
      version,
      signIn: account.signIn,
      cameraCount: account.cameras.length,
      push: account.push,
      lastContactAt: this.#shownContactAt,
      problem: this.#problem()?.slice(0, longestState),
    };
  }

  #problem(): string | undefined {
    const { account, problem } = this.#options;
    const { signIn, push } = account;
    if (signIn.state === "signing-in") return undefined;
    if (signIn.state !== "signed-in") return signIn.reason ?? `Ring: ${signIn.state}`;
    const isLasting = this.#unhealthySince !== undefined && this.#patience === undefined;
    return isLasting ? `events of Ring do not arrive: ${push.reason ?? "the connection is lost"}` : problem();
  }

  #watchPush(): void {
    const { account, clock } = this.#options;
    if (account.push.isHealthy) {
      this.#patience?.[Symbol.dispose]();
      this.#patience = undefined;
      this.#unhealthySince = undefined;
    } else if (this.#unhealthySince === undefined) {
      this.#unhealthySince = clock.now();
      this.#patience = clock.after(patienceMs, () => {
        this.#patience = undefined;
        this.refresh();
      });
    }
  }

  #watchContact(): void {
    const { signIn, lastContactAt } = this.#options.account;
    const shown = this.#shownContactAt;
    const isFresh = signIn.state === "signed-in" && shown !== undefined && lastContactAt !== undefined;
    if (!isFresh || lastContactAt - shown >= contactPeriodMs) this.#shownContactAt = lastContactAt;
  }
}

function describe({ bridgeId, version }: BridgeDeviceOptions): DeviceDescription {
  return {
    id: bridgeId,
    locationId: "bridge",
    category: "bridge",
    name: "Belfry",
    manufacturer: "Belfry",
    model: "Bridge for Ring cameras",
    softwareVersion: version,
  };
}
