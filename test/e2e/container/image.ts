// Builds the real image from the real Dockerfile, on a base made of Debian's packages with a stand-in for s6-overlay.
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findExecutable } from "../../../src/foundation/child-process.ts";
import { runProgram } from "../../support/run-program.ts";
import { repositoryRoot } from "../../support/source-files.ts";
import { registryVolumes } from "./host-registries.ts";
import { podman, tryPodman } from "./podman.ts";

export const imageName = "localhost/belfry:check";
/** The same with MediaMTX in it. */
export const mediamtxImageName = "localhost/belfry:check-mediamtx";
const release = "trixie";
const bareName = `localhost/debian-bare:${release}`;
const baseName = `localhost/belfry-base:${release}`;
const minutes = 60_000;

export interface ImageSize {
  readonly bytes: number;
  /** As a registry would send it. */
  readonly compressedBytes: number;
}

/** Everything that was built before and has not changed is taken from podman's store. */
export async function buildImage(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "belfry-image-"));
  try {
    await makeBareDebian(directory);
    const volumes = await registryVolumes(directory);
    const build = (name: string, args: readonly string[], context: string): Promise<string> =>
      podman(["build", "--format=docker", "--network=host", `--tag=${name}`, ...volumes, ...args, context], {
        timeoutMs: 40 * minutes,
      });
    await build(baseName, [`--build-arg=BARE=${bareName}`], join(repositoryRoot, "test/e2e/container/base"));
    const args = [`--build-arg=BASE_IMAGE=${baseName}`, "--build-arg=BUILD_VERSION=check"];
    await build(imageName, args, repositoryRoot);
    using mediamtx = localMediamtx();
    if (mediamtx) await build(mediamtxImageName, [...args, "--build-arg=MEDIAMTX=local"], repositoryRoot);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The program of this machine, by the name that the Dockerfile takes; undefined where there is none. */
export const mediamtxHere = (): string | undefined => findExecutable(process.env["MEDIAMTX_BIN"] || "mediamtx");

/** Beside the Dockerfile until disposed; what an owner has put there stays and is used. */
function localMediamtx(): Disposable | undefined {
  const program = mediamtxHere();
  if (!program) return undefined;
  const file = join(repositoryRoot, "mediamtx.local");
  if (existsSync(file)) return { [Symbol.dispose]: () => undefined };
  copyFileSync(program, file);
  return { [Symbol.dispose]: () => rmSync(file) };
}

async function makeBareDebian(directory: string): Promise<void> {
  if ((await tryPodman(["image", "exists", bareName])).code === 0) return;
  const root = join(directory, "debian");
  const made = await runProgram("debootstrap", ["--variant=minbase", release, root], { timeoutMs: 10 * minutes });
  if (made.code !== 0) throw new Error(`debootstrap failed: ${made.stdout.toString().trim().slice(-500)}`);
  const archive = join(directory, "debian.tar");
  const leftOut = ["./var/cache/apt/*", "./var/lib/apt/lists/*"].map((path) => `--exclude=${path}`);
  const packed = await runProgram("tar", ["-C", root, ...leftOut, "-cf", archive, "."], { timeoutMs: 5 * minutes });
  if (packed.code !== 0) throw new Error(`tar failed: ${packed.stderr.trim()}`);
  await podman(["import", archive, bareName], { timeoutMs: 5 * minutes });
}

export async function sizeOfImage(): Promise<ImageSize> {
  const directory = mkdtempSync(join(tmpdir(), "belfry-image-"));
  try {
    await podman(["push", "--compress", imageName, `dir:${directory}`], { timeoutMs: 5 * minutes });
    const sizes = readdirSync(directory).map((name) => statSync(join(directory, name)).size);
    const bytes = Number(await podman(["image", "inspect", "--format={{.Size}}", imageName]));
    return { bytes, compressedBytes: sizes.reduce((sum, size) => sum + size, 0) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
