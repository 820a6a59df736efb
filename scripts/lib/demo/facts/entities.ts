// Facts about entities: discovery, push messages, commands and snapshots, as a client of the broker and Ring's side see them.
import type { Device } from "../../../../simulator/device.ts";
import type { Journal } from "../../../../simulator/journal.ts";
import { validateDiscovery } from "../../../../src/home-assistant/discovery-validator.ts";
import { decodePicture } from "../../../../test/support/media-probe.ts";
import { monotonicUnixMs } from "../../../../test/support/monotonic-unix-ms.ts";
import { MqttObserver } from "../../../../test/support/mqtt-observer.ts";
import type { SimulatedHome } from "../../../../test/support/simulated-home.ts";
import { milliseconds, type Report, require } from "../report.ts";

/** From the event at Ring to its message leaving the broker; Ring's encrypting and sending is in it. */
const pushLimitMs = 50;
const restMs = 300;
const discoveryTopic = ({ record }: Device): string => `homeassistant/device/${record.device_id}/config`;

/** A client that comes new finds valid discovery for every camera, and nothing invalid at all. */
export async function discoveryIsValid({ cameras, observer, brokerUrl }: SimulatedHome): Promise<string> {
  await Promise.all(cameras.map((camera) => observer.waitFor(`discovery of ${camera.slug}`, discoveryTopic(camera))));
  await using newcomer = await MqttObserver.connect(brokerUrl, ["homeassistant/#"]);
  await Promise.all(
    cameras.map((camera) => newcomer.waitFor(`kept discovery of ${camera.slug}`, discoveryTopic(camera))),
  );
  const kept = newcomer.latestOf(/^homeassistant\/.*\/config$/);
  require(kept.every(({ retain }) => retain), "some discovery is not retained");
  const complaints = kept.flatMap(({ topic, text }) => validateDiscovery(topic, text));
  require(complaints.length === 0, complaints.join("; "));
  return `${cameras.length} cameras, ${kept.length} devices`;
}

export async function camerasAreAvailable(home: SimulatedHome): Promise<string> {
  const begin = monotonicUnixMs();
  await home.allAvailable();
  return `${home.cameras.filter((camera) => !camera.isOffline).length} of ${home.cameras.length} online, seen after ${milliseconds(monotonicUnixMs() - begin)}`;
}

/** The simulator draws pictures in this process: times are taken when it has nothing to do. */
export function quiet(journal: Journal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      unsubscribe();
      resolve();
    };
    let timer = setTimeout(done, restMs);
    const unsubscribe = journal.subscribe(() => {
      clearTimeout(timer);
      timer = setTimeout(done, restMs);
    });
  });
}

/** Causes an event at a camera and times the way of its push message. */
export async function eventArrives(home: SimulatedHome, camera: Device, kind: "ding" | "motion"): Promise<string> {
  const { cloud, observer } = home;
  await quiet(cloud.journal);
  const from = observer.position;
  const after = cloud.journal.entries().at(-1)?.sequence ?? 0;
  await (kind === "ding" ? cloud.pressDoorbell(camera.slug) : cloud.causeMotion(camera.slug));
  const [happened, message] = await Promise.all([
    cloud.journal.waitFor(kind, (entry) => entry.kind === `world.${kind}`, { after }),
    observer.waitFor(`${kind} of ${camera.slug}`, home.topic(camera, kind, "state"), { payload: "ON", from }),
    cloud.journal.waitFor("push leaving", (entry) => entry.kind === "push.delivered", { after }),
  ]);
  const took = message.at - happened.at;
  require(took < pushLimitMs, `${camera.slug}: ${milliseconds(took)}, more than ${pushLimitMs} ms`);
  return `${camera.slug}, ${milliseconds(took)} from Ring's event over its push to MQTT`;
}

/** ON and OFF reach Ring, and the state reads back. */
export async function commandReachesCloud(
  home: SimulatedHome,
  camera: Device,
  key: "light" | "siren",
): Promise<string> {
  const times: number[] = [];
  for (const state of ["ON", "OFF"]) times.push(await sendCommand(home, camera, key, state));
  return `${camera.slug}, ON in ${milliseconds(times[0] ?? 0)}, OFF in ${milliseconds(times[1] ?? 0)}`;
}

async function sendCommand(home: SimulatedHome, camera: Device, key: string, state: string): Promise<number> {
  const { cloud, observer } = home;
  const from = observer.position;
  const after = cloud.journal.entries().at(-1)?.sequence ?? 0;
  const begin = monotonicUnixMs();
  await observer.publish(home.topic(camera, key, "command"), state);
  const arrived = await cloud.journal.waitFor(
    `${key} of ${camera.slug} going ${state}`,
    ({ kind, details }) =>
      kind === `${key}.switched` && details["deviceId"] === camera.id && details["state"] === state.toLowerCase(),
    { after },
  );
  await observer.waitFor(`${key} reading back ${state}`, home.topic(camera, key, "state"), { payload: state, from });
  return arrived.at - begin;
}

/** Belfry asks for a picture of every camera at its start. */
export async function snapshotsArrive(home: SimulatedHome, cameras: readonly Device[]): Promise<string> {
  const pictures = await Promise.all(
    cameras.map((camera) =>
      home.observer.waitFor(`a snapshot of ${camera.slug}`, home.topic(camera, "snapshot", "image")),
    ),
  );
  const sizes = pictures.map(({ payload }) => decodePicture(payload)).map(({ width, height }) => `${width}x${height}`);
  return `${pictures.length} cameras, JPEG ${[...new Set(sizes)].join(", ")}`;
}

/** All facts about entities that this account can show, one after the other: their times are measured. */
export async function checkEntities(home: SimulatedHome, report: Report): Promise<void> {
  const cameras = home.cameras.filter((camera) => !camera.isOffline);
  const own = cameras.filter((camera) => !camera.isShared);
  const about = async (
    name: string,
    camera: Device | undefined,
    measure: (camera: Device) => Promise<string>,
    without: string,
  ): Promise<void> => {
    if (camera) await report.fact(name, () => measure(camera));
    else report.leaveOut(name, without);
  };
  await report.fact("retained discovery of every camera is valid", () => discoveryIsValid(home));
  await about("a snapshot arrives", cameras[0], () => snapshotsArrive(home, cameras), "no camera");
  const doorbell = cameras.find((camera) => camera.isDoorbell);
  const watcher = cameras.find((camera) => camera.isMotionDetected && camera !== doorbell) ?? doorbell;
  await about("a ding arrives", doorbell, (camera) => eventArrives(home, camera, "ding"), "no doorbell");
  await about("a motion arrives", watcher, (camera) => eventArrives(home, camera, "motion"), "no camera");
  for (const key of ["light", "siren"] as const) {
    const able = own.find((camera) => (key === "light" ? camera.hasLight : camera.hasSiren));
    const name = `${key} ON and OFF reach Ring and read back`;
    await about(name, able, (camera) => commandReachesCloud(home, camera, key), `no camera has a ${key}`);
  }
}
