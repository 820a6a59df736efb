// scripts/container without the installing: builds the image of the app, and checks it in a network namespace of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { checkImage } from "../test/e2e/container/check.ts";
import { buildImage, imageName } from "../test/e2e/container/image.ts";
import { ingressAddress } from "../test/e2e/container/ingress-proxy.ts";
import { runProgram } from "../test/support/run-program.ts";
import { seconds } from "./lib/demo/report.ts";
import { lackForImage, optionalParts } from "./lib/test/optional-parts.ts";

const usage = `usage: scripts/container --build | --check

--build   builds the image from the Dockerfile with podman, on a base made from Debian's packages
--check   builds it, runs it as Home Assistant would and as plain container, and proves that it works
`;

async function build(): Promise<void> {
  const begin = performance.now();
  process.stdout.write("building the image; the first time takes some minutes ...\n");
  await buildImage();
  process.stdout.write(`${imageName}: built in ${seconds(performance.now() - begin)}\n`);
}

/** Runs this script once more where no port and no address belongs to anybody else. */
async function checkApart(): Promise<number> {
  const self = [process.execPath, fileURLToPath(import.meta.url), "--check-here"];
  const child = spawn("unshare", ["--net", "--", ...self], { stdio: "inherit" });
  const [code] = await once(child, "close");
  return typeof code === "number" ? code : 1;
}

async function checkHere(): Promise<number> {
  for (const args of [
    ["link", "set", "lo", "up"],
    ["address", "add", `${ingressAddress}/32`, "dev", "lo"],
  ]) {
    const { code, stderr } = await runProgram("ip", args);
    if (code !== 0) throw new Error(`ip ${args.join(" ")} failed: ${stderr.trim()}`);
  }
  return await checkImage();
}

async function main(): Promise<number> {
  const flag = { type: "boolean" } as const;
  const { values } = parseArgs({ options: { build: flag, check: flag, "check-here": flag, help: flag } });
  if (values["check-here"]) return await checkHere();
  if (values.help || !(values.build || values.check)) {
    process.stdout.write(usage);
    return values.help ? 0 : 2;
  }
  const container = optionalParts.find(({ name }) => name === "container");
  const lack = values.check ? container?.lacks() : lackForImage();
  if (lack !== undefined) throw new Error(lack);
  await build();
  return values.check ? await checkApart() : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
