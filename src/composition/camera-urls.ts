// The addresses that the info entity of a camera shows.
import { type BridgeOptions, livePath } from "../bridge/bridge.ts";
import { rtspUrl, stillImageUrl } from "../bridge/stream-urls.ts";
import type { Settings } from "../config/schema.ts";
import type { HomeAssistant } from "../home-assistant/home-assistant.ts";

export interface CameraUrlsOptions {
  readonly settings: Settings;
  /** Where the owner names none. */
  readonly host: string;
  readonly port: number;
  /** Read again at each use. */
  readonly home: { readonly url: string };
  readonly devices: Pick<HomeAssistant, "entityId">;
}

export function cameraUrls({ settings, host, port, home, devices }: CameraUrlsOptions): BridgeOptions["urls"] {
  const { livestream_user: username, livestream_pass: password } = settings;
  const credentials = username && password && settings.stream_url_credentials ? { username, password } : undefined;
  const address = { host: settings.stream_host || host, port, credentials };
  return ({ state: { deviceId, name } }) => ({
    liveStream: rtspUrl(address, livePath(deviceId)),
    get stillImage() {
      return stillImageUrl(home.url, devices.entityId({ id: deviceId, name }, "camera", "snapshot"));
    },
  });
}
