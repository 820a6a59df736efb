// Everything that is proved of the image. To be run in a network namespace of its own: it uses the real ports and Home
// Assistant's addresses. The last line is `N passed, M failed`.
import { Report, require, seconds } from "../../../scripts/lib/demo/report.ts";
import { checkAsApp } from "./as-app.ts";
import { checkPlain } from "./as-plain.ts";
import { imageName, sizeOfImage } from "./image.ts";
import { podman } from "./podman.ts";
import { checkWithMediamtx } from "./with-mediamtx.ts";

const compressedLimit = 350e6;
const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

export async function checkImage(): Promise<number> {
  const begin = performance.now();
  const report = new Report((line) => void process.stdout.write(`${line}\n`));
  await report.fact("image: its size", async () => {
    const { bytes, compressedBytes } = await sizeOfImage();
    require(compressedBytes < compressedLimit, `${megabytes(compressedBytes)} compressed`);
    return `${megabytes(compressedBytes)} compressed, ${megabytes(bytes)} unpacked, the base included`;
  });
  await report.fact("image: labels and health check", async () => {
    const labels: Record<string, string> = JSON.parse(
      await podman(["image", "inspect", "--format={{json .Labels}}", imageName]),
    );
    require(labels["io.hass.type"] === "app" && labels["io.hass.version"] === "check", JSON.stringify(labels));
    const health = await podman(["image", "inspect", "--format={{json .HealthCheck}}", imageName]);
    require(health.includes("belfry-health"), `the health check is ${health}`);
    return Object.keys(labels)
      .filter((name) => name.startsWith("io.hass"))
      .join(", ");
  });
  for (const part of [checkAsApp, checkPlain, checkWithMediamtx]) {
    try {
      await part(report);
    } catch (error) {
      await report.fact(part.name, () => Promise.reject(error));
    }
  }
  process.stdout.write(`took ${seconds(performance.now() - begin)}\n${report.summary}\n`);
  return report.failed === 0 ? 0 : 1;
}
