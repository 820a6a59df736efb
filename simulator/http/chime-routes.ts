// Chimes, ringtones, light groups and intercoms: the smaller devices of an account.
import type { CloudReply, Route } from "../contracts.ts";
import { hosts } from "../hosts.ts";
import { parseObject, setAt, valueAt } from "../json.ts";
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
import { healthReply } from "./device-routes.ts";

const ringtone = {
  user_id: "ring",
  checksum: "0",
  available: "true",
  url: `https://${hosts.recordings}/ringtones/1.mp3`,
};

export function chimeRoutes(services: CloudServices): Route[] {
  const onChime = (method: string, action: string, handle: (call: DeviceCall) => CloudReply): Route => ({
    hosts: [hosts.api],
    method,
    path: new RegExp(`^/clients_api/chimes/(\\d+)/${action}$`),
    handle: inSession(services, withDevice(handle)),
  });
  return [
    onChime("GET", "health", ({ device }) => healthReply(device)),
    onChime("POST", "play_sound", (call) => playSound(services, call)),
    onChime("POST", "do_not_disturb", (call) => snooze(services, call)),
    onChime("GET", "linked_doorbots", ({ account }) => ({
      status: 200,
      body: account.devices.filter((device) => device.isDoorbell).map((device) => device.view(Date.now())),
    })),
    {
      hosts: [hosts.api],
      method: "GET",
      path: /^(\/clients_api)?\/ringtones$/,
      handle: authorized(services, () => ({ status: 200, body: ringtones() })),
    },
    ...groupRoutes(services),
    ...intercomRoutes(services),
  ];
}

function playSound({ journal }: CloudServices, { device, request }: DeviceCall): CloudReply {
  const kind = request.query.get("kind") ?? valueAt(parseObject(request.body.toString()), "kind");
  if (kind !== "ding" && kind !== "motion") {
    journal.violation("malformed body: kind must be ding or motion", requestDetails(request));
    return badRequest;
  }
  journal.record("chime.played", { deviceId: device.id, kind });
  return { status: 200, body: {} };
}

/** Minutes; without a body it is cleared. */
function snooze({ journal }: CloudServices, { device, request }: DeviceCall): CloudReply {
  const minutes = Math.min(1440, Number(valueAt(parseObject(request.body.toString()), "time") ?? 0));
  setAt(device.record, "do_not_disturb.seconds_left", minutes * 60);
  journal.record("chime.snoozed", { deviceId: device.id, minutes });
  return { status: 200, body: {} };
}

const ringtones = (): object => ({
  default_ding_user_id: "ring",
  default_ding_id: "1",
  default_motion_user_id: "ring",
  default_motion_id: "2",
  audios: [
    { ...ringtone, id: "1", description: "Ring Default", kind: "ding" },
    { ...ringtone, id: "2", description: "Ring Default", kind: "motion" },
  ],
});

function groupRoutes(services: CloudServices): Route[] {
  const at = { hosts: [hosts.api] };
  return [
    {
      ...at,
      method: "GET",
      path: /^\/groups\/v1\/locations\/([^/]+)\/groups$/,
      handle: authorized(services, () => ({ status: 200, body: { device_groups: [] } })),
    },
    {
      ...at,
      method: "POST",
      path: /^\/groups\/v1\/locations\/([^/]+)\/groups\/([^/]+)\/devices$/,
      handle: authorized(services, ({ request }) =>
        jsonBody(services, request) ? notFound("no such group") : badRequest,
      ),
    },
  ];
}

function intercomRoutes(services: CloudServices): Route[] {
  const rpc = withDevice(({ device, request }: DeviceCall): CloudReply => {
    const method = valueAt(jsonBody(services, request), "request.method");
    if (typeof method !== "string") return badRequest;
    if (!device.isIntercom || method !== "unlock_door")
      return notFound(`${device.record.description} cannot ${method}`);
    services.journal.record("intercom.unlocked", { deviceId: device.id });
    services.notifier.notifyUnlock(device).catch((error: unknown) => {
      services.journal.record("push.failed", { deviceId: device.id, error: String(error) });
    });
    return { status: 200, body: { result: { code: 0 } } };
  });
  const location = /^\/clients_api\/locations\/([^/]+)\/(users|invitations)$/;
  return [
    {
      hosts: [hosts.api],
      method: "PUT",
      path: /^\/commands\/v1\/devices\/(\d+)\/device_rpc$/,
      handle: authorized(services, rpc),
    },
    {
      hosts: [hosts.api],
      method: "GET",
      path: location,
      handle: inSession(services, () => ({ status: 200, body: [] })),
    },
  ];
}
