import { expect, test } from "vitest";
import { readSignedLink } from "./signed-link.ts";

const now = Date.UTC(2026, 0, 1, 12, 0, 0);
const link = (query: string) => readSignedLink(`https://files.example/film.mp4?${query}`, now);

test("a link is renewed at two thirds of its life", () => {
  expect(link("X-Amz-Date=20260101T120000Z&X-Amz-Expires=900")).toMatchObject({
    renewAt: now + 600_000,
    expiresAt: now + 900_000,
  });
});

test("the age that it has already counts", () => {
  expect(link("X-Amz-Date=20260101T115500Z&X-Amz-Expires=900")).toMatchObject({
    renewAt: now + 300_000,
    expiresAt: now + 600_000,
  });
});

test("an old link is not asked for again before it ends", () => {
  expect(link("X-Amz-Date=20260101T114600Z&X-Amz-Expires=900")).toMatchObject({
    renewAt: now + 60_000,
    expiresAt: now + 60_000,
  });
});

test.each(["20260101T110000Z", "20260101T130000Z", "yesterday", "20269999T999999Z"])(
  "where the clocks differ (%s) the link is taken for new",
  (date) => {
    expect(link(`X-Amz-Date=${date}&X-Amz-Expires=900`)?.expiresAt).toBe(now + 900_000);
  },
);

test("other kinds of links live as long as they say, or as Ring's usually do", () => {
  expect(link(`Expires=${now / 1000 + 60}&Signature=x`)?.expiresAt).toBe(now + 60_000);
  expect(link("")?.expiresAt).toBe(now + 900_000);
  expect(link("X-Amz-Expires=-1")?.expiresAt).toBe(now + 900_000);
});

test("only https is a link", () => {
  expect(readSignedLink("http://files.example/film.mp4", now)).toBeUndefined();
  expect(readSignedLink("file:///etc/passwd", now)).toBeUndefined();
  expect(readSignedLink("nonsense", now)).toBeUndefined();
});
