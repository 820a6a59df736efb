import { expect, test } from "vitest";
import { ManualClock } from "../../../foundation/clock.fake.ts";
import { PermanentError, TransientError } from "../../../foundation/errors.ts";
import { recordingLogger } from "../../../foundation/logger.fake.ts";
import { PathOrders } from "./path-orders.ts";

function setUp() {
  const clock = new ManualClock();
  const { logger, lines } = recordingLogger();
  const run = new AbortController();
  const said: string[] = [];
  const orders = new PathOrders({ clock, logger, signal: run.signal });
  /** Rejects with these first. */
  const say = (what: string, ...failures: Error[]) => {
    return async (): Promise<void> => {
      const failure = failures.shift();
      if (failure) throw failure;
      said.push(what);
    };
  };
  const warnings = (): string[] => lines.filter(({ level }) => level === "warn").map(({ line }) => line);
  return { clock, orders, run, said, say, warnings };
}

const silent = (): Error => new TransientError("mediamtx.api", "MediaMTX does not answer");

test("of one path the older thing is said before the newer one, however often it takes; other paths do not wait", async () => {
  const { clock, orders, said, say, warnings } = setUp();
  orders.tell("a_live", say("a 1", silent(), silent()));
  orders.tell("a_live", say("a 2"));
  orders.tell("b_live", say("b 1"));
  await clock.advance(0);
  expect(said).toEqual(["b 1"]);
  await clock.advance(700);
  expect(said).toEqual(["b 1", "a 1", "a 2"]);
  expect(warnings()).toEqual([]);
});

test("what MediaMTX refuses is said once, and does not stand in the way", async () => {
  const { clock, orders, said, say, warnings } = setUp();
  orders.tell("a_live", say("a 1", new PermanentError("mediamtx.api-refused", "no such path")));
  orders.tell("a_live", say("a 2"));
  await clock.advance(0);
  expect(said).toEqual(["a 2"]);
  expect(warnings()).toHaveLength(1);
});

test("when the run is over nothing more is said", async () => {
  const { clock, orders, run, said, say, warnings } = setUp();
  orders.tell("a_live", say("a 1", silent()));
  orders.tell("a_live", say("a 2"));
  await clock.advance(0);
  run.abort();
  await clock.advance(5_000);
  expect(said).toEqual([]);
  expect(warnings()).toEqual([]);
});
