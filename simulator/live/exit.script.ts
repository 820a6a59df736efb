// Run by exit.test.ts: a call with media, one that never connects and one that is never answered; then all is disposed of.
import { startRig } from "./live-rig.fixtures.ts";
import { LiveViewer } from "./live-viewer.fixtures.ts";
import { libraryOffer } from "./offers.fixtures.ts";

const rig = await startRig();
const viewer = await LiveViewer.start(rig);
await viewer.until("video", (packets) => packets.length > 0);
const unconnected = await rig.connect();
unconnected.requestLiveView(libraryOffer);
await unconnected.frame("sdp");
rig.knobs.answerDelayMs = null;
const unanswered = await rig.connect();
unanswered.requestLiveView(libraryOffer);
await unanswered.frame("session_created");
await viewer[Symbol.asyncDispose]();
await rig[Symbol.asyncDispose]();
console.log("disposed of");
