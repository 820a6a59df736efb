// Accounts for tests: the demo account, or parts and variations of it.
import { fileURLToPath } from "node:url";
import { type AccountData, type DeviceList, deviceLists, loadAccount, type TwoFactorKind } from "./account.ts";
import type { RawDevice } from "./contracts.ts";
import { slugOf } from "./device.ts";
import { type JsonObject, mergeInto } from "./json.ts";

export const demoAccountPath = fileURLToPath(new URL("./accounts/demo.json", import.meta.url));

export interface AccountVariation {
  readonly email?: string;
  readonly profileId?: number;
  readonly twoFactor?: TwoFactorKind;
  /** Only these devices, by slug; their history comes along. */
  readonly devices?: readonly string[];
  /** Deep partial changes of records, by slug. */
  readonly changes?: Readonly<Record<string, JsonObject>>;
  /** More devices. */
  readonly added?: readonly (readonly [DeviceList, RawDevice])[];
}

/** The demo account, without two-factor codes unless asked for, and with no pushes for clients that did not subscribe. */
export function buildAccount(variation: AccountVariation = {}): AccountData {
  const account = loadAccount(demoAccountPath);
  account.credentials.two_factor = variation.twoFactor ?? "none";
  account.credentials.email = variation.email ?? account.credentials.email;
  account.profile.id = variation.profileId ?? account.profile.id;
  for (const list of deviceLists) {
    account.ring_devices[list] = account.ring_devices[list].filter(({ description }) =>
      isWanted(variation, description),
    );
    for (const record of account.ring_devices[list]) {
      if ("subscribed" in record) mergeInto(record, { subscribed: false, subscribed_motions: false });
      mergeInto(record, variation.changes?.[slugOf(record.description)] ?? {});
    }
  }
  for (const [list, record] of variation.added ?? []) account.ring_devices[list].push(record);
  const ids = new Set(deviceLists.flatMap((list) => account.ring_devices[list].map(({ id }) => String(id))));
  account.history = account.history.filter((item) => ids.has(item.source_id));
  return account;
}

/** A record as the demo account has it, changed: the start of a device that is new. */
export function recordLike(
  slug: string,
  changes: JsonObject & { id: number; device_id: string; description: string },
): RawDevice {
  const account = loadAccount(demoAccountPath);
  const found = deviceLists
    .flatMap((list) => account.ring_devices[list])
    .find((item) => slugOf(item.description) === slug);
  if (!found) throw new Error(`the demo account has no device ${slug}`);
  mergeInto(found, changes);
  return found;
}

const isWanted = ({ devices }: AccountVariation, description: string): boolean =>
  devices === undefined || devices.includes(slugOf(description));
