// Request URLs: which stream, which track, and what the client must use as the base of its control URLs.

export interface RtspTarget {
  /** Without slashes at its ends, decoded; empty for `*`. */
  readonly path: string;
  /** Number of the track where the URL names one. */
  readonly track: number | undefined;
  /** The URL of the stream with a slash at its end, without query and credentials; what Content-Base says. */
  readonly base: string;
}

const absoluteUrl = /^rtspu?:\/\/(?:[^/?@]*@)?([^/?]*)(.*)$/i;
const trackSuffix = /\/?trackid=(\d{1,3})\/?$/i;

/** `authority` (`host:port`) is used where the URL has none. Clients append `trackID=n` behind a query too, so that is looked at first. */
export function parseTarget(url: string, authority: string): RtspTarget {
  const [, host, afterHost] = absoluteUrl.exec(url) ?? [];
  const rest = url === "*" ? "" : (afterHost ?? url);
  const track = trackSuffix.exec(rest);
  const aggregate = track ? rest.slice(0, track.index) : rest;
  const rawPath = (aggregate.split("?", 1)[0] ?? "").replace(/^\/+|\/+$/g, "");
  return {
    path: decoded(rawPath),
    track: track ? Number(track[1]) : undefined,
    base: `rtsp://${host || authority}/${rawPath}${rawPath ? "/" : ""}`,
  };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // Not valid as an escape; then it is no path of ours, and is looked up as it is.
    return path;
  }
}
