// Of which events Ring sends messages, as far as a camera's record says.
import type { CameraEvent } from "./camera-state.ts";
import { valueAt } from "./wire/path.ts";
import type { WireRecord } from "./wire/record.ts";

/** The owner may have alerts of persons alone, or none of motion. */
export function isAlertOn(
  record: WireRecord | undefined,
  { kind, detection }: Pick<CameraEvent, "kind" | "detection">,
): boolean {
  if (kind === "ding") return true;
  const type = detection === "person" ? "human" : "motion";
  return valueAt(record, `settings.cv_settings.detection_types.${type}.notification`) !== false;
}
