// What a newcomer reads when the demo runs: cameras with their addresses, and what to try.
import type { Device } from "../../../simulator/device.ts";
import { parseObject } from "../../../simulator/json.ts";
import type { Stage } from "./stage.ts";

/** The address that Belfry itself gives for a camera's live video. */
export async function streamAddress({ home }: Stage, camera: Device): Promise<string> {
  const topic = home.topic(camera, "info", "state");
  const message = await home.observer.waitFor(`the info of ${camera.slug}`, topic, { payload: /stream_Source/ });
  const address = parseObject(message.text)?.["stream_Source"];
  if (typeof address !== "string") throw new Error(`${camera.slug} has no stream_Source: ${message.text}`);
  return address;
}

export async function cameraTable(stage: Stage): Promise<string> {
  const { home, broker, remarks } = stage;
  const rows = await Promise.all(
    home.cameras.map(async (camera) => [
      camera.record.description,
      camera.record.device_id,
      camera.record.kind,
      await streamAddress(stage, camera),
    ]),
  );
  const doorbell = home.cameras.find((camera) => camera.isDoorbell && !camera.isOffline);
  const { hostname, port } = new URL(broker.url);
  const lines = [
    `Account   ${home.account.credentials.email} (simulated)`,
    `Broker    ${broker.url} (${broker.kind})`,
    "",
    ...columns([["Camera", "Id", "Kind", "Live video"], ...rows]),
    "",
    ...(doorbell ? [`Press the doorbell   npm run ring -- ding ${doorbell.slug}`] : []),
    `Watch the topics     mosquitto_sub -h ${hostname} -p ${port} -v -t 'ring/#'`,
    `Watch a camera       ffplay -rtsp_transport tcp ${rows[0]?.at(-1) ?? ""}`,
    ...remarks,
    "",
    "Ctrl-C ends everything.",
  ];
  return `${lines.join("\n")}\n`;
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
