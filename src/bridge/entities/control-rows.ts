// What can be switched and set at a camera.
import type { CameraActions, CameraView } from "../camera-view.ts";
import { BadCommandError, parseOnOff } from "../errors.ts";
import { type EntityRow, onOff } from "./entity-row.ts";
import { settingRows } from "./setting-rows.ts";

type Row = EntityRow<CameraView, CameraActions>;

export const controlRows: readonly Row[] = [
  {
    key: "light",
    platform: "light",
    topics: ["state", "attributes", "command"],
    options: { name: "Light" },
    exists: ({ camera }) => camera.light !== undefined,
    state: ({ camera }) => (camera.light === undefined ? undefined : onOff(camera.light)),
    write: (payload, actions, signal) => actions.setLight(parseOnOff(payload), signal),
  },
  {
    key: "siren",
    platform: "siren",
    topics: ["state", "attributes", "command"],
    options: { name: "Siren", icon: "mdi:alarm-light", support_duration: true, support_volume_set: false },
    exists: ({ camera }) => camera.siren !== undefined,
    state: ({ camera }) => (camera.siren ? onOff(camera.siren.isOn) : undefined),
    write: (payload, actions, signal) => {
      const { isOn, durationSeconds } = parseSirenCommand(payload);
      return actions.setSiren(isOn, durationSeconds, signal);
    },
  },
  ...settingRows,
];

/** Home Assistant's siren sends JSON with a state and perhaps a duration in seconds; people send ON and OFF. */
function parseSirenCommand(payload: string): { isOn: boolean; durationSeconds: number | undefined } {
  if (!payload.trim().startsWith("{")) return { isOn: parseOnOff(payload), durationSeconds: undefined };
  const expected = 'ON, OFF or JSON such as {"state": "ON", "duration": 10}';
  let command: unknown;
  try {
    command = JSON.parse(payload);
  } catch {
    throw new BadCommandError(payload, expected);
  }
  if (typeof command !== "object" || command === null || !("state" in command) || typeof command.state !== "string") {
    throw new BadCommandError(payload, expected);
  }
  const duration = "duration" in command ? command.duration : undefined;
  if (duration !== undefined && !(typeof duration === "number" && duration >= 1 && duration <= 120)) {
    throw new BadCommandError(payload, `${expected}; the duration is 1 to 120 seconds`);
  }
  return {
    isOn: parseOnOff(command.state),
    durationSeconds: duration === undefined ? undefined : Math.round(duration),
  };
}
