// Where state is kept: --data, else BELFRY_DATA, else /data in a container, else ./data.
import { existsSync } from "node:fs";
import { resolve } from "node:path";

export function dataDirectoryOf(
  argument: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return resolve(argument ?? environment["BELFRY_DATA"] ?? (existsSync("/data") ? "/data" : "data"));
}
