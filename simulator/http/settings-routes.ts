// Device settings in both of Ring's forms: devices/v1 (JSON patches) and PUT on doorbots or chimes (JSON, or texts in the query).
import type { CloudReply, Route } from "../contracts.ts";
import { deviceSettings, patchDeviceSettings } from "../device-settings.ts";
import { hosts } from "../hosts.ts";
import { isObject, type JsonObject, mergeInto, setAt } from "../json.ts";
import {
  authorized,
  badRequest,
  type DeviceCall,
  inSession,
  jsonBody,
  notFound,
  requestDetails,
  withDevice,
} from "./caller.ts";
import type { CloudServices } from "./cloud-services.ts";

export function settingsRoutes(services: CloudServices): Route[] {
  const at = { hosts: [hosts.api] };
  const settings = /^\/devices\/v1\/devices\/(\d+)\/settings\/?$/;
  return [
    {
      ...at,
      method: "GET",
      path: settings,
      handle: authorized(
        services,
        withDevice(({ device }) => ({ status: 200, body: deviceSettings(device) })),
      ),
    },
    {
      ...at,
      method: "PATCH",
      path: settings,
      handle: authorized(
        services,
        withDevice((call) => patch(services, call)),
      ),
    },
    {
      ...at,
      method: "PUT",
      path: /^\/clients_api\/doorbots\/(\d+)\/?$/,
      handle: inSession(
        services,
        withDevice((call) => put(services, call, "doorbot")),
      ),
    },
    {
      ...at,
      method: "PUT",
      path: /^\/clients_api\/chimes\/(\d+)\/?$/,
      handle: inSession(
        services,
        withDevice((call) => put(services, call, "chime")),
      ),
    },
  ];
}

function patch(services: CloudServices, { device, request }: DeviceCall): CloudReply {
  const body = jsonBody(services, request);
  if (!body) return badRequest;
  if (device.isShared) return notFound("Not Found");
  patchDeviceSettings(device, body);
  services.journal.record("settings.changed", { deviceId: device.id, settings: body });
  return { status: 200, body: deviceSettings(device) };
}

function put(services: CloudServices, { device, request }: DeviceCall, root: "doorbot" | "chime"): CloudReply {
  const changes =
    request.body.length > 0 && request.body.toString() !== "null"
      ? jsonBody(services, request)
      : fromQuery(request.query);
  const change = changes?.[root];
  if (!isObject(change)) {
    services.journal.violation(`malformed settings: nothing under "${root}"`, requestDetails(request));
    return badRequest;
  }
  mergeInto(device.record, change);
  services.journal.record("settings.changed", { deviceId: device.id, settings: change });
  return { status: 200, body: {} };
}

/** `doorbot[settings][chime_settings][enable]=1` as an object; what is switched on or off becomes a boolean. */
export function fromQuery(query: URLSearchParams): JsonObject {
  const result: JsonObject = {};
  for (const [name, value] of query) {
    const keys = name.split(/[[\]]+/).filter((key) => key !== "");
    setAt(result, keys.join("."), typed(keys.at(-1) ?? name, value));
  }
  return result;
}

function typed(key: string, value: string): unknown {
  if (/^enabled?$/.test(key)) return value === "1" || value === "true";
  if (value === "true" || value === "false") return value === "true";
  return /^-?\d+$/.test(value) && key !== "description" ? Number(value) : value;
}
