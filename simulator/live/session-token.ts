// The session id of a call: opaque to clients, in the form of the signed token that Ring hands out.
import { createHmac, randomBytes } from "node:crypto";
import { pingIntervalSeconds } from "./session-info.ts";

const key = randomBytes(32);

export function makeSessionToken(doorbotId: number, dingId: string): string {
  const claims = {
    ...{ ding_id: dingId, ding_kind: "on_demand", doorbot_id: doorbotId, ip: "127.0.0.1" },
    ...{ exp: Math.floor(Date.now() / 1000) + 3600, ping_interval: pingIntervalSeconds },
    ...{
      rms_fqdn: "rms.simulated.invalid",
      rms_port: 443,
      rms_version: "simulated",
      nonce: randomBytes(8).toString("hex"),
    },
  };
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const content = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${content}.${createHmac("sha256", key).update(content).digest("base64url")}`;
}
