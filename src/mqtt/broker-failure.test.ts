import { expect, test } from "vitest";
import { PermanentError } from "../foundation/errors.ts";
import { brokerFailure } from "./broker-failure.ts";

const withCode = (code: string | number, message = "x"): Error => Object.assign(new Error(message), { code });

test.each<[unknown, string, string]>([
  [withCode(4), "mqtt.credentials", "correct the MQTT user name and password"],
  [withCode(5), "mqtt.credentials", "user belfry"],
  [withCode(134), "mqtt.credentials", "user belfry"],
  [withCode(135), "mqtt.credentials", "user belfry"],
  [withCode(1), "mqtt.version", "does not speak this version"],
  [withCode(132), "mqtt.version", "does not speak this version"],
  [withCode(2), "mqtt.client-id", "client id"],
  [withCode(138), "mqtt.banned", "lift the ban"],
  [withCode(142), "mqtt.taken-over", "run only one"],
  [withCode(149), "mqtt.too-large", "larger than it allows"],
  [withCode(3), "mqtt.refused", "does not want us now"],
  [withCode("ECONNREFUSED"), "mqtt.unreachable", "nothing listens"],
  [withCode("EHOSTUNREACH"), "mqtt.unreachable", "cannot be reached"],
  [withCode("ENOTFOUND"), "mqtt.unknown-host", "host name"],
  [withCode("DEPTH_ZERO_SELF_SIGNED_CERT"), "mqtt.certificate", "give the CA"],
  [withCode("ERR_TLS_CERT_ALTNAME_INVALID"), "mqtt.certificate", "correct the host name"],
  [withCode("EPROTO"), "mqtt.tls", "does not speak TLS"],
  [withCode("ECONNRESET"), "mqtt.closed", "closed the connection"],
  [undefined, "mqtt.closed", "closed the connection"],
  [new Error("connack timeout"), "mqtt.silent", "does not answer as an MQTT broker"],
  [new Error("Keepalive timeout"), "mqtt.silent", "stopped answering"],
  [new Error("odd"), "mqtt.failed", "failed"],
])("%s is %s", (error, code, sentence) => {
  const failure = brokerFailure("mqtt://broker:1883", "belfry", error);
  expect(failure.code).toBe(code);
  expect(failure.message).toContain(sentence);
  expect(failure.message).toContain("mqtt://broker:1883");
});

test("only what a person must cure is permanent", () => {
  expect(brokerFailure("b", undefined, withCode(5))).toBeInstanceOf(PermanentError);
  expect(brokerFailure("b", undefined, withCode(5)).message).toContain("a client without user name");
  expect(brokerFailure("b", undefined, withCode("ECONNREFUSED"))).not.toBeInstanceOf(PermanentError);
});
