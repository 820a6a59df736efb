// What tests of players stand on: a home whose camera plays, with or without a login, and what a recording shows.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StreamHome } from "../../integration/stream-home.fixtures.ts";
import { judgeNumbers, VideoReader } from "../../support/video-reader.ts";
import type { Login, Recorded } from "./players.ts";

/** Mains powered: nothing limits how long it plays. */
export const camera = "driveway";
export const login: Login = { username: "ann", password: "s3cret-word" };

export class PlayersStage implements AsyncDisposable {
  readonly home: StreamHome;
  readonly path: string;

  private constructor(home: StreamHome) {
    this.home = home;
    this.path = new URL(home.url(camera)).pathname.slice(1);
  }

  static async start(settings: Readonly<Record<string, string>> = {}): Promise<PlayersStage> {
    return new PlayersStage(await StreamHome.start({ settings }));
  }

  get port(): number {
    return this.home.belfry.rtspPort;
  }

  /** The camera plays from now on, whoever comes and goes. */
  async hold(): Promise<void> {
    const { position } = this.home;
    await this.home.command(camera, "stream", "ON");
    const isActive = ({ status }: Readonly<Record<string, unknown>>): boolean => status === "active";
    await this.home.attributes(camera, "stream", isActive, { from: position });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.home[Symbol.asyncDispose]();
  }
}

/** A directory of its own that any user may write to. */
export function openDirectory(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "belfry-players-"));
  chmodSync(path, 0o777);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export interface Verdict {
  readonly frames: number;
  readonly skipped: number;
  readonly repeated: number;
  readonly unreadable: number;
  readonly errors: readonly string[];
}

/** Decodes a recording and reads the number that is burnt into each picture. */
export async function judgeRecording({ file, harmless }: Recorded): Promise<Verdict> {
  const reader = new VideoReader(file);
  await reader.ended;
  const errors = reader.errors.filter((line) => !harmless?.test(line));
  return { frames: reader.frames.length, ...judgeNumbers(reader.frames), errors };
}
