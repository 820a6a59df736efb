import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ManualClock } from "../foundation/clock.fake.ts";
import { recordingLogger, silentLogger } from "../foundation/logger.fake.ts";
import { Redactor } from "../foundation/redact.ts";
import { openState } from "./app-state.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "belfry-state-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const file = () => join(directory, "state.json");
/** Another one after each write. */
const written = () => statSync(file()).ino;
const stored = () => JSON.parse(readFileSync(file(), "utf8")).sections.cameras;

function open(logger = silentLogger, redactor = new Redactor()) {
  const clock = new ManualClock();
  return { clock, state: openState(directory, { clock, logger, redactor }) };
}

test("what cameras keep all the time is written once a minute, for all of them together", async () => {
  const { clock, state } = open();
  state.camera("porch").write("mode", "Auto");
  for (let minute = 1; minute <= 3; minute++) {
    const before = written();
    for (let second = 1; second < 60; second++) {
      for (const id of ["porch", "garden"]) state.camera(id).keep("live", minute * 60 + second);
      await clock.advance(1_000);
      expect(state.camera("porch").read("live")).toBe(minute * 60 + second);
      expect(written()).toBe(before);
    }
    await clock.advance(1_000);
    const live = minute * 60 + 59;
    expect(stored()).toEqual({ porch: { mode: "Auto", live }, garden: { live } });
  }
  expect(clock.pending).toBe(0);
});

test("what is kept goes along with what is written, and is written at the end", () => {
  const { clock, state } = open();
  state.camera("porch").keep("live", 7);
  state.camera("garden").write("mode", "Auto");
  expect(stored()).toEqual({ porch: { live: 7 }, garden: { mode: "Auto" } });
  state.camera("porch").keep("live", 8);
  state[Symbol.dispose]();
  expect(stored()).toMatchObject({ porch: { live: 8 } });
  expect(clock.pending).toBe(0);
});

test("a disk that cannot be written is said, and the value lives on in memory", async () => {
  const { logger, lines } = recordingLogger();
  const { clock, state } = open(logger);
  rmSync(directory, { recursive: true });
  state.camera("porch").keep("live", 7);
  await clock.advance(60_000);
  expect(lines).toMatchObject([{ level: "warn", line: expect.stringContaining("could not be saved") }]);
  expect(state.camera("porch").read("live")).toBe(7);
});

test("Ring's token is not shown, whatever its form, nor the one before it; older ones are forgotten", () => {
  const redactor = new Redactor();
  const { token } = open(silentLogger, redactor).state;
  for (const renewed of ["token one", "token two", "token three"]) token.save(renewed);
  expect(token.load()).toEqual({ refreshToken: "token three" });
  expect(redactor.redact("token one, token two, token three")).toBe("token one, ***, ***");
  const afterRestart = new Redactor();
  open(silentLogger, afterRestart).state.token.load();
  expect(afterRestart.redact("token two, token three")).toBe("token two, ***");
});
