// A STUN Binding responder on UDP: tells each asker its own address, which is all that ICE wants from Ring's STUN servers.
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";

const magicCookie = 0x2112a442;
const bindingRequest = 0x0001;
const bindingSuccess = 0x0101;
const xorMappedAddress = 0x0020;
const headerBytes = 20;

export class StunResponder implements AsyncDisposable {
  readonly port: number;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.address().port;
  }

  static async listen(options: { host: string; port: number }): Promise<StunResponder> {
    const socket = createSocket("udp4");
    socket.bind(options.port, options.host);
    await once(socket, "listening");
    const responder = new StunResponder(socket);
    socket.on("message", (message, from) => {
      const answer = responder.silent ? undefined : answerBinding(message, from);
      if (answer) socket.send(answer, from.port, from.address);
    });
    return responder;
  }

  /** Black hole: requests are read and never answered. */
  silent = false;

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }
}

/** The success response to a Binding request, or undefined for anything else. */
export function answerBinding(
  message: Buffer,
  from: Pick<RemoteInfo, "address" | "port" | "family">,
): Buffer | undefined {
  if (message.length < headerBytes || message.readUInt16BE(0) !== bindingRequest) return undefined;
  if (message.readUInt32BE(4) !== magicCookie || from.family !== "IPv4") return undefined;
  const answer = Buffer.alloc(headerBytes + 12);
  answer.writeUInt16BE(bindingSuccess, 0);
  answer.writeUInt16BE(12, 2);
  message.copy(answer, 4, 4, headerBytes);
  answer.writeUInt16BE(xorMappedAddress, 20);
  answer.writeUInt16BE(8, 22);
  answer.writeUInt8(1, 25);
  answer.writeUInt16BE(from.port ^ (magicCookie >>> 16), 26);
  const octets = from.address.split(".").map(Number);
  for (const [index, octet] of octets.entries()) answer[28 + index] = octet ^ (message[4 + index] ?? 0);
  return answer;
}
