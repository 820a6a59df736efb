// The names that the simulated cloud answers for, and on which of Ring's and Google's fixed ports.

export const hosts = {
  oauth: "oauth.ring.com",
  api: "api.ring.com",
  snapshots: "app-snaps.ring.com",
  app: "prd-api-us.prd.rings.solutions",
  olderApp: "app.ring.com",
  signalling: "api.prod.signalling.ring.devices.a2z.com",
  recordings: "ring-recordings-prod-us-east-1.s3.amazonaws.com",
  pushDelivery: "mtalk.google.com",
} as const;

const pushRegistrationHosts = [
  "android.clients.google.com",
  "firebaseinstallations.googleapis.com",
  "fcmregistrations.googleapis.com",
];

/** Asked by ring-mqtt before anything else, to see whether it is on line. */
export const onlineCheckHosts = [
  "captive.apple.com",
  "cloudflare.com",
  "www.cloudflare.com",
  "icanhazip.com",
  "api.ipify.org",
];

export const httpsHosts: readonly string[] = [
  hosts.oauth,
  hosts.api,
  hosts.snapshots,
  hosts.app,
  hosts.olderApp,
  hosts.signalling,
  hosts.recordings,
  ...pushRegistrationHosts,
  ...onlineCheckHosts,
];

export const kinesisStunHosts: readonly string[] = ["us-east-1", "us-east-2", "us-west-2"].map(
  (region) => `stun.kinesisvideo.${region}.amazonaws.com`,
);

export const googleStunHosts: readonly string[] = ["stun", "stun1", "stun2", "stun3", "stun4"].map(
  (name) => `${name}.l.google.com`,
);

export const allHosts: readonly string[] = [...httpsHosts, hosts.pushDelivery, ...kinesisStunHosts, ...googleStunHosts];

/** Ports that the real services use. */
export const realPorts = { https: 443, http: 80, pushDelivery: 5228, stun: 443, googleStun: 19302 } as const;

/** Where the simulator really listens. */
export interface BoundPorts {
  readonly https: number;
  readonly http: number;
  readonly pushDelivery: number;
  readonly stun: number;
}

/** `name:port` of the real service to the local port, for the redirecting hook. */
export function portMap(bound: BoundPorts): { tcp: Record<string, number>; udp: Record<string, number> } {
  const tcp: Record<string, number> = { [`${hosts.pushDelivery}:${realPorts.pushDelivery}`]: bound.pushDelivery };
  for (const host of httpsHosts) tcp[`${host}:${realPorts.https}`] = bound.https;
  for (const host of onlineCheckHosts) tcp[`${host}:${realPorts.http}`] = bound.http;
  const udp: Record<string, number> = {};
  for (const host of kinesisStunHosts) udp[`${host}:${realPorts.stun}`] = bound.stun;
  for (const host of googleStunHosts) udp[`${host}:${realPorts.googleStun}`] = bound.stun;
  return { tcp, udp };
}
