// The addresses that we show for a camera: ready to paste.

export interface StreamAddress {
  readonly host: string;
  readonly port: number;
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
}

export function rtspUrl({ host, port, credentials }: StreamAddress, path: string): string {
  const user = credentials
    ? `${encodeURIComponent(credentials.username)}:${encodeURIComponent(credentials.password)}@`
    : "";
  return `rtsp://${user}${host.includes(":") ? `[${host}]` : host}:${port}/${path}`;
}

/** Ports of what an engine serves besides RTSP. */
export interface FurtherPorts {
  readonly rtsps?: number | undefined;
  readonly hls?: number | undefined;
  readonly whep?: number | undefined;
}

export interface FurtherUrls {
  readonly rtsps?: string;
  readonly hls?: string;
  readonly whep?: string;
}

/** The same stream by other protocols. Browsers take no credentials in such addresses, so there are none. */
export function furtherUrls(
  { host, credentials }: Omit<StreamAddress, "port">,
  { rtsps, hls, whep }: FurtherPorts,
  path: string,
): FurtherUrls {
  const page = `http://${host.includes(":") ? `[${host}]` : host}`;
  return {
    ...(rtsps === undefined
      ? {}
      : { rtsps: rtspUrl({ host, port: rtsps, credentials }, path).replace(/^rtsp:/, "rtsps:") }),
    ...(hls === undefined ? {} : { hls: `${page}:${hls}/${path}/index.m3u8` }),
    ...(whep === undefined ? {} : { whep: `${page}:${whep}/${path}/whep` }),
  };
}

/** Home Assistant's proxy of the snapshot entity: a cached still that never wakes the camera. A template, as its generic camera takes it. */
export function stillImageUrl(homeAssistantUrl: string, snapshotEntityId: string): string {
  return `${homeAssistantUrl}{{ states.${snapshotEntityId}.attributes.entity_picture }}`;
}
