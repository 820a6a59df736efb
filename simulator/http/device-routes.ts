// clients_api: the device list, health, subscriptions and the simple commands (light, siren, spoken warning).
import { deviceLists } from "../account.ts";
import type { CloudReply, Route } from "../contracts.ts";
import { type Device, sirenReply } from "../device.ts";
import { hosts } from "../hosts.ts";
import { type JsonObject, objectAt, setAt } from "../json.ts";
import { isSubscribed, type SubscriptionKind } from "../sessions.ts";
import { authorized, type DeviceCall, inSession, noContent, notFound, type SessionCall, withDevice } from "./caller.ts";
import type { CloudServices } from "./cloud-services.ts";

type DeviceHandler = (call: SessionCall & DeviceCall) => CloudReply | Promise<CloudReply>;

export function deviceRoutes(services: CloudServices): Route[] {
  const at = { hosts: [hosts.api] };
  const onDevice = (method: string, path: RegExp, handle: DeviceHandler): Route => ({
    ...at,
    method,
    path,
    handle: inSession(services, withDevice(handle), path.source.includes("subscribe") ? { early: "violation" } : {}),
  });
  return [
    {
      ...at,
      method: "GET",
      path: /^\/clients_api\/ring_devices\/?$/,
      handle: inSession(services, (call) => ({ status: 200, body: ringDevices(call) })),
    },
    {
      ...at,
      method: "GET",
      path: /^\/devices\/v1\/locations\/?$/,
      handle: authorized(services, ({ account }) => ({
        status: 200,
        body: { user_locations: account.data.user_locations },
      })),
    },
    onDevice("GET", /^\/clients_api\/doorbots\/(\d+)\/health$/, ({ device }) => healthReply(device)),
    onDevice("POST", /^\/clients_api\/doorbots\/(\d+)\/(motions_)?(un)?subscribe$/, (call) =>
      subscribe(services, call),
    ),
    onDevice("PUT", /^\/clients_api\/doorbots\/(\d+)\/floodlight_light_(on|off)$/, (call) =>
      switchLight(services, call),
    ),
    onDevice("PUT", /^\/clients_api\/doorbots\/(\d+)\/siren_(on|off)$/, (call) => switchSiren(services, call)),
    onDevice("PUT", /^\/clients_api\/doorbots\/(\d+)\/motion_announcement$/, (call) => announce(services, call)),
    onDevice("POST", /^\/clients_api\/doorbots\/(\d+)\/live_view$/, ({ device }) => {
      services.journal.record("http.unsupported", { what: "live view by SIP", deviceId: device.id });
      return notFound("live_view is not available for this device");
    }),
  ];
}

/** Every list is always there, as an array. */
function ringDevices({ account, session }: SessionCall): JsonObject {
  const now = Date.now();
  const view = (device: Device): JsonObject =>
    device.view(now, {
      ding: isSubscribed(session, device, "ding"),
      motion: isSubscribed(session, device, "motion"),
    });
  return Object.fromEntries(
    deviceLists.map((list) => [list, account.devices.filter((device) => device.list === list).map(view)]),
  );
}

/** The health page of the app: another selection of the same facts, with its own names. */
export function healthReply(device: Device): CloudReply {
  const health = objectAt(device.record, "health");
  const rssi = health["rssi"] ?? -55;
  const battery = device.record["battery_life"];
  return {
    status: 200,
    body: {
      device_health: {
        id: device.id,
        wifi_name: health["wifi_name"] ?? "Home",
        battery_percentage: battery === undefined || battery === null ? null : String(battery),
        battery_percentage_category: health["battery_percentage_category"] ?? "unknown",
        battery_voltage: health["battery_voltage"] ?? null,
        battery_voltage_category: health["battery_voltage_category"] ?? null,
        latest_signal_strength: rssi,
        latest_signal_category: health["rssi_category"] ?? "good",
        average_signal_strength: rssi,
        average_signal_category: health["rssi_category"] ?? "good",
        firmware: "Up to Date",
        firmware_out_of_date: false,
        updated_at: `${new Date().toISOString().slice(0, 19)}+00:00`,
        wifi_is_ring_network: false,
        packet_loss_category: health["packet_loss_category"] ?? "good",
        packet_loss_strength: health["packet_loss"] ?? 0,
        ext_power_state: health["ext_power_state"] ?? 0,
        transformer_voltage: health["transformer_voltage"] ?? null,
        ...(health["network_connection_value"] === "ethernet" ? { network_connection: "ethernet" } : {}),
      },
    },
  };
}

function subscribe(services: CloudServices, { session, device, match }: SessionCall & DeviceCall): CloudReply {
  const kind: SubscriptionKind = match[2] === undefined ? "ding" : "motion";
  const isWanted = match[3] === undefined;
  services.sessions.subscribe(session, device.id, kind, isWanted);
  services.journal.record(isWanted ? "device.subscribed" : "device.unsubscribed", {
    deviceId: device.id,
    kind,
    hardwareId: session.hardwareId,
  });
  return noContent;
}

function switchLight({ journal }: CloudServices, { device, match }: DeviceCall): CloudReply {
  if (!device.hasLight) return notFound(`${device.record.description} has no light`);
  const state = match[2] === "on" ? "on" : "off";
  device.switchLight(state === "on");
  journal.record("light.switched", { deviceId: device.id, state });
  return { status: 200, body: {} };
}

function switchSiren({ journal }: CloudServices, { device, match, request }: DeviceCall): CloudReply {
  if (!device.hasSiren) return notFound(`${device.record.description} has no siren`);
  const isOn = match[2] === "on";
  const asked = Number(request.query.get("duration") ?? 30);
  const seconds = isOn ? Math.min(120, Math.max(0, Number.isFinite(asked) ? asked : 30)) : 0;
  const run = device.soundSiren(seconds, Date.now());
  journal.record("siren.switched", { deviceId: device.id, state: isOn ? "on" : "off", seconds });
  return { status: 200, body: isOn ? sirenReply(run) : { seconds_remaining: 0 } };
}

function announce({ journal }: CloudServices, { device, request }: DeviceCall): CloudReply {
  const isOn = request.query.get("motion_announcement") === "true";
  setAt(device.record, "settings.motion_announcement", isOn);
  journal.record("settings.changed", { deviceId: device.id, settings: { motion_announcement: isOn } });
  return { status: 200, body: {} };
}
