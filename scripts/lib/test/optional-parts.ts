// Tests that need more than FFmpeg and Mosquitto: run when they are asked for, else skipped by name.
// Their files are test/e2e/<part>.test.ts, test/e2e/<part>-*.test.ts and all in test/e2e/<part>/.
import { globSync } from "node:fs";
import { findExecutable } from "../../../src/foundation/child-process.ts";

export interface OptionalPart {
  readonly name: string;
  /** Of vitest, where it is one of its own: all of that is run then. */
  readonly project?: string;
  /** For the help. */
  readonly text: string;
  /** What is missing here to run it, in one sentence; undefined where everything is there. */
  lacks(): string | undefined;
}

const missingPrograms = (programs: Readonly<Record<string, string>>): string | undefined => {
  const missing = Object.keys(programs).filter((program) => !findExecutable(program));
  if (missing.length === 0) return undefined;
  const packages = [...new Set(missing.map((program) => programs[program]))].join(" ");
  return `${missing.join(", ")} not found: apt-get install --no-install-recommends ${packages}`;
};

const missingVariables = (names: readonly string[]): string | undefined => {
  const missing = names.filter((name) => !process.env[name]);
  return missing.length === 0 ? undefined : `set ${missing.join(", ")}`;
};

/** What is missing here to run MediaMTX as stream engine. */
export const lackOfMediamtx = (): string | undefined =>
  findExecutable(process.env["MEDIAMTX_BIN"] || "mediamtx")
    ? missingPrograms({ mosquitto_pub: "mosquitto-clients", mosquitto_sub: "mosquitto-clients" })
    : "mediamtx not found: put MediaMTX 1.20.1 or newer on the PATH, or name it in MEDIAMTX_BIN";

const imagePrograms = {
  podman: "podman",
  buildah: "buildah",
  runc: "runc",
  debootstrap: "debootstrap",
  unshare: "util-linux",
  ip: "iproute2",
};

/** What is missing here to build the image, and to do with it what needs those other programs. */
export function lackForImage(others: Readonly<Record<string, string>> = {}): string | undefined {
  const missing = missingPrograms({ ...imagePrograms, ...others });
  if (missing !== undefined || process.getuid?.() === 0) return missing;
  return "only root can build the image and give it a network of its own: run this with sudo";
}

export const optionalParts: readonly OptionalPart[] = [
  {
    name: "players",
    text: "FFmpeg, GStreamer, VLC and live555 as RTSP players; go2rtc and MediaMTX (on the PATH, or GO2RTC_BIN, MEDIAMTX_BIN)",
    lacks: () =>
      missingPrograms({
        "gst-launch-1.0": "gstreamer1.0-tools gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav",
        cvlc: "vlc-bin vlc-plugin-base vlc-plugin-access-extra",
      }),
  },
  {
    name: "browser",
    text: "the page in Chromium (scripts/test installs it)",
    lacks: () => missingPrograms({ chromium: "chromium" }),
  },
  {
    name: "container",
    text: "the image, built and run by podman",
    lacks: () => lackForImage({ chromium: "chromium" }),
  },
  {
    name: "home-assistant",
    text: "a real Home Assistant (HOME_ASSISTANT_URL, HOME_ASSISTANT_TOKEN; most of it needs HOME_ASSISTANT_LOG, too)",
    lacks: () => missingVariables(["HOME_ASSISTANT_URL", "HOME_ASSISTANT_TOKEN"]),
  },
  {
    name: "mediamtx",
    project: "mediamtx",
    text: "MediaMTX as stream engine (mediamtx on the PATH, or MEDIAMTX_BIN)",
    lacks: lackOfMediamtx,
  },
];

const globsOf = ({ name }: OptionalPart): string[] => [
  `test/e2e/${name}.test.ts`,
  `test/e2e/${name}-*.test.ts`,
  `test/e2e/${name}/**/*.test.ts`,
];

/** The test files of a part; none: it is not part of the project yet. */
export const filesOf = (part: OptionalPart): string[] => globsOf(part).flatMap((glob) => globSync(glob));

/** The test files below a directory that are run unasked. */
export function filesOfNoPart(directory: string): string[] {
  const optional = new Set(optionalParts.flatMap(filesOf));
  return globSync(`${directory}/**/*.test.ts`).filter((file) => !optional.has(file));
}
