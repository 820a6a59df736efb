// What makes the cloud misbehave on purpose: the knobs of a camera and of an account, with the normal values.
import { type TwoFactorKind, twoFactorKinds } from "./account.ts";
import { type LiveKnobs, normalLive } from "./contracts.ts";
import { isObject, type JsonObject } from "./json.ts";

export interface CameraKnobs {
  live: LiveKnobs;
  snapshot: {
    /** `stale` repeats the last picture, `hang` never answers, `missing` answers 404. */
    behaviour: "fresh" | "stale" | "hang" | "missing";
    /** A camera takes a while to wake up and take a picture. */
    captureDelayMs: number;
  };
  recording: {
    /** From the start of an event until its video can be had; the real thing takes about a minute. `null`: never. */
    readyAfterMs: number | null;
    seconds: number;
    /** H.265 is what cameras in HEVC mode record. */
    codec: "h264" | "h265";
    /** Of the sound, which is AAC in mono. */
    samplesPerSecond: number;
    /** From the order to `done` of a transcoded download. */
    transcodingMs: number;
    /** Validity of a link. */
    linkSeconds: number;
  };
  push: {
    /** `later` is the pair that battery doorbells send: first without, then with picture. */
    image: "none" | "with" | "later";
    /** Between the two pushes of `later`, and of `firstDetection`. */
    imageDelayMs: number;
    /** From the event until `snapshots/uuid` has the picture; 1 to 6 s in the real thing. */
    imageReadyAfterMs: number;
    withoutDingId: boolean;
    /** Of motion: a first push says this, a second one what it was. Empty: one push. */
    firstDetection: string;
    /** Nothing is sent of its events, as when alerts are off in the app. */
    isSilent: boolean;
    /** Every push twice, with the same persistent id. */
    duplicate: boolean;
  };
}

export interface AccountKnobs {
  /** As the account file says, until it is turned. */
  twoFactor: TwoFactorKind;
  /** Life of an access token. */
  tokenSeconds: number;
  /** What the next refresh grants get instead of a token, first one first. */
  refreshFailures: (number | "reset")[];
}

export const normalCamera: Readonly<CameraKnobs> = {
  live: normalLive,
  snapshot: { behaviour: "fresh", captureDelayMs: 0 },
  recording: {
    readyAfterMs: 0,
    seconds: 20,
    codec: "h264",
    samplesPerSecond: 48_000,
    transcodingMs: 0,
    linkSeconds: 900,
  },
  push: {
    image: "with",
    imageDelayMs: 1000,
    imageReadyAfterMs: 0,
    withoutDingId: false,
    firstDetection: "",
    isSilent: false,
    duplicate: false,
  },
};

export const normalAccount = (twoFactor: TwoFactorKind): AccountKnobs => ({
  twoFactor,
  tokenSeconds: 3600,
  refreshFailures: [],
});

/** What a knob that is a word may be. */
const words: Readonly<Record<string, readonly string[]>> = {
  twoFactor: twoFactorKinds,
  behaviour: ["fresh", "stale", "hang", "missing"],
  image: ["none", "with", "later"],
  audioCodec: ["opus", "pcmu", "none"],
  codec: ["h264", "h265"],
  videoCodec: ["h264", "h265", "h265-unoffered", "h265-disguised"],
};

export type KnobChanges<T> = { [K in keyof T]?: T[K] extends object ? Partial<T[K]> : T[K] };

/** Turns knobs, two levels deep; a knob that does not exist or would get a value of another kind is an error, not a silent no. */
export function turnKnobs(knobs: object, changes: object, path = ""): void {
  const target = knobs as JsonObject;
  for (const [name, value] of Object.entries(changes)) {
    const present = target[name];
    if (present === undefined) {
      throw new Error(`there is no knob ${path}${name}; there are ${Object.keys(target).join(", ")}`);
    }
    if (isObject(present) && isObject(value)) turnKnobs(present, value, `${path}${name}.`);
    else if (fits(name, present, value)) target[name] = value;
    else
      throw new Error(
        `the knob ${path}${name} is ${JSON.stringify(present)} now and cannot be ${JSON.stringify(value)}`,
      );
  }
}

/** Times may be numbers or null (never), whatever they are now. */
function fits(name: string, present: unknown, value: unknown): boolean {
  const allowed = words[name];
  if (allowed) return allowed.some((word) => word === value);
  if (Array.isArray(present))
    return Array.isArray(value) && value.every((item) => item === "reset" || Number.isInteger(item));
  if (present === null || typeof present === "number") return value === null || typeof value === "number";
  return typeof present === typeof value && !isObject(value);
}
