// The Transport header of SETUP: several choices, of which a server takes the first that it supports.

export interface TransportChoice {
  /** As the client wrote it: `RTP/AVP`, `RTP/AVP/TCP`, `RTP/AVP/UDP`. */
  readonly profile: string;
  readonly protocol: "tcp" | "udp";
  readonly isMulticast: boolean;
  readonly isRecording: boolean;
  /** Channels on the RTSP connection for RTP and RTCP. */
  readonly interleaved: readonly [number, number] | undefined;
  readonly clientPorts: readonly [number, number] | undefined;
}

const mostChoices = 16;

/** The choices in the client's order; those that are not RTP/AVP are left out. */
export function parseTransport(header: string): TransportChoice[] {
  return header
    .split(",", mostChoices)
    .map(parseChoice)
    .filter((choice) => choice !== undefined);
}

function parseChoice(text: string): TransportChoice | undefined {
  const [profile = "", ...parameters] = text.split(";").map((part) => part.trim());
  const [, lower] = /^RTP\/AVP(?:\/(TCP|UDP))?$/i.exec(profile) ?? [undefined, null];
  if (lower === null) return undefined;
  const values = new Map(
    parameters.map((parameter): [string, string] => {
      const [name = "", value = ""] = parameter.split("=", 2);
      return [name.toLowerCase(), value.replace(/^"|"$/g, "")];
    }),
  );
  return {
    profile,
    protocol: lower?.toUpperCase() === "TCP" ? "tcp" : "udp",
    isMulticast: values.has("multicast"),
    isRecording: /^(record|receive)$/i.test(values.get("mode") ?? ""),
    interleaved: pair(values.get("interleaved"), 255),
    clientPorts: pair(values.get("client_port"), 65_535),
  };
}

/** `a-b`, or `a` alone with its successor; undefined where absent or out of range. */
function pair(value: string | undefined, most: number): readonly [number, number] | undefined {
  const [, first, second] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(value ?? "") ?? [];
  if (first === undefined) return undefined;
  const low = Number(first);
  const high = second === undefined ? low + 1 : Number(second);
  return low === high || low > most || high > most ? undefined : [low, high];
}
