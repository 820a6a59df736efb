// Takes Ring's RTP packets from werift's connection before werift does. Its receiver would copy each of them, and enter it into lists and
// statistics that nobody here reads: Belfry has an order (packet-order.ts) and reports (reception-report.ts) of its own.
import type { RTCDtlsTransport } from "werift";
import { type IncomingPacket, type SrtpKeys, SrtpReceiver } from "./srtp-receiver.ts";

/** IANA's number of AEAD_AES_128_GCM; the other one that werift offers is AES_CM_128_HMAC_SHA1_80. */
const gcmProfile = 7;

/** For a transport that has just connected: DTLS, STUN and RTCP stay werift's. */
export function takeRtp(transport: RTCDtlsTransport, onPacket: (packet: IncomingPacket) => void): void {
  const receiver = new SrtpReceiver(keysOf(transport));
  const { onData } = transport.iceTransport.connection;
  const passOn = onData.execute;
  onData.execute = (datagram) => {
    if (!isRtp(datagram)) return passOn(datagram);
    const packet = receiver.receive(datagram);
    if (packet) onPacket(packet);
  };
}

function keysOf({ srtp }: RTCDtlsTransport): SrtpKeys {
  const { profile, srtpSessionKey: key, srtpSessionSalt: salt, srtpSessionAuthTag: authKey } = srtp.remoteContext;
  return { profile: profile === gcmProfile ? "aes-128-gcm" : "aes-128-cm-sha1-80", key, salt, authKey };
}

/** By the first two bytes (RFC 7983, RFC 5761). */
function isRtp(datagram: Buffer): boolean {
  const first = datagram[0] ?? 0;
  const second = datagram[1] ?? 0;
  return first >= 128 && first <= 191 && (second < 192 || second > 223);
}
