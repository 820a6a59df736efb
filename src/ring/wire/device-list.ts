// The reply to `ring_devices`: every camera record that can be addressed, repaired so far that ring-client-api can hold it.
import { asList, asRecord, idOf, numberOf, recordOf, textOf, type WireRecord } from "./record.ts";

export interface CameraRecord {
  readonly ringId: number;
  readonly deviceId: string;
  readonly locationId: string;
  readonly isInDoorbellList: boolean;
  readonly isInSharedList: boolean;
  /** As Ring sent it; fields that ring-client-api reads without looking are there. */
  readonly record: WireRecord;
}

export interface DeviceList {
  readonly cameras: readonly CameraRecord[];
  /** Records that cannot be a camera of ours because they have no usable id, one sentence each. */
  readonly unusable: readonly string[];
}

/** `locationId` of devices whose record names none. */
export const unknownLocation = "unknown";

const cameraLists = ["doorbots", "authorized_doorbots", "stickup_cams"] as const;

/** undefined where the reply is no device list at all. */
export function readDeviceList(reply: unknown): DeviceList | undefined {
  const lists = asRecord(reply);
  if (!lists || !cameraLists.some((name) => name in lists)) return undefined;
  const cameras = new Map<number, CameraRecord>();
  const unusable: string[] = [];
  for (const name of [...cameraLists, "other"]) {
    for (const [index, entry] of asList(lists[name]).entries()) {
      const record = asRecord(entry);
      if (name === "other" && !isOtherCamera(record)) continue;
      const camera = record && readCameraRecord(name, record);
      if (!camera) unusable.push(`the device ${index + 1} of Ring's list ${name} has no usable id; it is left out`);
      else if (!cameras.has(camera.ringId)) cameras.set(camera.ringId, camera);
    }
  }
  return { cameras: [...cameras.values()], unusable };
}

/** `other` also holds intercoms and garage doors; what calls itself a camera there is one, known to us or not. */
function isOtherCamera(record: WireRecord | undefined): boolean {
  const kind = textOf(record, "kind") ?? "";
  return /cam|doorbell/.test(kind) && !kind.startsWith("intercom");
}

function readCameraRecord(list: string, record: WireRecord): CameraRecord | undefined {
  const ringId = numberOf(record, "id");
  if (ringId === undefined || !Number.isSafeInteger(ringId) || ringId <= 0) return undefined;
  const deviceId = idOf(record, "device_id");
  const settings = recordOf(record, "settings");
  return {
    ringId,
    deviceId: deviceId && /^[\w-]+$/.test(deviceId) ? deviceId : String(ringId),
    locationId: idOf(record, "location_id") ?? unknownLocation,
    isInDoorbellList: list === "doorbots" || list === "authorized_doorbots",
    isInSharedList: list === "authorized_doorbots",
    record: {
      ...record,
      id: ringId,
      kind: textOf(record, "kind") ?? "unknown",
      description: textOf(record, "description") ?? `Camera ${ringId}`,
      alerts: recordOf(record, "alerts") ?? {},
      settings: { ...settings, sheila_settings: recordOf(settings, "sheila_settings") ?? {} },
    },
  };
}
