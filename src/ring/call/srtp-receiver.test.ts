// Against werift's sending half: another implementation of the same RFCs.
import { describe, expect, test } from "vitest";
import { ProtectionProfileAeadAes128Gcm, ProtectionProfileAes128CmHmacSha1_80, RtpHeader, SrtpSession } from "werift";
import { type SrtpKeys, SrtpReceiver } from "./srtp-receiver.ts";

const bytes = (count: number, from: number): Buffer => Buffer.from(Array.from({ length: count }, (_, at) => from + at));
const payload = Buffer.from("what the camera sees");
const ssrc = 0xdead_beef;

const profiles = [
  { name: "aes-128-gcm", number: ProtectionProfileAeadAes128Gcm, saltLength: 12 },
  { name: "aes-128-cm-sha1-80", number: ProtectionProfileAes128CmHmacSha1_80, saltLength: 14 },
] as const;

describe.each(profiles)("$name", ({ name, number, saltLength }) => {
  function setUp() {
    const [key, salt] = [bytes(16, 1), bytes(saltLength, 50)];
    const keys = { localMasterKey: key, localMasterSalt: salt, remoteMasterKey: key, remoteMasterSalt: salt };
    const session = new SrtpSession({ keys, profile: number });
    const { srtpSessionKey, srtpSessionSalt, srtpSessionAuthTag } = session.remoteContext;
    const derived: SrtpKeys = {
      profile: name,
      key: srtpSessionKey,
      salt: srtpSessionSalt,
      authKey: srtpSessionAuthTag,
    };
    const receiver = new SrtpReceiver(derived);
    const send = (sequenceNumber: number, header: Partial<RtpHeader> = {}, content = payload): Buffer =>
      session.encrypt(content, new RtpHeader({ ssrc, payloadType: 98, sequenceNumber, timestamp: 9, ...header }));
    return { receiver, send };
  }

  test("header and payload are those that were sent", () => {
    const { receiver, send } = setUp();
    const fields = { ssrc, payloadType: 98, timestamp: 9 };
    expect(receiver.receive(send(7, { marker: true }))).toEqual({
      ...fields,
      sequenceNumber: 7,
      marker: true,
      payload,
    });
    const withSources = send(8, { csrc: [1, 2], csrcLength: 2 });
    expect(receiver.receive(withSources)).toEqual({ ...fields, sequenceNumber: 8, marker: false, payload });
    const extensions = [{ id: 1, payload: Buffer.from([5, 6]) }];
    const extended = send(9, { extension: true, extensionProfile: 0xbede, extensions });
    expect(receiver.receive(extended)).toEqual({ ...fields, sequenceNumber: 9, marker: false, payload });
    expect(receiver.receive(send(10, {}, Buffer.alloc(0)))?.payload).toHaveLength(0);
  });

  test("padding is taken off; more padding than there is makes no packet", () => {
    const { receiver, send } = setUp();
    const padded = Buffer.concat([payload, Buffer.from([0, 0, 3])]);
    expect(receiver.receive(send(1, { padding: true }, padded))?.payload).toEqual(payload);
    expect(receiver.receive(send(2, { padding: true }, Buffer.from([1, 200])))).toBeUndefined();
    expect(receiver.receive(send(3, { padding: true }, Buffer.from([1, 0])))).toBeUndefined();
    expect(receiver.receive(send(4))?.payload).toEqual(payload);
  });

  test("a packet with any byte changed, cut off or added is refused, and the next one is taken", () => {
    const { receiver, send } = setUp();
    expect(receiver.receive(send(1))).toBeDefined();
    const packet = send(2);
    for (let at = 0; at < packet.length; at++) {
      const changed = Buffer.from(packet);
      changed[at] = (changed[at] ?? 0) ^ 0x11;
      expect(receiver.receive(changed), `byte ${at}`).toBeUndefined();
      expect(receiver.receive(packet.subarray(0, at)), `${at} bytes`).toBeUndefined();
    }
    expect(receiver.receive(Buffer.concat([packet, Buffer.alloc(1)]))).toBeUndefined();
    expect(receiver.receive(packet)?.payload).toEqual(payload);
  });

  test("numbers that begin anew are followed: in order, swapped at the seam, and behind a large hole", () => {
    const { receiver, send } = setUp();
    const packets = [65_000, 65_534, 65_535, 0, 1, 2].map((sequence) => send(sequence));
    const arrived = [0, 1, 3, 2, 5, 4].map((at) => receiver.receive(packets[at] ?? Buffer.alloc(0)));
    expect(arrived.map((packet) => packet?.sequenceNumber)).toEqual([65_000, 65_534, 0, 65_535, 2, 1]);
    // werift's own counting gets lost beyond 100.
    for (const sequence of [30_000, 60_000, 65_500]) expect(receiver.receive(send(sequence))).toBeDefined();
    send(65_530);
    send(20);
    expect(receiver.receive(send(400))?.payload).toEqual(payload);
  });

  test("each sender has a count of its own", () => {
    const { receiver, send } = setUp();
    for (const sequence of [65_535, 0]) expect(receiver.receive(send(sequence))).toBeDefined();
    expect(receiver.receive(send(65_535, { ssrc: 5 }))?.ssrc).toBe(5);
    expect(receiver.receive(send(1))).toBeDefined();
  });
});
