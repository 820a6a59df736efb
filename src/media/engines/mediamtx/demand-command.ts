// What is said on the command topic of a stream's control channel.

/** A lease is what one run of the on-demand script calls itself. */
export type DemandCommand =
  | { readonly kind: "wanted"; readonly path: string; readonly lease: string }
  | { readonly kind: "unwanted"; readonly lease: string }
  | { readonly kind: "on" | "off" };

const onDemand = /^ON-DEMAND ([A-Za-z0-9_/.-]{1,200}) ([A-Za-z0-9-]{8,64})$/;
const offDemand = /^OFF-DEMAND ([A-Za-z0-9-]{8,64})$/;

/** Undefined for what is none. */
export function parseDemandCommand(text: string): DemandCommand | undefined {
  const trimmed = text.trim();
  if (trimmed === "ON" || trimmed === "OFF") return { kind: trimmed === "ON" ? "on" : "off" };
  const [, path, lease] = onDemand.exec(trimmed) ?? [];
  if (path && lease) return { kind: "wanted", path, lease };
  const [, over] = offDemand.exec(trimmed) ?? [];
  return over ? { kind: "unwanted", lease: over } : undefined;
}
