// Which stream engine the tests of streams run against, and what differs by nature between the two.
import { test } from "vitest";

export const engineNames = ["builtin", "mediamtx"] as const;
export type EngineName = (typeof engineNames)[number];

/** Of this run; the project `mediamtx` in vitest.config.ts sets it. */
export const engine: EngineName = process.env["BELFRY_TEST_ENGINE"] === "mediamtx" ? "mediamtx" : "builtin";

/** What makes Belfry use it. The built-in one needs no setting: that is what everybody has. */
export const engineSettings: Readonly<Record<string, string>> = engine === "mediamtx" ? { stream_engine: engine } : {};

/** The table in docs/stream-engines.md, row by row: what, how it is with the built-in engine, how with MediaMTX. */
export const differences = {
  describe: [
    "DESCRIBE",
    "at once from memory, without calling the camera",
    "when the stream is there; every DESCRIBE calls the camera",
  ],
  patience: [
    "a camera that takes 8 s, a player with 5 s of patience (go2rtc, Home Assistant)",
    "stays: something comes each second",
    "leaves; FFmpeg with its defaults and VLC's longer settings stay",
  ],
  refusal: ["refused or failed", "403, 503 with Retry-After, 404 for VLC", "404 where the stream is locked, else 400"],
  "first-picture": [
    "first picture",
    "from the last key frame that is kept",
    "from the next key frame, which is asked for; who makes the camera start has its first one",
  ],
  "good-bye": ["the end of a stream", "RTCP BYE on each track, then the connection closes", "the connection closes"],
  "rtp-info": [
    "RTP-Info in the answer to PLAY",
    "for each track",
    "for each track of which something has been sent before",
  ],
  moments: [
    "a request in the moment of an end, a lock or an unlock",
    "goes by what is so now",
    "may still meet what was so before, and be answered with 400; the next one goes by what is so now",
  ],
  limits: [
    "limits on the starts of a player",
    "for each address and player",
    "refused where all players that were seen at that address are over their limit",
  ],
  "udp-fallback": [
    "a player whose UDP packets do not arrive",
    "goes on by TCP in the same session",
    "has to begin anew by TCP, which players do not do by themselves",
  ],
  backchannel: ["a demand for a backchannel (go2rtc)", "refused with 551; go2rtc asks again without", "is overlooked"],
  slash: ["a slash after the path in an address", "is overlooked", "is refused"],
  ffmpeg: ["where FFmpeg is missing", "streams without AAC", "no streams: Belfry does not start"],
  lock: ["lock while somebody watches", "nobody else comes in", "who asks meanwhile comes in, too"],
} as const satisfies Readonly<Record<string, readonly [what: string, builtin: string, mediamtx: string]>>;

export type Difference = keyof typeof differences;

/** Whether that is another way with the engine of this run. */
export const differs = (_what: Difference): boolean => engine === "mediamtx";

/** How many RTCP BYE each track gets at the end of a stream. */
export const goodByes = differs("good-bye") ? 0 : 1;

/** In front of the name of a test that is skipped for that. */
export const byNature = (what: Difference): string => (differs(what) ? `by nature (${differences[what][0]}): ` : "");

type DefineTest = (name: string, run: () => Promise<void>, timeoutMs?: number) => void;

/** For tests of what only the built-in engine has: with MediaMTX they are skipped, and their names say why. */
export function builtInOnly(what: Difference, define: DefineTest): DefineTest {
  if (!differs(what)) return define;
  return (name, run) => test.skip(`${byNature(what)}${name}`, run);
}
