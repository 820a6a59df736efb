// The JSON of `info/state`, with the names that users of ring-mqtt have in their templates.
import type { CameraView } from "../camera-view.ts";
import { type Attributes, isoTime } from "./entity-row.ts";

export function infoOf({ camera, urls }: CameraView): Attributes {
  return {
    ...(camera.batteries.length > 0 ? { batteryLevel: Math.min(...camera.batteries) } : {}),
    ...(camera.batteries.length > 1 ? { batteryLife: camera.batteries[0], batteryLife2: camera.batteries[1] } : {}),
    ...(camera.firmware === undefined ? {} : { firmwareStatus: camera.firmware }),
    ...(camera.updatedAt === undefined ? {} : { lastUpdate: isoTime(camera.updatedAt) }),
    ...(camera.isWiredNetwork
      ? { wiredNetwork: camera.isOnline ? "online" : "offline" }
      : { wirelessNetwork: camera.wifiNetwork, wirelessSignal: camera.signalStrength }),
    model: camera.model,
    kind: camera.kind,
    powerSource: camera.isOnBattery ? "battery" : "wired",
    stream_Source: urls.liveStream,
    still_Image_URL: urls.stillImage,
  };
}
