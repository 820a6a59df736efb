// The operations of the control API by name: what each one wants to be told, and what it does.
import * as v from "valibot";
import { deviceLists } from "../account.ts";
import { isObject, type JsonObject } from "../json.ts";
import type { Operations } from "../operations.ts";

type Command = (operations: Operations, input: JsonObject) => unknown;

const camera = v.string();
const account = v.optional(v.string());
const object = v.custom<JsonObject>(isObject, "must be a JSON object");

/** The input is checked first; a field that is not known is a mistake. */
function command<const E extends v.ObjectEntries>(
  entries: E,
  run: (operations: Operations, input: v.InferOutput<v.StrictObjectSchema<E, undefined>>) => unknown,
): Command {
  const schema = v.strictObject(entries);
  return (operations, input) => {
    const outcome = v.safeParse(schema, input);
    if (!outcome.success)
      throw new Error(outcome.issues.map((issue) => `${v.getDotPath(issue) ?? "input"}: ${issue.message}`).join("; "));
    return run(operations, outcome.output);
  };
}

const secondsAgo = v.optional(v.number(), 0);
const bay = v.optional(v.picklist([1, 2]), 1);

export const commands: Readonly<Record<string, Command>> = {
  ding: command({ camera, secondsAgo }, (does, input) => does.pressDoorbell(input.camera, input.secondsAgo)),
  motion: command({ camera, detection: v.optional(v.string(), "motion"), secondsAgo }, (does, input) =>
    does.causeMotion(input.camera, input.detection, input.secondsAgo),
  ),
  person: command({ camera }, (does, input) => does.causeMotion(input.camera, "human")),
  battery: command({ camera, percent: v.number(), bay }, (does, input) =>
    does.setBattery(input.camera, input.percent, input.bay),
  ),
  offline: command({ camera }, (does, input) => does.setOnline(input.camera, false)),
  online: command({ camera }, (does, input) => does.setOnline(input.camera, true)),
  light: command({ camera, state: v.picklist(["on", "off"]) }, (does, input) =>
    does.switchLight(input.camera, input.state === "on"),
  ),
  siren: command({ camera, seconds: v.number() }, (does, input) => does.soundSiren(input.camera, input.seconds)),
  record: command({ camera, patch: object }, (does, input) => does.changeRecord(input.camera, input.patch)),
  "add-device": command({ account, list: v.picklist(deviceLists), record: object }, (does, input) =>
    does.addDevice(input.account, input.list, input.record),
  ),
  "remove-device": command({ camera }, (does, input) => does.removeDevice(input.camera)),
  knob: command({ camera, knobs: object }, (does, input) => does.turnKnobs(input.camera, input.knobs)),
  "account-knob": command({ account, knobs: object }, (does, input) =>
    does.turnAccountKnobs(input.account, input.knobs),
  ),
  "reset-knobs": command({}, (does) => does.resetKnobs()),
  "next-requests": command(
    {
      path: v.string(),
      times: v.optional(v.number(), 1),
      method: v.optional(v.string()),
      delayMs: v.optional(v.number()),
      status: v.optional(v.number()),
      headers: v.optional(v.record(v.string(), v.string())),
      body: v.optional(v.union([v.string(), object])),
      reset: v.optional(v.boolean()),
    },
    (does, { path, times, ...rest }) => does.failNextRequests({ path, times, ...withoutUndefined(rest) }),
  ),
  "end-calls": command(
    { camera: v.optional(v.string()), code: v.optional(v.number(), 0), text: v.optional(v.string(), "") },
    (does, input) => ({ ended: does.endCalls(input.camera, input.code, input.text) }),
  ),
  "lose-session": command({ account }, (does, input) => ({ lost: does.loseSessions(input.account) })),
  "expire-tokens": command({ account }, (does, input) => does.expireAccessTokens(input.account)),
  "revoke-tokens": command({ account }, (does, input) => does.revokeRefreshTokens(input.account)),
  "disturb-push": command({ how: v.picklist(["close", "reset", "mute"]) }, (does, input) => ({
    disturbed: does.disturbPush(input.how),
  })),
  stun: command({ silent: v.boolean() }, (does, input) => does.silenceStun(input.silent)),
  token: command({ account, hardwareId: v.optional(v.string()), wrapped: v.optional(v.boolean()) }, (does, input) => ({
    token: does.refreshToken(withoutUndefined(input)),
  })),
};

export async function runCommand(operations: Operations, name: string, input: JsonObject): Promise<unknown> {
  const found = commands[name];
  if (!found) throw new Error(`there is no operation "${name}"; there are ${Object.keys(commands).join(", ")}`);
  return found(operations, input);
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(input: T): Defined<T> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as Defined<T>;
}
