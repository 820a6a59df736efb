import { expect, test } from "vitest";
import { parseBrokerAddress } from "./broker-address.ts";

test.each([
  ["mqtt://broker", { protocol: "mqtt", host: "broker", port: 1883, username: undefined, password: undefined }],
  ["broker:1884", { protocol: "mqtt", host: "broker", port: 1884 }],
  ["mqtts://broker", { protocol: "mqtts", port: 8883 }],
  ["ssl://broker:1", { protocol: "mqtts", port: 1 }],
  ["wss://broker/mqtt?a=1", { protocol: "wss", port: 443, path: "/mqtt?a=1" }],
  ["mqtt://[::1]:1885", { host: "::1", port: 1885, label: "mqtt://[::1]:1885" }],
  ["mqtt://user:p%40ss%2Fw%C3%B6rd@broker", { host: "broker", username: "user", password: "p@ss/wörd" }],
  ["mqtt://us@er:100%@broker", { host: "broker", username: "us@er", password: "100%" }],
  ["mqtt://u:%zz%41@broker", { password: "%zzA" }],
  ["mqtt://u:wörd pass@broker", { password: "wörd pass" }],
  ["mqtt://u:a:b@broker", { username: "u", password: "a:b" }],
  ["mqtt://user:a\\b[]@broker", { host: "broker", password: "a\\b[]" }],
])("%s", (text, expected) => {
  expect(parseBrokerAddress(text)).toMatchObject(expected);
});

test.each(["http://broker", "mqtt://", "mqtt://user:pa#ss@broker", "mqtt://broker:99999"])("%s is refused", (text) => {
  const parse = () => parseBrokerAddress(text);
  expect(parse).toThrow(expect.objectContaining({ code: "mqtt.address" }));
  expect(parse).not.toThrow("pa#ss");
});

test.each([
  ["mqtt://user:se@cr#et@host", "has a #; write it as %23"],
  ["mqtt://user:se@cr?et@host", "has a ?; write it as %3F"],
  ["user:se@cr/et@host:1883", "has a /; write it as %2F"],
  ["ws://us\\er:secret@host/mqtt", "has a \\; write it as %5C"],
])("%s: part of the password would be taken for the host", (text, advice) => {
  expect(() => parseBrokerAddress(text)).toThrow(
    `the MQTT address is wrong: user or password ${advice}, or give both as mqtt_user and mqtt_password`,
  );
});

test("the label for people has neither user nor password", () => {
  expect(parseBrokerAddress("mqtt://user:secret@broker:1884").label).toBe("mqtt://broker:1884");
});
