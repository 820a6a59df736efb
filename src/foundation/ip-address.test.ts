import { expect, test } from "vitest";
import { networkOf, plainAddress } from "./ip-address.ts";

test("an IPv4 address is one text, whatever the socket", () => {
  expect(["::ffff:10.0.0.1", "::FFFF:10.0.0.1", "10.0.0.1", "::1", undefined].map(plainAddress)).toEqual([
    ...["10.0.0.1", "10.0.0.1", "10.0.0.1", "::1", ""],
  ]);
});

test.each([
  ["10.0.0.1", "10.0.0.1"],
  ["::ffff:10.0.0.1", "10.0.0.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8:1:2::6", "2001:db8:1:2"],
  ["2001:db8::3:4:5:6", "2001:db8:0:0"],
  ["2001:db8::4:5:6", "2001:db8:0:0"],
  ["2001:db8:1::4:5:6:7", "2001:db8:1:0"],
  ["2001:db8:0:2::6", "2001:db8:0:2"],
  ["fe80::a:b:c:d%eth0", "fe80:0:0:0"],
  ["fe80::%eth0", "fe80:0:0:0"],
  ["::2:3:4:5:6:7:8", "0:2:3:4"],
  ["::1", "0:0:0:0"],
  ["", ""],
  [undefined, ""],
])("%s belongs to the network %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});
