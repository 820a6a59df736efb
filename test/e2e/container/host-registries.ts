// What this machine knows about reaching npm and Debian's packages, for builds in containers: mounted for the build alone, so
// that nothing of it gets into an image.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { findExecutable } from "../../../src/foundation/child-process.ts";
import { runProgram } from "../../support/run-program.ts";

const authorities = "/etc/ssl/certs/ca-certificates.crt";
const authoritiesInside = "/run/build-authorities.pem";

/** `--volume` arguments for podman; files that they need are written into `directory`. */
export async function registryVolumes(directory: string): Promise<string[]> {
  return [...npmVolumes(directory), ...(await aptVolumes(directory))];
}

function npmVolumes(directory: string): string[] {
  const files = ["/etc/npmrc", "/usr/etc/npmrc", join(homedir(), ".npmrc")].filter((path) => existsSync(path));
  if (files.length === 0) return [];
  const lines = files.flatMap((path) => readFileSync(path, "utf8").split("\n"));
  const kept = lines.filter((line) => !/^\s*(?:cafile|prefix|cache|nodedir)\s*=/.test(line));
  const hasAuthorities = existsSync(authorities);
  const written = join(directory, "npmrc");
  const all = [...new Set(kept), ...(hasAuthorities ? [`cafile=${authoritiesInside}`] : [])];
  writeFileSync(written, `${all.join("\n")}\n`, { mode: 0o600 });
  return [
    `--volume=${written}:/root/.npmrc:ro`,
    ...(hasAuthorities ? [`--volume=${authorities}:${authoritiesInside}:ro`] : []),
  ];
}

async function aptVolumes(directory: string): Promise<string[]> {
  if (!findExecutable("apt-config")) return [];
  const { stdout } = await runProgram("apt-config", ["dump", "Acquire"]);
  const written = join(directory, "apt.conf");
  writeFileSync(written, stdout);
  return [`--volume=${written}:/etc/apt/apt.conf.d/99-build-machine:ro`];
}
