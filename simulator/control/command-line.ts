// The words of `npm run ring` as requests to the control API.
import { type JsonObject, parseObject } from "../json.ts";

export type ControlRequest =
  | { readonly method: "GET"; readonly path: string }
  | { readonly method: "POST"; readonly path: string; readonly body: JsonObject };

export const usage = `usage: npm run ring -- COMMAND
  ding CAMERA                      press the doorbell
  motion CAMERA [DETECTION]        motion, human, package_delivery, moving_vehicle …
  person CAMERA
  battery CAMERA PERCENT [BAY]
  offline CAMERA | online CAMERA
  light CAMERA on|off | siren CAMERA SECONDS
  record CAMERA JSON               deep change of the raw device record
  end-calls [CAMERA] [--code N] [--text TEXT]
  knob CAMERA JSON | account-knob JSON | reset-knobs
  next-requests JSON               {"path": "ring_devices", "times": 2, "delayMs": 3000 | "status": 503 | "reset": true}
  lose-session | expire-tokens | revoke-tokens | disturb-push close|reset|mute | stun on|off
  token [--wrapped]                a fresh refresh token
  journal [--after N] [--kind KIND] | violations | refusals | state | environment
A camera is named by its description in lower case (front-door), its id or its device_id.`;

const reads = new Set(["violations", "refusals", "state", "environment"]);

export function parseCommandLine(words: readonly string[]): ControlRequest {
  const { plain, flags } = split(words);
  const [command = "", first, second, third] = plain;
  if (command === "journal") return { method: "GET", path: `/journal?${new URLSearchParams(flags)}` };
  if (reads.has(command)) return { method: "GET", path: `/${command}` };
  return { method: "POST", path: `/${command}`, body: bodyOf(command, flags, first, second, third) };
}

function bodyOf(
  command: string,
  flags: Record<string, string>,
  first?: string,
  second?: string,
  third?: string,
): JsonObject {
  switch (command) {
    case "ding":
    case "person":
    case "offline":
    case "online":
    case "remove-device":
      return { camera: need(first, "CAMERA") };
    case "motion":
      return { camera: need(first, "CAMERA"), ...(second === undefined ? {} : { detection: second }) };
    case "battery":
      return {
        camera: need(first, "CAMERA"),
        percent: Number(need(second, "PERCENT")),
        ...(third === undefined ? {} : { bay: Number(third) }),
      };
    case "light":
      return { camera: need(first, "CAMERA"), state: need(second, "on or off") };
    case "siren":
      return { camera: need(first, "CAMERA"), seconds: Number(need(second, "SECONDS")) };
    case "record":
      return { camera: need(first, "CAMERA"), patch: json(second) };
    case "knob":
      return { camera: need(first, "CAMERA"), knobs: json(second) };
    case "account-knob":
      return { knobs: json(first) };
    case "next-requests":
      return json(first);
    case "end-calls":
      return { ...(first === undefined ? {} : { camera: first }), ...codeAndText(flags) };
    case "disturb-push":
      return { how: need(first, "close, reset or mute") };
    case "stun":
      return { silent: need(first, "on or off") === "off" };
    case "token":
      return { wrapped: "wrapped" in flags };
    case "reset-knobs":
    case "lose-session":
    case "expire-tokens":
    case "revoke-tokens":
      return {};
    default:
      throw new Error(usage);
  }
}

const codeAndText = (flags: Record<string, string>): JsonObject => ({
  ...(flags["code"] === undefined ? {} : { code: Number(flags["code"]) }),
  ...(flags["text"] === undefined ? {} : { text: flags["text"] }),
});

function need(word: string | undefined, what: string): string {
  if (word === undefined) throw new Error(`${what} is missing\n${usage}`);
  return word;
}

function json(word: string | undefined): JsonObject {
  const object = parseObject(need(word, "JSON"));
  if (!object) throw new Error(`${word} is no JSON object`);
  return object;
}

/** `--flag value`, or `--flag` alone at the end or before another flag. */
function split(words: readonly string[]): { plain: string[]; flags: Record<string, string> } {
  const plain: string[] = [];
  const flags: Record<string, string> = {};
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (!word.startsWith("--")) {
      plain.push(word);
      continue;
    }
    const next = words[index + 1];
    const hasValue = next !== undefined && !next.startsWith("--");
    flags[word.slice(2)] = hasValue ? next : "";
    if (hasValue) index++;
  }
  return { plain, flags };
}
