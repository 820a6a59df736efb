// What the page shows: the state of everything at one moment, as it is sent to the browser. Types only, read on both sides.

export interface HouseStatus {
  readonly version: string;
  /** Unix ms, here and below. */
  readonly at: number;
  readonly signIn: SignInStatus;
  readonly push: PushStatus;
  readonly broker: BrokerStatus;
  /** Undefined while it starts. */
  readonly engine?: EngineStatus | undefined;
  readonly cameras: readonly CameraStatus[];
}

export interface SignInStatus {
  readonly state: "signed-out" | "signing-in" | "signed-in" | "refused" | "unreachable";
  readonly reason?: string | undefined;
}

export interface PushStatus {
  readonly isHealthy: boolean;
  readonly reason?: string | undefined;
  readonly lastPushAt?: number | undefined;
  /** Since when it is not. */
  readonly unhealthySince?: number | undefined;
}

export interface BrokerStatus {
  readonly isConnected: boolean;
  /** Host and port, without user and password. */
  readonly address: string;
  /** Why it is away, or what it refuses. */
  readonly reason?: string | undefined;
  readonly awaySince?: number | undefined;
}

export interface EngineStatus {
  readonly name: string;
  readonly isHealthy: boolean;
  readonly reason?: string | undefined;
  readonly rtspPort: number;
  /** FFmpeg is there to make AAC sound. */
  readonly hasSound: boolean;
  /** What the owner has switched on and does not get: what and why in one sentence, and what to do. */
  readonly unmet?: { readonly text: string; readonly remedy: string } | undefined;
}

export interface CameraStatus {
  readonly id: string;
  readonly name: string;
  readonly model: string;
  readonly isOnline: boolean;
  /** Percent of the weakest battery. */
  readonly battery?: number | undefined;
  readonly isBatteryLow: boolean;
  readonly lastEvent?: { readonly kind: "ding" | "motion"; readonly what: string; readonly at: number } | undefined;
  readonly stream: {
    readonly state: "idle" | "starting" | "ready" | "closing" | "failed";
    readonly reason?: string | undefined;
    readonly viewers: number;
  };
}

export interface Problem {
  readonly id: string;
  readonly severity: "error" | "warning";
  /** What is wrong, in one sentence. */
  readonly text: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** A document of `api/status` and of each event of `api/events`. */
export interface StatusDocument extends HouseStatus {
  readonly problems: readonly Problem[];
}

/** The document of `api/session`: what this visitor may do now. */
export interface SessionDocument {
  readonly mode: "app" | "standalone";
  readonly page: "open" | "locked" | "new";
  readonly version: string;
}
