// Ring's links to recordings: signed, and good for minutes only.

export interface SignedLink {
  readonly url: string;
  /** Unix ms by our own clock. */
  readonly expiresAt: number;
  /** When to ask for a new one: at two thirds of its life. */
  readonly renewAt: number;
}

/** For links that do not say how long they live: Ring's usual time. */
const usualLifeMs = 900_000;

/**
 * The life of a link as its query says it. Ring may hand out one that it made a while ago: that age counts, unless it is
 * impossible (then the clocks differ, and the link is taken for new).
 */
export function readSignedLink(url: string, now: number): SignedLink | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, searchParams } = new URL(url);
  if (protocol !== "https:") return undefined;
  const lifeMs = lifeOf(searchParams, now);
  const signedAt = amazonDate(searchParams.get("X-Amz-Date"));
  const age = signedAt === undefined ? 0 : now - signedAt;
  const ageMs = age > 0 && age < lifeMs ? age : 0;
  const leftMs = lifeMs - ageMs;
  // A link that was old when it came is not asked for again at once: Ring would give the same one.
  const renewInMs = Math.max((lifeMs * 2) / 3 - ageMs, Math.min(lifeMs / 6, leftMs));
  return { url, expiresAt: now + leftMs, renewAt: now + renewInMs };
}

function lifeOf(query: URLSearchParams, now: number): number {
  const seconds = Number(query.get("X-Amz-Expires"));
  if (Number.isFinite(seconds) && seconds > 0) return seconds * 1000;
  const endsAt = Number(query.get("Expires")) * 1000;
  return endsAt > now ? endsAt - now : usualLifeMs;
}

/** `20260101T120000Z` as Unix ms. */
function amazonDate(text: string | null): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? "");
  if (!match) return undefined;
  const [, year, month, day, hours, minutes, seconds] = match;
  const at = Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
  return Number.isNaN(at) ? undefined : at;
}
