// A camera as Home Assistant is told of it.
import type { DeviceDescription } from "../home-assistant/entity-description.ts";
import type { CameraState } from "../ring/camera-state.ts";

export function describeCamera(state: CameraState, bridgeId: string): DeviceDescription {
  return {
    id: state.deviceId,
    locationId: state.locationId,
    category: "camera",
    name: state.name,
    manufacturer: "Ring",
    model: state.model,
    softwareVersion: state.firmware,
    serialNumber: state.deviceId,
    via: bridgeId,
  };
}
