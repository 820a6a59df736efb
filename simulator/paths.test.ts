// Every call that a Ring client is known to make is answered, and none of them is a violation.
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { buildAccount, recordLike } from "./account-builders.ts";
import { SimulatedRingCloud } from "./cloud.ts";
import { type SignedIn, signIn } from "./cloud-client.fixtures.ts";
import { hosts } from "./hosts.ts";

const location = "7c1e9f42-5a0b-4d6e-9b3f-2f60c8a4d115";
const [camera, doorbell, chime, intercom] = [48151103, 48151101, 48151201, 48151301];
const event = "7410000000012000036";
const api = "/clients_api";

type Row = readonly [status: number, method: string, path: string, body?: object];

const calls: readonly Row[] = [
  [200, "GET", `${api}/profile`],
  [200, "GET", "/devices/v1/locations"],
  [200, "GET", `${api}/ring_devices`],
  [200, "GET", `${api}/dings/active`],
  [200, "GET", `${api}/locations/${location}/events?limit=20&kind=motion`],
  [200, "GET", `${api}/locations/${location}/devices/${camera}/events`],
  [200, "GET", `${api}/locations/${location}/users`],
  [200, "GET", "/integrations/amazonkey/v2/devices/lock_associations"],
  [204, "POST", `${api}/doorbots/${camera}/subscribe`],
  [204, "POST", `${api}/doorbots/${camera}/motions_subscribe`],
  [204, "POST", `${api}/doorbots/${camera}/unsubscribe`],
  [204, "POST", `${api}/doorbots/${camera}/motions_unsubscribe`],
  [200, "GET", `${api}/doorbots/${camera}/health`],
  [200, "GET", `${api}/doorbots/${camera}/history?limit=10`],
  [200, "PUT", `${api}/doorbots/${camera}/floodlight_light_on`],
  [200, "PUT", `${api}/doorbots/${camera}/floodlight_light_off`],
  [200, "PUT", `${api}/doorbots/${camera}/siren_on?duration=5`],
  [200, "PUT", `${api}/doorbots/${camera}/siren_off`],
  [200, "PUT", `${api}/doorbots/${doorbell}/motion_announcement?motion_announcement=true`],
  [404, "POST", `${api}/doorbots/${doorbell}/live_view`],
  [200, "GET", `/devices/v1/devices/${camera}/settings`],
  [200, "PATCH", `/devices/v1/devices/${chime}/settings`, { night_light_settings: { light_sensor_enabled: false } }],
  [200, "GET", `${api}/chimes/${chime}/health`],
  [200, "GET", `${api}/chimes/${chime}/linked_doorbots`],
  [200, "POST", `${api}/chimes/${chime}/play_sound?kind=ding`],
  [200, "POST", `${api}/chimes/${chime}/play_sound`, { kind: "motion" }],
  [200, "POST", `${api}/chimes/${chime}/do_not_disturb`, { time: 10 }],
  [200, "POST", `${api}/chimes/${chime}/do_not_disturb`],
  [200, "PUT", `${api}/chimes/${chime}/`, { chime: { settings: { volume: 4 } } }],
  [200, "GET", `${api}/ringtones`],
  [200, "GET", `/groups/v1/locations/${location}/groups`],
  [
    404,
    "POST",
    `/groups/v1/locations/${location}/groups/1/devices`,
    { lights_on: { enabled: true, duration_seconds: 60 } },
  ],
  [200, "GET", `${api}/doorbots/${intercom}/history?limit=10`],
  [
    200,
    "PUT",
    `/commands/v1/devices/${intercom}/device_rpc`,
    {
      command_name: "device_rpc",
      request: { jsonrpc: "2.0", method: "unlock_door", params: { door_id: 0, user_id: 0 } },
    },
  ],
  [200, "GET", `/evm/v2/history/devices?source_ids=${camera}&capabilities=offline_event&limit=100`],
  [200, "GET", `/evm/v3/history/devices?source_ids=${camera}`],
  [200, "GET", `/evm/v2/history/devices/${camera}?event_types=motion&limit=50`],
  [200, "GET", `/evm/v2/history/locations/${location}?ringtercom`],
  [
    200,
    "GET",
    `${api}/video_search/history?doorbot_id=${doorbell}&date_from=0&date_to=9999999999999&order=asc&api_version=11&includes%5B%5D=pva`,
  ],
  [200, "GET", `/recordings/public/footages/${camera}?start_at_ms=0&end_at_ms=1&kinds=online_periodical`],
  [200, "GET", `${api}/dings/${event}/share/play`],
  [302, "GET", `${api}/dings/${event}/recording`],
  [
    200,
    "POST",
    "/share_service/v2/transcodings/downloads",
    { ding_id: event, file_type: "VIDEO", send_push_notification: false },
  ],
  [200, "GET", `/share_service/v2/transcodings/downloads/${event}?file_type=VIDEO`],
  [404, "POST", "/integrations/v1/liveview/start", { session_id: "x" }],
];

