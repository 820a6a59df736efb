import { afterEach, beforeEach, expect, test } from "vitest";
import { doorbotId, type LiveRig, type SignallingClient, startRig } from "./live-rig.fixtures.ts";
import { libraryOffer } from "./offers.fixtures.ts";

let rig: LiveRig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

const violations = () => rig.journal.violations.map(({ details }) => String(details["what"]));
const violated = (what: RegExp) =>
  rig.journal.waitFor(String(what), ({ kind, details }) => kind === "violation" && what.test(String(details["what"])));
const ended = () => rig.journal.waitFor("end", ({ kind }) => kind === "live.ended");

/** A client whose call is answered. */
async function answered(): Promise<{ client: SignallingClient; session: { session_id: string } }> {
  const client = await rig.connect();
  client.requestLiveView(libraryOffer);
  const { body } = await client.frame("sdp");
  return { client, session: { session_id: String(body["session_id"]) } };
}

test("a ticket opens one socket: the second one is told so and closed", async () => {
  const ticket = rig.newTicket();
  const first = await rig.connect({ ticket });
  first.requestLiveView(libraryOffer);
  await first.frame("sdp");
  const second = await rig.connect({ ticket });
  second.requestLiveView(libraryOffer);
  expect((await second.frame("close")).body).toEqual({
    doorbot_id: doorbotId,
    reason: { code: 5, text: "Authentication failed: -1" },
  });
  expect(await second.closed).toBe(1000);
  expect(violations()).toEqual([]);
});

test("a camera that this account does not have is refused", async () => {
  const client = await rig.connect();
  client.send("live_view", {
    doorbot_id: 1,
    stream_options: { audio_enabled: true, video_enabled: true },
    sdp: libraryOffer,
  });
  expect((await client.frame("close")).body).toMatchObject({ doorbot_id: 1, reason: { code: 5 } });
});

test("without user-agent the socket is closed at once", async () => {
  const client = await rig.connect({ headers: {} });
  expect(await client.closed).toBe(1006);
  expect(violations()).toEqual(["a signalling socket without user-agent"]);
});

test("without dialog_id the socket is dropped", async () => {
  const client = await rig.connect();
  client.sendRaw({ method: "ping", body: { doorbot_id: doorbotId } });
  expect(await client.closed).toBe(1006);
  expect(violations()).toEqual(["a signalling message without dialog_id"]);
});

test.each([
  ["no frame", "not json", /no frame/],
  ["an unknown method", { method: "dance", body: {} }, /unknown method dance/],
  ["a camera id that is text", { method: "ping", body: { doorbot_id: "1" } }, /ping with a bad doorbot_id/],
  [
    "an offer without stream_options",
    { method: "live_view", body: { doorbot_id: doorbotId, sdp: "v=0" } },
    /bad stream_options/,
  ],
  ["no body", { method: "ping" }, /ping with a bad body/],
  [
    "ice before live_view",
    { method: "ice", body: { doorbot_id: doorbotId, ice: "", mlineindex: 0 } },
    /ice before live_view/,
  ],
])("%s is a violation", async (_name, message, what) => {
  const client = await rig.connect();
  client.sendRaw(typeof message === "string" ? message : { dialog_id: client.dialogId, ...message });
  await violated(what);
});

test("messages at the wrong time or for another call are violations", async () => {
  rig.knobs.answerDelayMs = null;
  const client = await rig.connect();
  client.requestLiveView(libraryOffer);
  const { body } = await client.frame("session_created");
  const session = { session_id: body["session_id"] };
  client.send("activate_session", session);
  await violated(/activate_session before the answer/);
  client.send("camera_options", { ...session, stealth_mode: false });
  await violated(/camera_options before camera_connected/);
  client.send("ping", { session_id: "another" });
  await violated(/another session_id/);
  client.send("ping", { doorbot_id: 5 });
  await violated(/another camera/);
  client.requestLiveView(libraryOffer);
  await violated(/second live_view/);
  client.sendRaw({ method: "ping", dialog_id: "other", body: { doorbot_id: doorbotId } });
  await violated(/another dialog/);
  client.send("ice", { ice: "rubbish", mlineindex: 0 });
  await violated(/without a candidate/);
});

