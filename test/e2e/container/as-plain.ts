// The same image without Home Assistant's Supervisor, as docs/docker.md runs it: settings by environment and belfry.yaml.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Report, require, seconds } from "../../../scripts/lib/demo/report.ts";
import { composeText, readCompose } from "../../support/compose-file.ts";
import { describeStatus, probeStreams } from "../../support/media-probe.ts";
import { PageClient } from "../../support/page-client.ts";
import { until } from "../../support/until.ts";
import { ContainerHome } from "./container-home.ts";
import { startTimeOf } from "./start-time.ts";

const pagePort = 8_199;
const rtspPort = 8_654;

export async function checkPlain(report: Report): Promise<void> {
  // Signed in before, by somebody else: the state belongs to root.
  await using house = await ContainerHome.start({ isSignedIn: true });
  const { home } = house;
  const { dataDirectory, brokerUrl } = home;
  writeFileSync(join(dataDirectory, "belfry.yaml"), `ring_topic: ring\nrtsp_port: 9999\nweb_port: ${pagePort}\n`);
  // As the compose file has it; ports and broker are those of this machine.
  const { environment = {} } = readCompose(composeText()).services["belfry"] ?? {};
  const ofThisMachine = { BELFRY_MQTT_URL: brokerUrl, BELFRY_RTSP_PORT: String(rtspPort) };
  await using container = await house.run({ dataDirectory, environment: { ...environment, ...ofThisMachine } });
  await report.fact("plain: every camera is announced and available", async () => {
    await home.allAvailable();
    return `${home.cameras.length} cameras, ${(await startTimeOf(container)).text}`;
  });
  await report.fact("plain: a camera plays, for who has user and password of the compose file", async () => {
    const camera = home.camera("front-door");
    const info = await home.observer.waitFor("info", home.topic(camera, "info", "state"));
    const { stream_Source } = JSON.parse(info.text);
    const { BELFRY_STREAM_HOST: host, BELFRY_LIVESTREAM_USER: user, BELFRY_LIVESTREAM_PASS: password } = environment;
    const expected = `rtsp://${user}:${password}@${host}:${rtspPort}/${camera.record.device_id}_live`;
    require(stream_Source === expected, `stream_Source is ${stream_Source}`);
    const url = expected.replace(`@${host}:`, "@127.0.0.1:");
    const status = await describeStatus(url.replace(`${user}:${password}@`, ""));
    require(status === 401, `without them the answer is ${status}`);
    return (await probeStreams(url)).map(({ codec }) => codec).join(", ");
  });
  await report.fact("plain: healthy, and the page asks for the set-up code of the log", async () => {
    await until("a content health check", async () => ((await container.isHealthy()) ? true : undefined));
    const session = await new PageClient(pagePort).get("/api/session");
    require(session.json["page"] === "new", `the page is ${String(session.json["page"])}`);
    require(/set-up code [A-Z0-9]{4}-[A-Z0-9]{4}/.test(await container.log()), "the log shows no set-up code");
    return `port ${pagePort}`;
  });
  await report.fact("plain: SIGTERM", async () => {
    const { exitCode, tookMs } = await container.stop();
    require(exitCode === 0 && tookMs < 5_000, `exit code ${exitCode} after ${seconds(tookMs)}`);
    return `exit code 0 after ${seconds(tookMs)}`;
  });
}