const appCalls: readonly Row[] = [
  [200, "POST", "/api/v1/clap/ticket/request/signalsocket"],
  [
    200,
    "GET",
    `/api/v1/clap/tickets?locationID=${location}&enableExtendedEmergencyCellUsage=true&requestedTransport=ws`,
  ],
  [200, "GET", `/api/v1/mode/location/${location}`],
  [200, "POST", `/api/v1/mode/location/${location}`, { mode: "away" }],
  [200, "GET", `/api/v1/mode/location/${location}/settings`],
  [200, "POST", `/api/v1/mode/location/${location}/settings/setup`],
  [200, "DELETE", `/api/v1/mode/location/${location}/settings`],
  [200, "GET", `/api/v1/mode/location/${location}/sharing`],
  [200, "POST", `/api/v1/mode/location/${location}/sharing`, { sharedUsersEnabled: true }],
  [200, "GET", `/api/v1/rs/history?accountId=${location}&maxLevel=50`],
  [200, "POST", `/api/v1/rs/users/summaries?locationId=${location}`, [48150001]],
  [404, "GET", `/api/v1/rs/monitoring/accounts/${location}`],
  [404, "POST", `/api/v1/rs/monitoring/accounts/${location}/assets/x/userAlarm`, {}],
];

const handset = recordLike("front-door", {
  id: intercom,
  device_id: "54e019aa0301",
  description: "Hall Intercom",
  kind: "intercom_handset_audio",
});

const start = (): Promise<SimulatedRingCloud> =>
  SimulatedRingCloud.start({ accounts: [buildAccount({ added: [["other", handset]] })] });

/** By plain HTTP, as some on-line checks ask. */
async function plainPage(cloud: SimulatedRingCloud, host: string): Promise<string> {
  const asked = get({
    host: "127.0.0.1",
    port: cloud.ports.http,
    path: "/hotspot-detect.html",
    headers: { host },
    agent: false,
  });
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return text(response);
}

async function answers(client: SignedIn, rows: readonly Row[], host: string): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const [, method, path, body] of rows) {
    const reply = await client.send(method, path, body, { host, headers: client.headers, method });
    found.push([reply.status, method, path]);
    expect(Number(reply.headers["x-time-millis"])).toBeGreaterThan(0);
    expect(reply.headers.date).toBeDefined();
  }
  return found;
}

test("each call on api.ring.com", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);

  expect(await answers(client, calls, hosts.api)).toEqual(calls.map((row) => row.slice(0, 3)));
  expect(cloud.journal.violations).toEqual([]);
});

test("each call of the app API, under its old and its new name", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);

  for (const host of [hosts.app, hosts.olderApp]) {
    expect(await answers(client, appCalls, host)).toEqual(appCalls.map((row) => row.slice(0, 3)));
  }
  expect(cloud.journal.violations).toEqual([]);
});

test("the on-line checks, and a ticket that is good for one socket", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  const { json } = await client.send("POST", "/api/v1/clap/ticket/request/signalsocket", undefined, {
    host: hosts.app,
    method: "POST",
    headers: client.headers,
  });
  const ticket = String(json["ticket"]);

  expect((await client.get("/hotspot-detect.html", { host: "captive.apple.com" })).text).toContain("Success");
  expect((await client.get("/", { host: "cloudflare.com", method: "HEAD" })).status).toBe(200);
  expect((await client.get("/", { host: "icanhazip.com" })).text).toMatch(/^[\d.]+$/);
  expect(await plainPage(cloud, "captive.apple.com")).toContain("Success");
  expect(ticket).toMatch(/^[\w-]+$/);
  expect([cloud.world.redeemTicket(ticket), cloud.world.redeemTicket(ticket)]).toEqual([
    { accountId: "48150001" },
    undefined,
  ]);
});

test("an intercom rings", async () => {
  await using cloud = await start();
  const client = await signIn(cloud);
  const { eventId } = await cloud.pressDoorbell("hall-intercom");

  expect((await client.get(`${api}/doorbots/${intercom}/history`)).text).toContain(eventId);
});
