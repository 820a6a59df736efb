// Snapshots: the long poll of app-snaps, the pictures of notifications, and the older pair of calls.
import type { CloudReply, CloudRequest, Route } from "../contracts.ts";
import type { Device } from "../device.ts";
import { hosts } from "../hosts.ts";
import type { Snapshot } from "../snapshots.ts";
import type { Account } from "../world.ts";
import { authorized, badRequest, type DeviceCall, inSession, jsonBody, notFound, withDevice } from "./caller.ts";
import type { CloudServices } from "./cloud-services.ts";

const longestWaitMs = 60_000;
const noSnapshot = (): CloudReply => ({ status: 404, body: "no snapshot" });
const never = new AbortController().signal;

export function snapshotRoutes(services: CloudServices): Route[] {
  const api = { hosts: [hosts.api] };
  return [
    {
      hosts: [hosts.snapshots],
      method: "GET",
      path: /^\/snapshots\/next\/(\d+)$/,
      handle: authorized(
        services,
        withDevice((call) => nextSnapshot(services, call)),
      ),
    },
    {
      ...api,
      method: "GET",
      path: /^\/clients_api\/snapshots\/uuid$/,
      handle: inSession(services, ({ account, request }) =>
        reply(byUuid(services, account, request.query.get("uuid") ?? "")),
      ),
    },
    {
      ...api,
      method: "POST",
      path: /^\/clients_api\/snapshots\/timestamps$/,
      handle: inSession(services, (call) => timestamps(services, call.account, call.request)),
    },
    {
      ...api,
      method: "GET",
      path: /^\/clients_api\/snapshots\/image\/(\d+)$/,
      handle: inSession(
        services,
        withDevice(async ({ device, request }) =>
          reply(await services.snapshots.next(device, { ...wait(request), afterMs: 0, isForced: false })),
        ),
      ),
    },
  ];
}

async function nextSnapshot(services: CloudServices, { device, request, account }: DeviceCall): Promise<CloudReply> {
  const uuid = request.query.get("uuid");
  if (uuid !== null) return reply(byUuid(services, account, uuid));
  const snapshot = await services.snapshots.next(device, {
    ...wait(request),
    afterMs: Number(request.query.get("after-ms") ?? 0) || 0,
    isForced: request.query.get("extras") === "force",
  });
  services.journal.record("snapshot.answered", { deviceId: device.id, capturedAt: snapshot?.capturedAt ?? null });
  return reply(snapshot);
}

function wait(request: CloudRequest): { maxWaitMs: number; signal: AbortSignal } {
  const asked = Number(request.query.get("max-wait-ms") ?? longestWaitMs);
  return { maxWaitMs: Math.min(asked > 0 ? asked : longestWaitMs, longestWaitMs), signal: request.signal ?? never };
}

function byUuid({ snapshots }: CloudServices, account: Account, uuid: string): Snapshot | undefined {
  const event = account.history.findBySnapshot(uuid.replace(/:.*$/, ""));
  const device = event && account.device(event.deviceId);
  return device && snapshots.ofEvent(device, event);
}

/** One client reads the capture time, another one the `date` beside it. */
function reply(snapshot: Snapshot | undefined): CloudReply {
  if (!snapshot) return noSnapshot();
  const headers = { "content-type": "image/jpeg", "x-time-millis": String(snapshot.capturedAt) };
  return { status: 200, headers, body: snapshot.jpeg };
}

/** Takes a picture of each camera; its time is later than the request, which is what the client waits for. */
async function timestamps(services: CloudServices, account: Account, request: CloudRequest): Promise<CloudReply> {
  const ids = jsonBody(services, request)?.["doorbot_ids"];
  if (!Array.isArray(ids)) return badRequest;
  const devices = ids
    .map((id) => account.device(Number(id)))
    .filter((device): device is Device => device !== undefined);
  if (devices.length === 0) return notFound("no such device");
  const taken = await Promise.all(
    devices.map(async (device) => {
      const snapshot = await services.snapshots.next(device, { ...wait(request), afterMs: 0, isForced: true });
      return snapshot && { doorbot_id: device.id, timestamp: snapshot.capturedAt };
    }),
  );
  return { status: 200, body: { timestamps: taken.filter((entry) => entry !== undefined) } };
}
