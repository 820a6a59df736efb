// Ring's media server may begin the DTLS handshake before our peer listens for it; what comes too early is kept until it does.
import type { RTCDtlsTransport } from "werift";

/** The first flight of a handshake and its repetition are no more than that. */
const mostKept = 8;

/**
 * werift looks every 20 ms whether a way was found, and only then listens for DTLS. The server knows it as soon as it has answered our
 * check, and sends its ClientHello behind the answer; lost, it would come again after a whole second.
 */
export function keepEarlyHandshake(transport: RTCDtlsTransport): void {
  const { connection } = transport.iceTransport;
  const kept: Buffer[] = [];
  const keeper = connection.onData.subscribe((datagram) => {
    if (isDtls(datagram) && kept.length < mostKept) kept.push(datagram);
  });
  transport.onStateChange.subscribe((state) => {
    keeper.unSubscribe();
    const early = kept.splice(0);
    if (state !== "connecting") return;
    // It says that it connects just before it begins to listen.
    queueMicrotask(() => {
      for (const datagram of early) connection.onData.execute(datagram);
    });
  });
}

/** By the first byte (RFC 7983). */
function isDtls([first = 0]: Buffer): boolean {
  return first >= 20 && first <= 63;
}
