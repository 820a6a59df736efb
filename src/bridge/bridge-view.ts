// What the rows of the bridge device read and do.

export type SignInState = "signed-out" | "signing-in" | "signed-in" | "refused" | "unreachable";

export interface BridgeView {
  readonly version: string;
  readonly signIn: { readonly state: SignInState; readonly reason?: string | undefined };
  readonly cameraCount: number;
  readonly push: BridgePush;
  /** Unix ms of Ring's last answer; while all is well it lags some minutes behind. */
  readonly lastContactAt: number | undefined;
  /** One sentence for the owner; undefined while all is well. */
  readonly problem: string | undefined;
}

/** Whether events can arrive. */
export interface BridgePush {
  readonly isHealthy: boolean;
  readonly reason: string | undefined;
  /** Unix ms. */
  readonly lastPushAt: number | undefined;
}

export interface BridgeActions {
  /** Ends Belfry so that whatever started it starts it again. */
  restart(): void;
  /** Asks Ring anew for everything and tells Home Assistant everything again. */
  rediscover(): void;
}
