// The broker's address: what a URL in the settings means, with user and password as people really write them.
import { PermanentError } from "../foundation/errors.ts";

export interface BrokerAddress {
  readonly protocol: "mqtt" | "mqtts" | "ws" | "wss";
  readonly host: string;
  readonly port: number;
  /** WebSocket only. */
  readonly path: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** For people: no user, no password. */
  readonly label: string;
}

const protocols: Readonly<Record<string, { protocol: BrokerAddress["protocol"]; port: number }>> = {
  "mqtt:": { protocol: "mqtt", port: 1883 },
  "tcp:": { protocol: "mqtt", port: 1883 },
  "mqtts:": { protocol: "mqtts", port: 8883 },
  "ssl:": { protocol: "mqtts", port: 8883 },
  "tls:": { protocol: "mqtts", port: 8883 },
  "ws:": { protocol: "ws", port: 80 },
  "wss:": { protocol: "wss", port: 443 },
};

/** Throws PermanentError `mqtt.address`; the sentence never quotes the URL, which may hold a password. */
export function parseBrokerAddress(text: string): BrokerAddress {
  const url = parseUrl(text.trim());
  const known = protocols[url.protocol];
  if (!known) throw addressError(`it starts with ${url.protocol}//, not with mqtt://, mqtts://, ws:// or wss://`);
  if (url.hostname === "") throw addressError("it names no host");
  const port = url.port === "" ? known.port : Number(url.port);
  return {
    protocol: known.protocol,
    // Node wants IPv6 addresses without the brackets of a URL.
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port,
    path: known.protocol.startsWith("ws") ? `${url.pathname || "/"}${url.search}` : undefined,
    username: decodePart(url.username),
    password: decodePart(url.password),
    label: `${known.protocol}://${url.hostname}:${port}`,
  };
}

/** Throws PermanentError `mqtt.address` where certificates are given for a broker without TLS. */
export function checkCertificates({ protocol }: BrokerAddress, hasCertificates: boolean): void {
  if (!hasCertificates || protocol === "mqtts" || protocol === "wss") return;
  throw new PermanentError(
    "mqtt.address",
    `MQTT certificates are given, but the address starts with ${protocol}://; write ${protocol}s:// to use TLS`,
  );
}

function parseUrl(text: string): URL {
  const withScheme = text.includes("://") ? text : `mqtt://${text}`;
  // A URL ends host and credentials at these: the rest of the password would be a path, and its beginning the host.
  const breaking = (/^wss?:/i.test(withScheme) ? /[#?/\\]/ : /[#?/]/).exec(credentialsOf(withScheme))?.[0];
  if (breaking !== undefined)
    throw addressError(
      `user or password has a ${breaking}; write it as ${encodeURIComponent(breaking)}, or give both as mqtt_user and mqtt_password`,
    );
  try {
    return new URL(withScheme);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw addressError(
      "it cannot be read; if user or password have special characters, give them as mqtt_user and mqtt_password",
    );
  }
}

/** What stands between scheme and host, as people mean it: up to the last @. */
function credentialsOf(url: string): string {
  const start = url.indexOf("://") + "://".length;
  return url.slice(start, Math.max(start, url.lastIndexOf("@")));
}

/** `%40` is `@`; a lone `%` in a password is just that. */
function decodePart(part: string): string | undefined {
  if (part === "") return undefined;
  return part.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    const bytes = Buffer.from(encoded.replaceAll("%", ""), "hex").toString("utf8");
    return bytes.includes("\ufffd") ? encoded : bytes;
  });
}

function addressError(what: string): PermanentError {
  return new PermanentError("mqtt.address", `the MQTT address is wrong: ${what} (example: mqtt://core-mosquitto:1883)`);
}
