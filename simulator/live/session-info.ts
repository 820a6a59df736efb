// What the cloud tells about a call beside the SDP answer.
import { randomUUID } from "node:crypto";

export const pingIntervalSeconds = 10;

export function makeSessionInfo(dingId: string, createdAtMs: number): Record<string, unknown> {
  return {
    session_id: randomUUID(),
    ping_interval: pingIntervalSeconds,
    created_at: createdAtMs,
    ding_id: dingId,
    ding_kind: "on_demand",
    ip: "127.0.0.1",
    region: "us-east-1",
    cell_id: "simulated",
    rms_version: "simulated",
  };
}
