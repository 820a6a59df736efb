// The health page of a device, for the few whose record in the device list has no health, or an empty one.
import { clientApi } from "ring-client-api/rest-client";
import type { CommandTarget } from "./command-target.ts";
import { asRecord, numberOf, recordOf, textOf, type WireRecord } from "./wire/record.ts";

/** Whether the device list leaves open how the camera is. */
export function lacksHealth(record: WireRecord): boolean {
  const health = recordOf(record, "health");
  return numberOf(health, "last_update_time") === undefined && numberOf(health, "rssi") === undefined;
}

export async function fetchHealth(target: CommandTarget, signal: AbortSignal): Promise<WireRecord> {
  const url = clientApi(`doorbots/${target.ringId}/health`);
  const reply = await target.client.request(`show the health of ${target.name}`, { url }, { signal });
  return embeddedForm(recordOf(asRecord(reply), "device_health") ?? {});
}

/** The record with that health; what the record itself says wins. */
export function withHealth(record: WireRecord, health: WireRecord | undefined): WireRecord {
  return health && lacksHealth(record) ? { ...record, health: { ...health, ...recordOf(record, "health") } } : record;
}

/** With the names that the device list has for the same things. */
function embeddedForm(report: WireRecord): WireRecord {
  const updatedMs = Date.parse(textOf(report, "updated_at") ?? "");
  const entries = {
    last_update_time: Number.isNaN(updatedMs) ? undefined : Math.round(updatedMs / 1000),
    wifi_name: textOf(report, "wifi_name"),
    rssi: numberOf(report, "latest_signal_strength"),
    rssi_category: textOf(report, "latest_signal_category"),
    network_connection_value: textOf(report, "network_connection"),
    firmware_version_status: textOf(report, "firmware"),
    battery_percentage: numberOf(report, "battery_percentage"),
    transformer_voltage: numberOf(report, "transformer_voltage"),
    ext_power_state: numberOf(report, "ext_power_state"),
  };
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}
