import { expect, test } from "vitest";
import { recordingLogger } from "../foundation/logger.fake.ts";
import { SubscriptionTable } from "./subscription-table.ts";

test("a listener that throws is logged and does not keep the others from hearing", () => {
  const { logger, lines } = recordingLogger();
  const table = new SubscriptionTable(logger);
  const heard: string[] = [];
  const deaf = (): never => {
    throw new Error("odd payload");
  };
  const other = (): void => void heard.push("other");
  expect(table.add("a/+", deaf)).toBe(true);
  expect(table.add("a/+", other)).toBe(false);
  table.dispatch({ topic: "a/b", payload: Buffer.from(""), isRetained: false });
  table.dispatch({ topic: "b/b", payload: Buffer.from(""), isRetained: false });
  expect(heard).toEqual(["other"]);
  expect(lines).toMatchObject([{ level: "error", line: "a message on a/b could not be handled: odd payload" }]);
  expect(table.remove("a/+", deaf)).toBe(false);
  expect(table.remove("a/+", deaf)).toBe(false);
  expect(table.filters).toEqual(["a/+"]);
  expect(table.remove("a/+", other)).toBe(true);
  expect(table.filters).toEqual([]);
});
