import { expect, test } from "vitest";
import { deviceSlug, slugify } from "./slug.ts";

// What Home Assistant's own function makes of these names.
test.each([
  ["Front Door", "front_door"],
  ["  Front--Door!  ", "front_door"],
  ["Haustür", "haustur"],
  ["Straße 12", "strasse_12"],
  ["Größe ÄÖÜ", "grosse_aou"],
  ["Café ☕", "cafe"],
  ["Łódź", "lodz"],
  ["Ærø", "aero"],
  ["Bob's Shed", "bob_s_shed"],
  ["Bob’s Shed", "bobs_shed"],
  ["Yard_2", "yard_2"],
  ["1,000 m", "1000_m"],
  ["Ｆｕｌｌ", "full"],
])("%s becomes %s", (name, slug) => {
  expect(slugify(name)).toBe(slug);
});

test.each(["Дверь", "玄関", "玄関 1", "☕", ""])("%s has no slug", (name) => {
  expect(slugify(name)).toBeUndefined();
});

test("names without a slug fall back to the id", () => {
  expect(deviceSlug("玄関", "123456789", () => false)).toBe("camera_123456789");
  expect(deviceSlug("", "AB-12", () => false)).toBe("ab12");
});

test("equal names are told apart by the end of the id, as much of it as is needed", () => {
  const taken = new Set(["door"]);
  const take = (id: string): string => {
    const slug = deviceSlug("Door", id, (other) => taken.has(other));
    taken.add(slug);
    return slug;
  };
  expect(take("11112222")).toBe("door_2222");
  expect(take("33332222")).toBe("door_32222");
  expect(take("12")).toBe("door_12");
});
