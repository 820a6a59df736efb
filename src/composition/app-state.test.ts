import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { silentLogger } from "../foundation/logger.fake.ts";
import { Redactor } from "../foundation/redact.ts";
import { openState } from "./app-state.ts";

test("Ring's token is not shown, whatever its form, nor the one before it; older ones are forgotten", () => {
  const directory = mkdtempSync(join(tmpdir(), "belfry-state-"));
  using _directory = { [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
  const redactor = new Redactor();
  const { token } = openState(directory, silentLogger, redactor);
  for (const renewed of ["token one", "token two", "token three"]) token.save(renewed);
  expect(token.load()).toEqual({ refreshToken: "token three" });
  expect(redactor.redact("token one, token two, token three")).toBe("token one, ***, ***");
  const afterRestart = new Redactor();
  openState(directory, silentLogger, afterRestart).token.load();
  expect(afterRestart.redact("token two, token three")).toBe("token two, ***");
});
