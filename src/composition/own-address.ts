// The address under which players on the network most likely reach us.
import { hostname, networkInterfaces } from "node:os";

/** The first IPv4 address that is not loopback; the host name where there is none. */
export function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? hostname();
}
