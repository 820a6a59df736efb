// Ports for foreign programs, which cannot tell us the port they bound: below 32768, so that the kernel gives them to nobody else.
import { createServer } from "node:net";

const lowest = 12_000;
const highest = 32_000;
const attempts = 50;

/** Whether nobody listens on that TCP port, on any address of this machine. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (await isPortFree(port)) return port;
  }
  throw new Error(`no free port between ${lowest} and ${highest} in ${attempts} attempts`);
}

/** The first free port from `wanted` on. */
export async function freePortFrom(wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + attempts; port++) if (await isPortFree(port)) return port;
  throw new Error(`ports ${wanted} to ${wanted + attempts - 1} are all taken`);
}

/** Starts something on a free port; where the port was taken meanwhile, or the start fails, on another one. */
export async function onFreePort<T>(start: (port: number) => Promise<T>, tries = 4): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (attempt === tries) throw error;
    }
  }
}