test("habits of other clients are welcome", async () => {
  const client = await rig.connect();
  client.send("ping");
  expect((await client.frame("pong")).body).toEqual({ doorbot_id: doorbotId });
  client.send("live_view", {
    stream_options: { audio_enabled: true, video_enabled: true },
    ...{ sdp: libraryOffer, type: "offer" },
  });
  const { body } = await client.frame("session_created");
  const session = { session_id: body["session_id"] };
  const candidate = "candidate:1 1 udp 2116026367 192.0.2.7 5000 typ host generation 0";
  client.send("ice", { ice: candidate, mlineindex: 0 });
  client.send("ice", { ...session, ice: candidate, mlineindex: 1 });
  client.send("ice", { ice: "", mlineindex: 1 });
  client.send("ping", { session_id: null });
  await client.frame("notification", "camera_connected");
  client.send("activate_session", session);
  client.send("camera_options", { ...session, stealth_mode: false });
  client.send("close", { ...session, reason: { code: 0, text: "" } });
  expect((await ended()).details).toMatchObject({ reason: "client", code: 0, doorbotId });
  expect(violations()).toEqual([]);
});

test.each([
  [
    "a close without body or dialog",
    (client: SignallingClient) => client.sendRaw({ reason: { code: 0, text: "" }, method: "close" }),
    "client",
  ],
  ["closing the socket only", (client: SignallingClient) => client.close(1000), "socket-closed"],
  ["breaking the socket", (client: SignallingClient) => client.terminate(), "socket-closed"],
])("%s ends the call, and leaves an event", async (_name, end, reason) => {
  const { client } = await answered();
  expect(rig.service.calls).toMatchObject([{ doorbotId }]);
  end(client);
  expect((await ended()).details["reason"]).toBe(reason);
  expect(rig.service.calls).toEqual([]);
  expect(rig.endedCalls).toMatchObject([{ accountId: "account", doorbotId }]);
  expect(violations()).toEqual([]);
});

test("without pings the cloud closes with code 6; a ping sets the time back", async () => {
  rig.knobs.pingTimeoutMs = 300;
  const { client, session } = await answered();
  const startedMs = performance.now();
  for (let pings = 1; pings <= 4; pings++) {
    const next = new Promise((resolve) => setTimeout(resolve, 150));
    client.send("ping", session);
    await next;
  }
  const { body } = await client.frame("close");
  expect(body["reason"]).toEqual({ code: 6, text: "Timeout waiting for ping" });
  expect(performance.now() - startedMs).toBeGreaterThan(700);
  expect(await client.closed).toBe(1000);
});

test("a call that is not activated dies; an activated one lives to the session limit", async () => {
  rig.knobs.activationLimitMs = 200;
  rig.knobs.sessionLimitMs = 600;
  const idle = await answered();
  await idle.client.frame("close");
  expect((await ended()).details["reason"]).toBe("activation-limit");
  const active = await answered();
  active.client.send("activate_session", active.session);
  expect((await active.client.frame("close")).body["reason"]).toEqual({ code: 10, text: "answered_timeout" });
  const reasons = rig.journal.entries({ kind: "live.ended" }).map(({ details }) => details["reason"]);
  expect(reasons).toEqual(["activation-limit", "session-limit"]);
});

test("a camera that is offline is never answered, and the call is closed after a while", async () => {
  rig.camera["alerts"] = { connection: "offline" };
  rig.knobs.activationLimitMs = 200;
  const client = await rig.connect();
  client.requestLiveView(libraryOffer);
  expect((await client.frame("close")).body["reason"]).toMatchObject({ code: 7 });
  expect(client.frames.map(({ method }) => method)).toEqual(["session_created", "close"]);
  expect(rig.journal.entries({ kind: "released" })[0]?.details).toMatchObject({ what: "answer", doorbotId });
  expect(rig.endedCalls).toEqual([]);
});

test("endCalls closes with the code it is given", async () => {
  const { client } = await answered();
  expect(rig.service.endCalls(1, 0, "")).toBe(0);
  expect(rig.service.endCalls(doorbotId, 26, "because")).toBe(1);
  expect((await client.frame("close")).body["reason"]).toEqual({ code: 26, text: "because" });
  expect(await client.closed).toBe(1000);
});

test("what is held back is in the journal, with its time", async () => {
  Object.assign(rig.knobs, { sessionCreatedDelayMs: 60, answerDelayMs: 80, cameraConnectedDelayMs: 100 });
  const { client } = await answered();
  await client.frame("notification", "camera_connected");
  const released = rig.journal.entries({ kind: "released" }).map(({ details }) => details);
  expect(released.map(({ what }) => what)).toEqual(["session", "answer", "camera-connected"]);
  expect(released.map(({ heldMs }) => Number(heldMs) >= 55)).toEqual([true, true, true]);
});

test("an offer that cannot be read ends the call with a reason", async () => {
  const client = await rig.connect();
  client.requestLiveView("not sdp");
  expect((await client.frame("close")).body["reason"]).toEqual({
    code: 7,
    text: "the offer is no SDP: it does not begin with v=0",
  });
});
