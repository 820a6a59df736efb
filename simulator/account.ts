// Accounts as data: the shape of an account file, and loading it with a clear sentence for each thing that is wrong.
import { readFileSync } from "node:fs";
import * as v from "valibot";
import type { RawDevice } from "./contracts.ts";
import type { JsonObject } from "./json.ts";

export const deviceLists = [
  "doorbots",
  "authorized_doorbots",
  "stickup_cams",
  "chimes",
  "base_stations",
  "beams_bridges",
  "other",
] as const;
export type DeviceList = (typeof deviceLists)[number];

export const twoFactorKinds = ["none", "sms", "email", "totp"] as const;
export type TwoFactorKind = (typeof twoFactorKinds)[number];

export interface AccountData {
  credentials: {
    email: string;
    password: string;
    two_factor: TwoFactorKind;
    /** The code that is right, always the same one. */
    two_factor_code: string;
    /** Shown to whoever asks for a code, already masked. */
    phone: string;
  };
  /** As `clients_api/profile` sends it. */
  profile: { id: number; first_name: string; last_name: string } & JsonObject;
  /** As `devices/v1/locations` sends it. */
  user_locations: ({ location_id: string; name: string } & JsonObject)[];
  ring_devices: Record<DeviceList, RawDevice[]>;
  /** Items of `evm/v2/history/devices`; media links are made when they are asked for. */
  history: ({ event_id: string; source_id: string; start_time: string; event_type: string } & JsonObject)[];
  /** Moves all events so that the newest one began so many seconds before the simulator did. */
  newest_event_age_seconds?: number | undefined;
}

const text = v.pipe(v.string(), v.nonEmpty("is empty"));

const device = v.looseObject({
  id: v.pipe(v.number(), v.safeInteger()),
  device_id: text,
  kind: text,
  description: v.string(),
  location_id: text,
});

const devices = v.optional(v.array(device), []);

const account = v.object({
  credentials: v.object({
    email: text,
    password: text,
    two_factor: v.optional(v.picklist(twoFactorKinds), "none"),
    two_factor_code: v.optional(text, "123456"),
    phone: v.optional(v.string(), "+1xxxxxxxx89"),
  }),
  profile: v.looseObject({ id: v.number(), first_name: v.string(), last_name: v.string() }),
  user_locations: v.array(v.looseObject({ location_id: text, name: v.string() })),
  ring_devices: v.object({
    doorbots: devices,
    authorized_doorbots: devices,
    stickup_cams: devices,
    chimes: devices,
    base_stations: devices,
    beams_bridges: devices,
    other: devices,
  }),
  history: v.optional(
    v.array(
      v.looseObject({
        event_id: v.pipe(v.string(), v.digits("must be digits as text")),
        source_id: v.pipe(v.string(), v.digits("must be the numeric id of a device, as text")),
        start_time: v.pipe(
          v.string(),
          v.check((value) => !Number.isNaN(Date.parse(value)), "is no date"),
        ),
        event_type: text,
      }),
    ),
    [],
  ),
  newest_event_age_seconds: v.optional(v.number()),
});

/** Checks what an account file holds; `source` names it in the error. */
export function parseAccount(content: unknown, source: string): AccountData {
  const outcome = v.safeParse(account, content);
  if (!outcome.success) {
    const faults = outcome.issues.map((issue) => `${v.getDotPath(issue) ?? "the file"}: ${issue.message}`);
    throw new Error(`${source} is no account for the simulated Ring cloud: ${faults.join("; ")}`);
  }
  const ids = deviceLists.flatMap((list) => outcome.output.ring_devices[list].map((item) => item.id));
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new Error(`${source}: two devices have the id ${twice}; give each its own`);
  return outcome.output;
}

export function loadAccount(path: string): AccountData {
  return parseAccount(readJson(path), path);
}

function readJson(path: string): unknown {
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (cause) {
    throw new Error(`cannot read the account file ${path}: check the path and its permissions`, { cause });
  }
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new Error(`the account file ${path} is not JSON: ${String(cause)}`, { cause });
  }
}
