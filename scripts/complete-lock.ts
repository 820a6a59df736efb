// Writes into package-lock.json the optional platform packages that npm left out (it forgets those it could not ask about),
// because `npm ci` refuses a lock file without them. Run it after `npm install`; it changes nothing where nothing is missing.
import { readFileSync, writeFileSync } from "node:fs";

interface LockedPackage {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

interface LockFile {
  packages: Record<string, LockedPackage>;
}

const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const processors = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

/** Where Node would find `name` from `location`: there, or in a folder above. */
function isLocked(packages: LockFile["packages"], location: string, name: string): boolean {
  for (let base = location; ; base = base.slice(0, Math.max(base.lastIndexOf("/node_modules/"), 0))) {
    if (packages[base === "" ? `node_modules/${name}` : `${base}/node_modules/${name}`] !== undefined) return true;
    if (base === "") return false;
  }
}

/** The platform is what such packages are named after. */
function platformPackage(name: string, version: string, isDev: boolean): LockedPackage {
  const words = name.split(/[-/]/);
  const os = systems.filter((system) => words.includes(system));
  const cpu = processors.filter((processor) => words.includes(processor));
  const libc = words.some((word) => word.startsWith("musl")) ? ["musl"] : undefined;
  return {
    version,
    ...(cpu.length > 0 && { cpu }),
    ...(isDev && { dev: true }),
    ...(libc && { libc }),
    optional: true,
    ...(os.length > 0 && { os }),
  };
}

function complete(lock: LockFile): string[] {
  const added: string[] = [];
  for (const [location, { optionalDependencies = {}, dev = false }] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (isLocked(lock.packages, location, name) || !/^\d/.test(version)) continue;
      lock.packages[`node_modules/${name}`] = platformPackage(name, version, dev);
      added.push(`${name}@${version}`);
    }
  }
  return added;
}

const path = new URL("../package-lock.json", import.meta.url);
const lock: LockFile = JSON.parse(readFileSync(path, "utf8"));
const added = complete(lock);
if (added.length > 0) {
  const [root = ["", {}], ...rest] = Object.entries(lock.packages);
  rest.sort(([left], [right]) => left.localeCompare(right, "en"));
  lock.packages = Object.fromEntries([root, ...rest]);
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
}
process.stdout.write(added.length > 0 ? `added ${added.join(", ")}\n` : "the lock file is complete\n");
