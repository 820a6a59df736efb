// The JSON of `info/state`, with the names that users of ring-mqtt have in their templates.
import type { CameraState } from "../../ring/camera-state.ts";
import type { CameraView } from "../camera-view.ts";
import type { FurtherUrls } from "../stream-urls.ts";
import { type Attributes, isoTime } from "./entity-row.ts";

export function infoOf({ camera, urls }: CameraView): Attributes {
  return {
    ...batteryInfo(camera),
    ...(camera.firmwareStatus === undefined ? {} : { firmwareStatus: camera.firmwareStatus }),
    ...(camera.firmware === undefined ? {} : { firmwareVersion: camera.firmware }),
    ...(camera.updatedAt === undefined ? {} : { lastUpdate: isoTime(camera.updatedAt) }),
    ...networkInfo(camera),
    model: camera.model,
    kind: camera.kind,
    powerSource: camera.isOnBattery ? "battery" : "wired",
    stream_Source: urls.liveStream,
    ...further(urls.furtherStreams ?? {}),
    still_Image_URL: urls.stillImage,
  };
}

function further({ rtsps, hls, whep }: FurtherUrls): Attributes {
  return {
    ...(rtsps === undefined ? {} : { rtsps_Source: rtsps }),
    ...(hls === undefined ? {} : { hls_Source: hls }),
    ...(whep === undefined ? {} : { whep_Source: whep }),
  };
}

/** The lowest level; of two bays each one too. Null where it is not known: Home Assistant forgets an older one then. */
export function batteryInfo({ batteries, batteryBays, activeBay }: CameraState): Attributes {
  if (batteryBays.length === 0) return {};
  const [first = null, second = null] = batteryBays;
  return {
    ...(activeBay === undefined ? {} : { activeBattery: activeBay }),
    batteryLevel: batteries.length > 0 ? Math.min(...batteries) : null,
    batteryLife: first,
    ...(batteryBays.length > 1 ? { batteryLife2: second } : {}),
  };
}

export function networkInfo({ isWiredNetwork, isOnline, wifiNetwork, signalStrength }: CameraState): Attributes {
  if (isWiredNetwork) return { wiredNetwork: isOnline ? "online" : "offline" };
  return { wirelessNetwork: wifiNetwork ?? null, wirelessSignal: signalStrength };
}
