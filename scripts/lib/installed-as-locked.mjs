// Exits with 0 when node_modules holds the versions that package-lock.json names, however old the files are.
// Plain JavaScript: it runs in whatever Node the machine has.
import { readFileSync } from "node:fs";

const packagesOf = (path) => JSON.parse(readFileSync(path, "utf8")).packages;
const locked = packagesOf("package-lock.json");
const installed = packagesOf("node_modules/.package-lock.json");

const isInstalled = ([location, { version, optional }]) =>
  location === "" || installed[location]?.version === version || (optional && installed[location] === undefined);

process.exit(Object.entries(locked).every(isInstalled) ? 0 : 1);
