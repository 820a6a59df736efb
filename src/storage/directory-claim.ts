// One process for one data directory: who uses it listens on a socket in it, and whoever comes looks whether somebody answers.
// Nothing can go stale: for a process that is gone the kernel refuses, also across containers that share a volume.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdirSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { errorCode, PermanentError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import { makeDirectory, storageError } from "./durable-write.ts";

const socketName = /^belfry-[0-9a-f]{8}\.sock$/;

export class DirectoryClaim implements AsyncDisposable {
  readonly #server: Server | undefined;

  private constructor(server: Server | undefined) {
    this.#server = server;
  }

  /**
   * Makes the directory where it is missing. Rejects with PermanentError `storage.in-use` where another process has it. Two that
   * come at the same moment may both be refused, but never both get it: each listens before it looks.
   */
  static async take(directory: string, logger: Logger): Promise<DirectoryClaim> {
    makeDirectory(directory);
    const name = `belfry-${randomBytes(4).toString("hex")}.sock`;
    const server = await listen(join(directory, name)).catch((error: unknown) => {
      // Some network file systems know no sockets, and the path of one has about a hundred characters at most.
      logger.warn(`another Belfry on ${directory} would not be noticed, no socket can be made there`, error);
      return undefined;
    });
    const claim = new DirectoryClaim(server);
    const others = socketsIn(directory).filter((other) => other !== name);
    const living = await Promise.all(others.map((other) => isAnswered(join(directory, other))));
    if (!living.includes(true)) return claim;
    await claim[Symbol.asyncDispose]();
    throw new PermanentError(
      "storage.in-use",
      `another Belfry runs on the data directory ${directory}; end it first, or choose another directory with --data`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server) return;
    this.#server.close();
    await once(this.#server, "close");
  }
}

async function listen(path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  // Another user's process must be able to ask, too.
  server.listen({ path, writableAll: true });
  await once(server, "listening");
  return server.unref();
}

function socketsIn(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => socketName.test(name));
  } catch (error) {
    throw storageError(directory, error);
  }
}

/** Removes a socket that nobody listens on any more. */
async function isAnswered(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return true;
  } catch (error) {
    if (errorCode(error) === "ECONNREFUSED") rmSync(path, { force: true });
    // So many ask that not all can be heard.
    return errorCode(error) === "EAGAIN";
  } finally {
    socket.destroy();
  }
}
