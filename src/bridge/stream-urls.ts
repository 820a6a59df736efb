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

/** Home Assistant's proxy of the snapshot entity: a cached still that never wakes the camera. A template, as its generic camera takes it. */
export function stillImageUrl(homeAssistantUrl: string, snapshotEntityId: string): string {
  return `${homeAssistantUrl}{{ states.${snapshotEntityId}.attributes.entity_picture }}`;
}
