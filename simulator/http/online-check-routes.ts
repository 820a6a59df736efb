// The public pages by which ring-mqtt finds out whether it is on line.
import type { CloudReply, Route } from "../contracts.ts";
import { onlineCheckHosts } from "../hosts.ts";

const success = "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>";

export function onlineCheckRoutes(): Route[] {
  const page = (host: string): CloudReply => {
    if (host === "captive.apple.com") return { status: 200, headers: { "content-type": "text/html" }, body: success };
    return { status: 200, body: host.includes("cloudflare") ? "" : "127.0.0.1" };
  };
  return ["GET", "HEAD"].map((method) => ({
    hosts: onlineCheckHosts,
    method,
    path: /^\//,
    handle: (request) => page(request.host),
  }));
}
