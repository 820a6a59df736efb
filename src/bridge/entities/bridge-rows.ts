// The entities of the bridge device itself: is Belfry signed in, do events arrive, what is wrong, and two buttons.
import type { BridgeActions, BridgeView } from "../bridge-view.ts";
import { checkPress } from "../errors.ts";
import { type Attributes, type EntityRow, isoTime, onOff } from "./entity-row.ts";

type Row = EntityRow<BridgeView, BridgeActions>;

const always = (): boolean => true;
const diagnostic = { entity_category: "diagnostic" };

export const bridgeRows: readonly Row[] = [
  {
    key: "connectivity",
    platform: "binary_sensor",
    topics: ["state", "attributes"],
    options: { name: "Ring connection", device_class: "connectivity", ...diagnostic },
    exists: always,
    state: ({ signIn }) => onOff(signIn.state === "signed-in"),
    attributes: ({ signIn, cameraCount }) => ({
      sign_in: signIn.state,
      ...(signIn.reason === undefined ? {} : { reason: signIn.reason }),
      cameras: cameraCount,
    }),
  },
  {
    key: "sign_in",
    platform: "sensor",
    topics: ["state", "attributes"],
    options: {
      name: "Ring sign-in",
      device_class: "enum",
      options: ["signed-out", "signing-in", "signed-in", "refused", "unreachable"],
      icon: "mdi:account-key-outline",
      ...diagnostic,
    },
    exists: always,
    state: ({ signIn }) => signIn.state,
    attributes: ({ signIn }) => ({ reason: signIn.reason ?? null }),
  },
  {
    key: "sign_in_needed",
    platform: "binary_sensor",
    topics: ["state"],
    options: { name: "Ring account", device_class: "problem", icon: "mdi:account-alert-outline", ...diagnostic },
    exists: always,
    state: ({ signIn }) => onOff(signIn.state === "refused" || signIn.state === "signed-out"),
  },
  {
    key: "push",
    platform: "binary_sensor",
    topics: ["state", "attributes"],
    options: { name: "Ring events", device_class: "connectivity", ...diagnostic },
    exists: always,
    state: ({ push }) => onOff(push.isHealthy),
    attributes: ({ push }) => ({ reason: push.reason ?? null }),
  },
  {
    key: "problem",
    platform: "sensor",
    topics: ["state"],
    options: { name: "Problem", icon: "mdi:alert-circle-outline", ...diagnostic },
    exists: always,
    state: ({ problem }) => problem ?? "none",
  },
  timeRow("last_push", "Last event from Ring", ({ push }) => push.lastPushAt),
  timeRow("last_contact", "Last contact with Ring", ({ lastContactAt }) => lastContactAt),
  {
    key: "version",
    platform: "sensor",
    topics: ["state"],
    options: { name: "Version", icon: "mdi:tag-outline", ...diagnostic },
    exists: always,
    state: ({ version }) => version,
  },
  buttonRow("rediscover", { name: "Find devices again", icon: "mdi:refresh" }, (actions) => actions.rediscover()),
  buttonRow("restart", { name: "Restart", device_class: "restart" }, (actions) => actions.restart()),
];

function timeRow(key: string, name: string, at: (view: BridgeView) => number | undefined): Row {
  return {
    key,
    platform: "sensor",
    topics: ["state"],
    options: { name, device_class: "timestamp", ...diagnostic },
    exists: always,
    state: (view) => {
      const time = at(view);
      return time === undefined ? undefined : isoTime(time);
    },
  };
}

function buttonRow(key: string, options: Attributes, press: (actions: BridgeActions) => void): Row {
  return {
    key,
    platform: "button",
    topics: ["command"],
    options: { ...options, entity_category: "config" },
    exists: always,
    write: (payload, actions) => {
      checkPress(payload);
      press(actions);
    },
  };
}
