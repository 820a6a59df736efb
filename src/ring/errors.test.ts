import { expect, test } from "vitest";
import { PermanentError } from "../foundation/errors.ts";
import { translateError } from "./errors.ts";

const answered = (status: number, headers = new Headers()) =>
  Object.assign(new Error(), { response: { status, headers } });

test.each([
  [answered(403), "ring.not-allowed"],
  [answered(404), "ring.not-allowed"],
  [new Error("Not found with response: {}"), "ring.not-allowed"],
  [answered(401), "ring.unauthorized"],
  [answered(400), "ring.rejected"],
  [answered(503), "ring.unavailable"],
  [answered(429), "ring.throttled"],
  [answered(406), "ring.throttled"],
  [new TypeError("fetch failed"), "ring.unreachable"],
  ["text", "ring.unreachable"],
])("%s becomes %s", (thrown, code) => {
  expect(translateError(thrown, "switch the light", 0)).toMatchObject({
    code,
    message: expect.stringContaining("switch the light"),
  });
});

test("our own errors pass", () => {
  const own = new PermanentError("ring.not-supported", "no light");
  expect(translateError(own, "x", 0)).toBe(own);
});

test.each([
  ["7", 7_000],
  ["Thu, 01 Jan 1970 00:00:09 GMT", 9_000],
  ["soon", 60_000],
  ["1e12", 86_400_000],
])("retry-after %s", (value, retryAfterMs) => {
  const headers = new Headers({ "retry-after": value });
  expect(translateError(answered(429, headers), "x", 0)).toMatchObject({ retryAfterMs });
});
