// Addresses of visitors, as one text each.
import { isIPv6 } from "node:net";

/** IPv4 addresses as such, also where the socket is one of IPv6. */
export function plainAddress(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:(?=\d+\.)/i, "");
}

/** One key for one household: IPv6 visitors change the second half of their address at will. */
export function networkOf(address: string | undefined): string {
  const plain = plainAddress(address);
  return isIPv6(plain) ? groupsOf(plain).slice(0, 4).join(":") : plain;
}

/** The eight groups, with the zeros that `::` stands for. */
function groupsOf(address: string): string[] {
  const [front = [], back = []] = address.split("::").map((half) => half.split(":").filter(Boolean));
  return [...front, ...Array<string>(8 - front.length - back.length).fill("0"), ...back];
}
