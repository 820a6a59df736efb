import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

const never = new AbortController().signal;

/** Work that ends when it is told to, and says when it begins. */
function works() {
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<string>>();
  const work = (name: string) => () => {
    begun.push(name);
    const end = Promise.withResolvers<string>();
    ends.set(name, end);
    return end.promise;
  };
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { begun, work, end: (name: string) => ends.get(name)?.resolve(name), ends, settled };
}

test("so many at a time, the others in the order in which they came; a failure frees its turn", async () => {
  const turns = new Turns(2);
  const { begun, work, end, ends, settled } = works();
  const results = ["a", "b", "c", "d"].map((name) => turns.run(work(name), never));
  await settled();
  expect(begun).toEqual(["a", "b"]);
  ends.get("b")?.reject(new Error("broken"));
  await expect(results[1]).rejects.toThrow("broken");
  await settled();
  expect(begun).toEqual(["a", "b", "c"]);
  for (const name of ["a", "c"]) end(name);
  await settled();
  end("d");
  expect([await results[0], await results[2], await results[3]]).toEqual(["a", "c", "d"]);
});

test("who gives up while waiting takes no turn", async () => {
  const turns = new Turns(1);
  const { begun, work, end, settled } = works();
  const first = turns.run(work("first"), never);
  const controller = new AbortController();
  const given = turns.run(work("given up"), controller.signal);
  const last = turns.run(work("last"), never);
  controller.abort(new Error("not wanted"));
  await expect(given).rejects.toThrow("not wanted");
  end("first");
  await first;
  await settled();
  end("last");
  expect(await last).toBe("last");
  expect(begun).toEqual(["first", "last"]);
  await expect(turns.run(work("never"), AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late");
});

test("a turn that comes in the moment of giving up goes to the next", async () => {
  const turns = new Turns(1);
  const { begun, work, end, settled } = works();
  const first = turns.run(work("first"), never);
  const controller = new AbortController();
  const given = turns.run(work("given up"), controller.signal).catch((error: Error) => error.message);
  const last = turns.run(work("last"), never);
  await settled();
  end("first");
  // Neither has been told yet when the abort comes.
  queueMicrotask(() => queueMicrotask(() => controller.abort(new Error("not wanted"))));
  await first;
  await settled();
  if (begun.includes("given up")) end("given up");
  await settled();
  end("last");
  expect(await last).toBe("last");
  expect(["not wanted", "given up"]).toContain(await given);
});
