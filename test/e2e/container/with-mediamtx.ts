// The image that was built with MediaMTX in it: streams go through it.
import { type Report, require, seconds } from "../../../scripts/lib/demo/report.ts";
import { probeStreams } from "../../support/media-probe.ts";
import { listProcesses } from "../../support/process-list.ts";
import { ContainerHome } from "./container-home.ts";
import { mediamtxHere, mediamtxImageName } from "./image.ts";

const rtspPort = 8_754;
const hlsPort = 8_755;
const limitMs = 30_000;

export async function checkWithMediamtx(report: Report): Promise<void> {
  if (!mediamtxHere()) {
    report.leaveOut("with MediaMTX", "MediaMTX is not on the PATH, nor named in MEDIAMTX_BIN");
    return;
  }
  await using house = await ContainerHome.start({ isSignedIn: true });
  const { home } = house;
  const environment = {
    BELFRY_MQTT_URL: home.brokerUrl,
    BELFRY_RTSP_PORT: String(rtspPort),
    BELFRY_HLS_PORT: String(hlsPort),
    BELFRY_LL_HLS: "true",
  };
  const { dataDirectory } = home;
  await using container = await house.run({ image: mediamtxImageName, dataDirectory, environment });
  await report.fact("with MediaMTX: it runs in the container, as a user who is not root", async () => {
    await home.allAvailable({ timeoutMs: limitMs });
    const camera = home.topic(home.camera("driveway"), "info", "state");
    await home.observer.waitFor("HLS", ({ topic, text }) => topic === camera && text.includes("index.m3u8"), {
      timeoutMs: limitMs,
    });
    const user = await container.execute("sh", "-c", "stat -c %U /proc/$(pgrep -o mediamtx || pidof mediamtx)");
    require(user === "belfry", `MediaMTX runs as ${user}`);
    return user;
  });
  const path = `${home.camera("driveway").record.device_id}_live`;
  await report.fact("with MediaMTX: a camera plays by RTSP", async () => {
    const codecs = (await probeStreams(`rtsp://127.0.0.1:${rtspPort}/${path}`)).map(({ codec }) => codec);
    require(codecs.join(" ") === "h264 aac opus", codecs.join(" "));
    return codecs.join(", ");
  });
  await report.fact("with MediaMTX: and by low-latency HLS", async () => {
    const url = `http://127.0.0.1:${hlsPort}/${path}/index.m3u8`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(limitMs) });
    const text = await answer.text();
    require(answer.status === 200 && text.startsWith("#EXTM3U"), `${answer.status}: ${text.slice(0, 200)}`);
    return `${answer.status}`;
  });
  await report.fact("with MediaMTX: SIGTERM, nothing is left", async () => {
    const { exitCode, tookMs } = await container.stop();
    require(exitCode === 0 && tookMs < 5_000, `exit code ${exitCode} after ${seconds(tookMs)}`);
    const left = (await listProcesses()).filter(({ command }) => command.includes("/data/mediamtx/run/"));
    require(left.length === 0, `${left.length} processes are left`);
    return `exit code 0 after ${seconds(tookMs)}`;
  });
}
