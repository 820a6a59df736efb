// What the page says: failures, states and times, in plain words.
import type { CameraStatus, HouseStatus } from "../house-status.ts";

export interface Failure {
  readonly code: string;
  readonly text: string;
  /** Unix ms. */
  readonly retryAt?: number | undefined;
}

const unreachable =
  "Ring cannot be reached just now. Check the internet connection of the machine that runs Belfry, then try again.";

const failures = new Map<string, (until: string) => string>(
  Object.entries({
    "sign-in.wrong-password": () =>
      "Ring does not know this e-mail address with this password. Use the ones that work in the Ring app.",
    "sign-in.wrong-code": () => "This code is wrong or too old. Enter the newest one.",
    "sign-in.blocked": (until: string) =>
      `Ring has blocked sign-ins because of too many attempts. Try again ${until}; trying earlier makes it longer.`,
    "sign-in.not-started": () =>
      "This sign-in took too long, or another one was begun. Enter e-mail address and password again.",
    "ring.unreachable": () => unreachable,
    deadline: () => unreachable,
    "ring.unavailable": () => "Ring has a problem of its own just now. Try again in some minutes.",
    "web.too-many": (until: string) => `Too many tries. Try again ${until}.`,
    "web.password": () => "This is not the password of this page.",
    "web.set-up-code": () => "This is not the set-up code. Take the one from the newest start in Belfry's log.",
    "page.no-answer": () => "Belfry does not answer. Check that it is running, then try again.",
  }),
);

/** One or two sentences for somebody who wants to go on. */
export function failureWords({ code, text, retryAt }: Failure, now: number): string {
  const until = retryAt === undefined ? "later" : `after ${clockTime(retryAt, now)}`;
  const words = failures.get(code)?.(until) ?? text;
  return sentence(words);
}

/** `14:35`, with the day where it is another one. */
export function clockTime(at: number, now: number): string {
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  const day = isToday ? {} : ({ weekday: "short", day: "numeric", month: "short" } as const);
  return new Intl.DateTimeFormat(undefined, { ...day, hour: "2-digit", minute: "2-digit" }).format(at);
}

/** `3 min ago` */
export function ago(at: number, now: number): string {
  const seconds = Math.max(Math.round((now - at) / 1000), 0);
  if (seconds < 45) return "just now";
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  if (hours < 24) return `${hours} h ago`;
  const days = Math.round(hours / 24);
  return days === 1 ? "yesterday" : `${days} days ago`;
}

const detections = new Map(
  Object.entries({
    motion: "Motion",
    other_motion: "Motion",
    person: "Person",
    vehicle: "Vehicle",
    package: "Package",
    animal: "Animal",
  }),
);

export function eventWords({ lastEvent }: CameraStatus): string | undefined {
  if (!lastEvent) return undefined;
  return lastEvent.kind === "ding" ? "Doorbell pressed" : (detections.get(lastEvent.what) ?? "Motion");
}

/** How much a state is worth looking at. */
export type Tone = "good" | "busy" | "warning" | "bad" | "quiet";

export interface StateWords {
  readonly tone: Tone;
  readonly text: string;
  readonly detail?: string | undefined;
}

export function streamWords({ isOnline, stream }: CameraStatus): StateWords {
  if (!isOnline) return { tone: "bad", text: "Offline" };
  const watching = stream.viewers === 1 ? "1 viewer" : `${stream.viewers} viewers`;
  switch (stream.state) {
    case "ready":
      return { tone: "good", text: stream.viewers === 0 ? "Live" : `Live, ${watching}` };
    case "starting":
      return { tone: "busy", text: "Starting" };
    case "failed":
      return { tone: "warning", text: "Live view failed" };
    default:
      return { tone: "quiet", text: "Not watched" };
  }
}

export function signInWords({ state }: HouseStatus["signIn"]): StateWords {
  switch (state) {
    case "signed-in":
      return { tone: "good", text: "Signed in" };
    case "signing-in":
      return { tone: "busy", text: "Signing in" };
    case "unreachable":
      return { tone: "warning", text: "Ring does not answer", detail: "Belfry keeps trying." };
    case "refused":
      return { tone: "bad", text: "Ring asks for a new sign-in" };
    case "signed-out":
      return { tone: "bad", text: "Not signed in" };
  }
}

export function pushWords({ push, signIn }: HouseStatus, now: number): StateWords {
  if (push.isHealthy) {
    const detail = push.lastPushAt === undefined ? "None since the start" : `Last one ${ago(push.lastPushAt, now)}`;
    return { tone: "good", text: "Connected", detail };
  }
  if (signIn.state === "signed-out" || signIn.state === "refused") return { tone: "quiet", text: "After the sign-in" };
  return { tone: "busy", text: "Connecting", detail: push.reason };
}

export function brokerWords({ isConnected, address, reason }: HouseStatus["broker"]): StateWords {
  if (isConnected) return { tone: "good", text: "Connected", detail: address };
  return reason === undefined
    ? { tone: "busy", text: "Connecting", detail: address }
    : { tone: "bad", text: "Not connected", detail: address };
}

export function engineWords(engine: HouseStatus["engine"]): StateWords {
  if (!engine) return { tone: "busy", text: "Starting" };
  const { name, isHealthy, rtspPort } = engine;
  const detail = `RTSP on port ${rtspPort} (${name})`;
  return isHealthy ? { tone: "good", text: "Ready", detail } : { tone: "bad", text: "Not running", detail };
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
