import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { repositoryRoot } from "./support/source-files.ts";

/** What scripts/lib/install.sh would install for the players, where nothing is installed and Debian offers these packages. */
async function playersOf(offered: readonly string[]): Promise<string[]> {
  const script = `
    . scripts/lib/install.sh
    command() { return 1; }
    apt-cache() { case " ${offered.join(" ")} " in *" $2 "*) echo "  Candidate: 3.0" ;; *) echo "  Candidate: (none)" ;; esac; }
    install_packages() { echo "$@"; }
    install_players`;
  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], { cwd: repositoryRoot });
  return stdout.split(/\s+/).filter((name) => /vlc|live/.test(name));
}

test("VLC comes with its RTSP client where that is a package of its own", async () => {
  expect(await playersOf([])).toEqual(["vlc-bin", "vlc-plugin-base"]);
  expect(await playersOf(["vlc-plugin-access-extra", "livemedia-utils"])).toEqual([
    "vlc-bin",
    "vlc-plugin-base",
    "vlc-plugin-access-extra",
    "livemedia-utils",
  ]);
});
