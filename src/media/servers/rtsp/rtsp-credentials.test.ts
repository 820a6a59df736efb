import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { ManualClock } from "../../../foundation/clock.fake.ts";
import type { RtspRequest } from "../../formats/rtsp-message.ts";
import { RtspCredentials } from "./rtsp-credentials.ts";

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
const url = "rtsp://h:8554/cam_live/trackID=0";
const clock = new ManualClock();
const credentials = new RtspCredentials({ username: "ann", password: "s:crét" }, "Belfry", clock);

const requestWith = (authorization?: string, method = "SETUP"): RtspRequest => ({
  kind: "request",
  method,
  url,
  headers: new Map(authorization === undefined ? [] : [["authorization", authorization]]),
  body: Buffer.alloc(0),
});
const check = (authorization?: string) => credentials.check(requestWith(authorization));
const nonce = (): string => /nonce="([^"]+)"/.exec(credentials.challenges(false)[0] ?? "")?.[1] ?? "";

function digest(
  changes: { username?: string; password?: string; uri?: string; nonce?: string; qop?: boolean } = {},
): string {
  const { username = "ann", password = "s:crét", uri = url } = changes;
  const used = changes.nonce ?? nonce();
  const middle = changes.qop ? `${used}:00000001:abc:auth` : used;
  const response = md5(`${md5(`${username}:Belfry:${password}`)}:${middle}:${md5(`SETUP:${uri}`)}`);
  const extra = changes.qop ? ', qop=auth, nc=00000001, cnonce="abc"' : "";
  return `Digest username="${username}", realm="Belfry", nonce="${used}", uri="${uri}", response="${response}"${extra}`;
}

test("Digest comes first, without qop, then Basic", () => {
  expect(credentials.challenges(false)).toEqual([
    expect.stringMatching(/^Digest realm="Belfry", nonce="[^"]+", algorithm=MD5$/),
    'Basic realm="Belfry"',
  ]);
  expect(credentials.challenges(true)[0]).toMatch(/, stale=true$/);
});

test.each([
  ["nothing", undefined, "missing"],
  ["the right Basic", `Basic ${Buffer.from("ann:s:crét").toString("base64")}`, "right"],
  ["a wrong Basic", `Basic ${Buffer.from("ann:secret").toString("base64")}`, "wrong"],
  ["another scheme", "Bearer abc", "wrong"],
  ["nonsense", "Digest", "wrong"],
  ["the right Digest", digest(), "right"],
  ["the base URL as uri", digest({ uri: "rtsp://h:8554/cam_live/" }), "right"],
  ["a relative uri", digest({ uri: "/cam_live" }), "right"],
  ["qop all the same", digest({ qop: true }), "right"],
  ["the uri of another stream", digest({ uri: "rtsp://h:8554/other_live" }), "wrong"],
  ["a wrong password", digest({ password: "x" }), "wrong"],
  ["a wrong user", digest({ username: "bob" }), "wrong"],
  ["a nonce that is not ours", digest({ nonce: "1.2.3" }), "stale"],
])("%s", (_name, authorization, verdict) => {
  expect(check(authorization)).toBe(verdict);
});

test("a nonce grows stale", async () => {
  const authorization = digest();
  await clock.advance(299_000);
  expect(check(authorization)).toBe("right");
  await clock.advance(2_000);
  expect(check(authorization)).toBe("stale");
});
