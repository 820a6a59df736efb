// Uses each control as its owner does, by a service call: the cloud hears of it, and the state says so.
import type { JournalEntry } from "../../../simulator/journal.ts";
import type { EntityState } from "../../support/home-assistant-client.ts";
import type { CameraHouse, Control } from "./camera-house.fixtures.ts";

/** These are Belfry's own: Ring hears nothing of them. */
const own = new Set(["motion_duration", "ding_duration", "snapshot_mode", "snapshot_interval", "stream_lock"]);

const isTold = ({ kind }: JournalEntry): boolean =>
  /^(?:settings\.changed|light\.switched|siren\.switched)$/.test(kind);

const answered =
  (path: (id: number) => string) =>
  ({ kind, details }: JournalEntry, id: number): boolean =>
    kind === "http.answered" && details["path"] === path(id);

/** What the cloud sees of a command, where that is not a change of a setting. */
const seen: Readonly<Record<string, (entry: JournalEntry, id: number) => boolean>> = {
  take_snapshot: answered((id) => `/snapshots/next/${id}`),
  rediscover: answered(() => "/clients_api/ring_devices"),
  stream: ({ kind, details }, id) => kind === "live.requested" && details["doorbotId"] === id,
  event_select: answered((id) => `/evm/v2/history/devices/${id}`),
};
const answerMs = 60_000;

/** Carries it out and back again. */
export async function exercise(house: CameraHouse, control: Control): Promise<void> {
  const { platform, default_entity_id: id } = control.component;
  const before = house.assistant.state(id)?.state ?? "unknown";
  const after = house.sequence;
  if (control.key === "event_stream") return await beRefused(house, id, /nobody to play to/);
  if (platform === "button") await press(house, id);
  else await set(house, control, otherValue(control, before));
  await cloudHas(house, control, after);
  if (platform !== "button" && before !== "unknown") await set(house, control, before);
}

async function cloudHas(house: CameraHouse, { key, device }: Control, after: number): Promise<void> {
  if (own.has(key)) return;
  const id = device?.id ?? 0;
  const isIt = seen[key] ?? ((entry: JournalEntry) => isTold(entry) && entry.details["deviceId"] === id);
  await house.journal(`${key} reaching Ring`, (entry) => isIt(entry, id), after);
}

/** What cannot be done is said, and nothing changes. */
async function beRefused({ assistant }: CameraHouse, id: string, why: RegExp): Promise<void> {
  await assistant.call("switch", "turn_on", { entity_id: id });
  const isSaid = (state: EntityState | undefined): boolean => why.test(String(state?.attributes["last_error"]));
  const said = await assistant.waitFor(`answer ${why}`, id, isSaid, answerMs);
  if (said?.state !== "off") throw new Error(`${id} shows ${said?.state}`);
}

async function press({ assistant }: CameraHouse, id: string): Promise<void> {
  const before = assistant.state(id)?.state;
  await assistant.call("button", "press", { entity_id: id });
  await assistant.waitFor("press", id, (state) => state?.state !== before, answerMs);
}

async function set({ assistant }: CameraHouse, { component }: Control, value: string): Promise<void> {
  const { platform, default_entity_id: id } = component;
  const data = { entity_id: id };
  if (platform === "number") await assistant.call("number", "set_value", { ...data, value: Number(value) });
  else if (platform === "select") await assistant.call("select", "select_option", { ...data, option: value });
  else if (platform === "siren" && value === "on") await assistant.call("siren", "turn_on", { ...data, duration: 60 });
  else await assistant.call(platform, `turn_${value}`, data);
  const isShown = (state: EntityState | undefined): boolean =>
    state?.state === value || (platform === "number" && Number(state?.state) === Number(value));
  await assistant.waitFor(`value ${value}`, id, isShown, answerMs).catch((error: Error) => {
    throw new Error(`${error.message}; ${JSON.stringify(assistant.state(id)?.attributes)}`);
  });
}

function otherValue({ component }: Control, before: string): string {
  const { platform, min, max, options } = component;
  if (platform === "number") return String(Number(before) === Number(max) ? min : max);
  if (platform === "select") return (options as string[]).find((option) => option !== before) ?? before;
  return before === "on" ? "off" : "on";
}
