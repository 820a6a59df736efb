// Home Assistant's ingress: takes visitors at a path of its own, and asks the app from the one address that it listens to.
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";

/** The Supervisor's address in the network of its apps. */
export const ingressAddress = "172.30.32.2";
const base = "/api/hassio_ingress/k3d9";

export class IngressProxy implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.url = `http://127.0.0.1:${port}${base}/`;
  }

  static async start(appPort: number): Promise<IngressProxy> {
    const server = createServer((incoming, outgoing) => passOn(appPort, incoming, outgoing));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    return new IngressProxy(server, typeof address === "object" && address ? address.port : 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

function passOn(port: number, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { url = "", method, headers } = incoming;
  if (!url.startsWith(`${base}/`)) {
    outgoing.writeHead(url === "/favicon.ico" ? 204 : 404).end();
    return;
  }
  const onward = request({
    host: "127.0.0.1",
    port,
    localAddress: ingressAddress,
    path: url.slice(base.length),
    method,
    headers: {
      ...headers,
      host: `127.0.0.1:${port}`,
      "x-forwarded-host": headers.host ?? "",
      "x-ingress-path": base,
      "x-remote-user-name": "owner",
    },
  });
  onward.once("response", (response) => {
    outgoing.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(outgoing);
  });
  onward.on("error", () => outgoing.destroy());
  outgoing.on("close", () => onward.destroy());
  incoming.pipe(onward);
}
