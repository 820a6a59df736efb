// Run by real-ports.script.ts: the unmodified ring-client-api, unhooked. Rings, listens, watches; prints JSON lines.
import { RingApi } from "ring-client-api";
import { RingRestClient } from "ring-client-api/rest-client";
import { firstValueFrom } from "rxjs";
import { timeout } from "rxjs/operators";

const limitMs = 15_000;
/** The library takes no notice of pushes in the first 2 s after it has connected. */
const deafMs = 2_000;
const askAgainMs = 500;
const print = (facts: object): void => console.log(JSON.stringify(facts));

const client = new RingRestClient({ email: "owner@example.com", password: "correct horse", systemId: "real-ports" });
await client.getCurrentAuth().catch((error: Error) => print({ step: "asked for a code", error: error.message }));
const auth = await client.getAuth("123456");
const api = new RingApi({ refreshToken: auth.refresh_token, systemId: "real-ports" });
const cameras = await api.getCameras();
print({ step: "listed", cameras: cameras.length });
const camera = cameras.find(({ name }) => name === "Front Door");
if (!camera) throw new Error("no camera Front Door");

const pressed = firstValueFrom(camera.onDoorbellPressed.pipe(timeout(limitMs)));
const asking = setInterval(() => process.send?.("ring"), deafMs + askAgainMs);
const { data } = await pressed;
clearInterval(asking);
print({ step: "heard the doorbell", device: data.device.name });

const session = await camera.startLiveCall();
const packet = await firstValueFrom(session.onVideoRtp.pipe(timeout(limitMs)));
print({ step: "saw video", payloadType: packet.header.payloadType });
session.stop();
api.disconnect();
// The library keeps timers of ended calls.
process.exit(0);
