// Run by library.test.ts under the hook: the unmodified ring-client-api starts live calls and prints what it got.
import { RingApi, type RingCamera } from "ring-client-api";
import { firstValueFrom, toArray } from "rxjs";
import { map, take, timeout } from "rxjs/operators";

const [refreshToken = ""] = process.argv.slice(2);
const print = (step: string, facts: object = {}): void => console.log(JSON.stringify({ step, ...facts }));
const limitMs = 15_000;

async function call(camera: RingCamera, step: string, videoPackets: number): Promise<void> {
  const startedMs = performance.now();
  const session = await camera.startLiveCall();
  const [video, audio] = await Promise.all([
    firstValueFrom(session.onVideoRtp.pipe(take(videoPackets), map(observe), toArray(), timeout(limitMs))),
    firstValueFrom(session.onAudioRtp.pipe(take(10), map(observe), toArray(), timeout(limitMs))),
  ]);
  session.activateCameraSpeaker();
  print(step, {
    firstMs: (video[0]?.atMs ?? Number.NaN) - startedMs,
    firstUnits: video.slice(0, 4).map(({ unit }) => unit),
    audioTypes: [...new Set(audio.map(({ payloadType }) => payloadType))],
    usingOpus: await session.isUsingOpus,
  });
  session.stop();
}

type Packet = { header: { payloadType: number; sequenceNumber: number }; payload: Buffer };

const observe = ({ header, payload }: Packet) => ({
  ...{ atMs: performance.now(), payloadType: header.payloadType, unit: (payload[0] ?? 0) & 31 },
});

const api = new RingApi({ refreshToken, systemId: "live-conformance" });
const camera = (await api.getCameras()).find(({ name }) => name === "Front Door");
if (!camera) throw new Error("no camera Front Door");
await call(camera, "short call", 30);
// Long enough for its second PLI, which comes after 4 s.
await call(camera, "long call", 1200);
const cut = await camera.startLiveCall();
await firstValueFrom(cut.onVideoRtp.pipe(timeout(limitMs)));
const ended = firstValueFrom(cut.onCallEnded.pipe(timeout(limitMs)));
await ended;
print("ended by the cloud");
api.disconnect();
// The library keeps timers of ended calls.
process.exit(0);
