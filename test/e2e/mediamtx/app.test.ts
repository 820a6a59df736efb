// As an app of Home Assistant: the Supervisor tells which ports the owner has opened.
import { expect, test } from "vitest";
import { FakeSupervisor } from "../../support/fake-supervisor.ts";
import { freePort } from "../../support/free-port.ts";
import { probeStreams } from "../../support/media-probe.ts";
import { SimulatedHome } from "../../support/simulated-home.ts";

test("it is reached under the ports that the owner has opened as well as under its own, and addresses show those", async () => {
  const [rtspPort, hlsPort, openedRtsp, openedHls] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  await using home = await SimulatedHome.start();
  const network = { [`${rtspPort}/tcp`]: openedRtsp, [`${hlsPort}/tcp`]: openedHls };
  await using supervisor = await FakeSupervisor.start({ network });
  const environment = { SUPERVISOR_TOKEN: supervisor.token, SUPERVISOR_API: supervisor.url };
  const ports = { rtsp_port: rtspPort, hls_port: hlsPort };
  const settings = { ...ports, stream_engine: "mediamtx", ll_hls: "true", mqtt_url: home.brokerUrl };
  await home.startBelfry({ settings, environment });
  await home.allAvailable({ timeoutMs: 30_000 });
  const camera = home.camera("driveway");
  const path = `${camera.record.device_id}_live`;
  const topic = home.topic(camera, "info", "state");
  const shown = {
    rtsp: `rtsp://local-belfry:${openedRtsp}/${path}`,
    hls: `http://local-belfry:${openedHls}/${path}/index.m3u8`,
  };
  const { text } = await home.observer.waitFor(
    "the opened ports",
    (message) => message.topic === topic && message.text.includes(shown.rtsp),
    { timeoutMs: 20_000 },
  );
  expect(Object.values(JSON.parse(text))).toEqual(expect.arrayContaining([shown.rtsp, shown.hls]));
  for (const port of [rtspPort, openedRtsp])
    expect(await probeStreams(`rtsp://127.0.0.1:${port}/${path}`)).toMatchObject([{ codec: "h264" }, {}, {}]);
  const list = await fetch(`http://127.0.0.1:${openedHls}/${path}/index.m3u8`, { signal: AbortSignal.timeout(20_000) });
  expect(await list.text()).toContain("#EXTM3U");
}, 90_000);
