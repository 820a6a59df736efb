import { expect, test } from "vitest";
import { parseDemandCommand } from "./demand-command.ts";

const lease = "0b9cbb1e-6f5f-4e0c-9f0f-0d7c8a1d2e3f";

test("wanted, unwanted, and the plain words", () => {
  expect(parseDemandCommand(`ON-DEMAND 54e019aabbcc_live ${lease}\n`)).toEqual({
    kind: "wanted",
    path: "54e019aabbcc_live",
    lease,
  });
  expect(parseDemandCommand(`OFF-DEMAND ${lease}`)).toEqual({ kind: "unwanted", lease });
  expect(parseDemandCommand("ON")).toEqual({ kind: "on" });
  expect(parseDemandCommand(" OFF ")).toEqual({ kind: "off" });
});

test.each([
  "",
  "on",
  "ON-DEMAND",
  "ON-DEMAND 54e019aabbcc_live",
  "ON-DEMAND 54e019aabbcc_live short",
  `ON-DEMAND 54e019aabbcc_live ${lease} more`,
  `ON-DEMAND a b ${lease}`,
  `ON-DEMAND "quoted" ${lease}`,
  "OFF-DEMAND",
  `OFF-DEMAND ${lease} ${lease}`,
  `OFF-DEMAND ${"x".repeat(65)}`,
  `ON-DEMAND ${"p".repeat(300)} ${lease}`,
])("%j is no command", (text) => {
  expect(parseDemandCommand(text)).toBeUndefined();
});
