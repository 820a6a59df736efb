// Makes the simulator's encoded picture and sound now, so that nobody waits for them later. Quick where they exist.
import { loadAudioLoop } from "../../simulator/media/audio-loop.ts";
import { defaultCacheDirectory } from "../../simulator/media/cached-file.ts";
import { loadVideoLoop } from "../../simulator/media/video-loop.ts";

const options = {
  cacheDirectory: defaultCacheDirectory,
  report: (line: string) => void process.stdout.write(`${line}\n`),
};
await loadVideoLoop("h264", options);
await loadAudioLoop(options);
