// Where the health check of the container asks: only we know which address and port the page has got in the end.
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "../foundation/logger.ts";
import { replaceDurably } from "../storage/durable-write.ts";

export interface PageAddress {
  /** As it was bound. */
  readonly host: string;
  readonly port: number;
}

/** Read by rootfs/usr/local/bin/belfry-health: `<host> <port>`. Forgotten when disposed. */
export function writeHealthAddress(dataDirectory: string, { host, port }: PageAddress, logger: Logger): Disposable {
  const path = join(dataDirectory, "health-address");
  const isEverywhere = host === "0.0.0.0" || host === "::";
  try {
    replaceDurably(path, `${isEverywhere ? "127.0.0.1" : host} ${port}\n`);
  } catch (error) {
    logger.warn(`the health check of the container will fail: ${path} cannot be written`, error);
  }
  return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
}
