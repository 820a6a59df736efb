// scripts/demo --check: starts everything on free ports and proves, from outside, that the house stands.
import type { Device } from "../../../simulator/device.ts";
import { monotonicUnixMs } from "../../../test/support/monotonic-unix-ms.ts";
import type { DemoArguments } from "./arguments.ts";
import { streamAddress } from "./camera-table.ts";
import type { DemoRun } from "./demo-run.ts";
import { checkAfterwards } from "./facts/afterwards.ts";
import { camerasAreAvailable, checkEntities } from "./facts/entities.ts";
import { checkLiveVideo, unknownPathIs404 } from "./facts/live-video.ts";
import { Report, require, seconds } from "./report.ts";
import { type Stage, startStage } from "./stage.ts";

const shownLogLines = 30;

export async function runCheck({ accountPath, engine }: DemoArguments, run: DemoRun): Promise<number> {
  const begin = monotonicUnixMs();
  const report = new Report((line) => void process.stdout.write(`${line}\n`));
  const log: string[] = [];
  let stage: Stage | undefined;
  await report.fact("cloud, broker and Belfry start, signed in", async () => {
    stage = await startStage({
      accountPath,
      engine,
      mark: run.mark,
      usesUsualPorts: false,
      onLine: (line) => log.push(line),
    });
    const { two_factor } = stage.home.account.credentials;
    return `${seconds(monotonicUnixMs() - begin)}, ${two_factor === "none" ? "without code" : `code by ${two_factor}`}`;
  });
  if (stage) await checkStage(stage, run, report);
  await report.fact("the check is quick", async () => {
    const took = monotonicUnixMs() - begin;
    require(took < 45_000, `${seconds(took)}, more than 45 s`);
    return seconds(took);
  });
  if (report.failed > 0) process.stderr.write(`Belfry's last words:\n${log.slice(-shownLogLines).join("\n")}\n`);
  process.stdout.write(`${report.summary}\n`);
  return report.failed === 0 ? 0 : 1;
}

async function checkStage(stage: Stage, run: DemoRun, report: Report): Promise<void> {
  const { home } = stage;
  await report.fact("every camera becomes available", () => camerasAreAvailable(home));
  await checkEntities(home, report);
  const camera = home.cameras.find((candidate) => !candidate.isOffline);
  if (camera) await checkVideo(stage, camera, report);
  else report.leaveOut("live video", "no camera is online");
  await checkAfterwards(stage, run, report);
}

async function checkVideo(stage: Stage, camera: Device, report: Report): Promise<void> {
  let url = "";
  await report.fact("every camera tells its stream address", async () => {
    const urls = await Promise.all(stage.home.cameras.map((one) => streamAddress(stage, one)));
    url = await streamAddress(stage, camera);
    return `${new Set(urls).size} addresses such as ${url}`;
  });
  if (url === "") return;
  await report.fact("an unknown RTSP path is answered with 404", () => unknownPathIs404(url));
  await checkLiveVideo(stage, camera, url, report);
}
