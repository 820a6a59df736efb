// The version of this Belfry, from package.json beside the source or the compiled code.
import { readFileSync } from "node:fs";

const packageFile: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

export const version =
  typeof packageFile === "object" && packageFile !== null && "version" in packageFile
    ? String(packageFile.version)
    : "0";
