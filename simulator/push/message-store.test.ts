// What is kept for a receiver, how long and how much.
import { expect, test } from "vitest";
import type { EncryptedNotification } from "./encrypt-notification.ts";
import { MessageStore } from "./message-store.ts";

const notification = (persistentId: string): EncryptedNotification => ({
  persistentId,
  from: "1",
  category: "c",
  appData: [],
  rawData: Buffer.alloc(0),
});
const idsOf = (store: MessageStore, androidId: string): string[] =>
  store.waiting(androidId).map((message) => message.notification.persistentId);

test("the newest 100 of each receiver wait, oldest first", () => {
  const store = new MessageStore();
  for (let count = 1; count <= 130; count += 1) store.add("one", notification(`id ${count}`), "tail");
  store.add("two", notification("other"), "tail");

  const ids = idsOf(store, "one");
  expect([ids.length, ids[0], ids.at(-1)]).toEqual([100, "id 31", "id 130"]);
  expect(idsOf(store, "two")).toEqual(["other"]);
});

test("what is acknowledged is told once and gone; unknown ids are nothing", () => {
  const store = new MessageStore();
  for (const id of ["a", "b", "c"]) store.add("one", notification(id), "tail");

  expect(store.acknowledge("one", ["b", "x"]).map((message) => message.notification.persistentId)).toEqual(["b"]);
  expect(store.acknowledge("one", ["b"])).toEqual([]);
  expect(store.acknowledge("nobody", ["a"])).toEqual([]);
  expect(idsOf(store, "one")).toEqual(["a", "c"]);
});

test("after a day a message is gone", () => {
  let nowMs = 0;
  const store = new MessageStore(() => nowMs);
  store.add("one", notification("old"), "tail");
  nowMs = 86_400_000;
  store.add("one", notification("new"), "tail");
  expect(idsOf(store, "one")).toEqual(["old", "new"]);
  nowMs += 1;
  expect(idsOf(store, "one")).toEqual(["new"]);
});
