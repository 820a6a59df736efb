// The addresses that the info entity of a camera shows.
import { type BridgeOptions, livePath } from "../bridge/bridge.ts";
import { furtherUrls, rtspUrl, stillImageUrl } from "../bridge/stream-urls.ts";
import type { Settings } from "../config/schema.ts";
import type { HomeAssistant } from "../home-assistant/home-assistant.ts";
import type { StreamEngine } from "./stream-engine.ts";

export interface CameraUrlsOptions {
  readonly settings: Settings;
  /** Where the owner names none; it may change. */
  readonly host: { readonly host: string };
  /** Its ports may change. */
  readonly engine: Pick<StreamEngine, "state">;
  /** Read again at each use. */
  readonly home: { readonly url: string };
  readonly devices: Pick<HomeAssistant, "entityId">;
}

export function cameraUrls({ settings, host, engine, home, devices }: CameraUrlsOptions): BridgeOptions["urls"] {
  const { livestream_user: username, livestream_pass: password } = settings;
  const credentials = username && password && settings.stream_url_credentials ? { username, password } : undefined;
  const address = () => ({ host: settings.stream_host || host.host, credentials });
  return ({ state: { deviceId, name } }) => ({
    get liveStream() {
      return rtspUrl({ ...address(), port: engine.state.shown.rtsp }, livePath(deviceId));
    },
    get furtherStreams() {
      return furtherUrls(address(), engine.state.shown, livePath(deviceId));
    },
    get stillImage() {
      return stillImageUrl(home.url, devices.entityId({ id: deviceId, name }, "camera", "snapshot"));
    },
  });
}
