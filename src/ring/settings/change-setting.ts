// One setting at Ring: by which request it is changed, and how the change shows in the device list.
import { clientApi } from "ring-client-api/rest-client";
import type { CommandTarget } from "../command-target.ts";
import { valueAt, withValueAt } from "../wire/path.ts";
import type { WireRecord } from "../wire/record.ts";
import type { SettingName, SettingValue } from "./camera-settings.ts";
import { type SettingRow, settingTable } from "./setting-table.ts";
import { type PageChange, pageUrl } from "./settings-page.ts";

export interface SettingChange extends PageChange {
  readonly thing: string;
  /** Where the device list shows it: whether it does by now, and how it will. */
  readonly listed: { agrees(record: WireRecord): boolean; apply(record: WireRecord): WireRecord } | undefined;
}

/** `value` must be one of that setting. */
export function changeOf(
  target: CommandTarget,
  record: WireRecord,
  name: SettingName,
  value: SettingValue,
): SettingChange {
  const row: SettingRow<SettingValue> = settingTable[name];
  const { page, record: place } = row;
  const isListed = place !== undefined && valueAt(record, place.path) !== undefined;
  return {
    thing: row.thing,
    path: page.path,
    isDone: (content) => page.form.read(valueAt(content, page.path)) === value,
    send: (signal) => send(target, row, value, signal),
    listed: isListed
      ? {
          agrees: (other) => place.form.read(valueAt(other, place.path)) === value,
          apply: (other) => withValueAt(other, place.path, place.form.write(value)),
        }
      : undefined,
  };
}

function send(
  target: CommandTarget,
  row: SettingRow<SettingValue>,
  value: SettingValue,
  signal: AbortSignal,
): Promise<unknown> {
  const { client, ringId, name } = target;
  const doing = `change the ${row.thing} of ${name}`;
  if (row.by === "put" && row.record) {
    const doorbot = withValueAt({}, row.record.path, row.record.form.write(value));
    const url = clientApi(`doorbots/${ringId}/`);
    return client.request(doing, { url, method: "PUT", json: { doorbot } }, { signal });
  }
  const json = withValueAt({}, row.page.path, row.page.form.write(value));
  return client.request(doing, { url: pageUrl(target), method: "PATCH", json }, { signal });
}
