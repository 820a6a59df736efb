// Run by measure.ts: so many viewers in a process of their own; tells its parent when all of them have video.
import { connectSignalling } from "./live-rig.fixtures.ts";
import { LiveViewer } from "./live-viewer.fixtures.ts";

const [, , url = "", stunPort = "", ...tickets] = process.argv;
const viewers = await Promise.all(
  tickets.map(async (ticket) =>
    LiveViewer.start({ stunPort: Number(stunPort), connect: () => connectSignalling(url, ticket) }),
  ),
);
await Promise.all(viewers.map((viewer) => viewer.until("video", (packets) => packets.length > 0)));
process.send?.("ready");
