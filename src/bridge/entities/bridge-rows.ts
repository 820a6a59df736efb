// The entities of the bridge device itself: is Belfry signed in, do events arrive, which version runs.
import type { BridgeView } from "../bridge-view.ts";
import { type EntityRow, isoTime, onOff } from "./entity-row.ts";

type Row = EntityRow<BridgeView, Record<never, never>>;

const always = (): boolean => true;

export const bridgeRows: readonly Row[] = [
  {
    key: "connectivity",
    platform: "binary_sensor",
    topics: ["state", "attributes"],
    options: { name: "Ring connection", device_class: "connectivity", entity_category: "diagnostic" },
    exists: always,
    state: ({ signIn }) => onOff(signIn.state === "signed-in"),
    attributes: ({ signIn, cameraCount }) => ({
      sign_in: signIn.state,
      ...(signIn.reason === undefined ? {} : { reason: signIn.reason }),
      cameras: cameraCount,
    }),
  },
  {
    key: "last_push",
    platform: "sensor",
    topics: ["state"],
    options: { name: "Last push", device_class: "timestamp", entity_category: "diagnostic" },
    exists: always,
    state: ({ lastPushAt }) => (lastPushAt === undefined ? undefined : isoTime(lastPushAt)),
  },
  {
    key: "version",
    platform: "sensor",
    topics: ["state"],
    options: { name: "Version", entity_category: "diagnostic", icon: "mdi:tag-outline" },
    exists: always,
    state: ({ version }) => version,
  },
];
