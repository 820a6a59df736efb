import { expect, test } from "vitest";
import { readingUser } from "./auth-users.ts";
import { type MediamtxConfigOptions, mediamtxConfig, onDemandPath } from "./mediamtx-config.ts";

const options: MediamtxConfigOptions = {
  host: "0.0.0.0",
  ports: { rtsp: 8554, rtp: 8000, api: 9997, metrics: 9998 },
  reading: readingUser({ username: "viewer", password: "secret" }),
  control: { username: "belfry1", password: "control" },
  publishing: { username: "belfry2", password: "publishing" },
  origins: [],
  otherHosts: [],
};

test("what is not used is off, and the API is for this machine and for us", () => {
  const config = mediamtxConfig(options);
  for (const feature of ["rtmp", "srt", "moq", "hls", "webrtc", "playback", "pprof"])
    expect(config[feature]).toBe(false);
  expect(config).toMatchObject({
    apiAddress: "127.0.0.1:9997",
    metricsAddress: "127.0.0.1:9998",
    rtspEncryption: "no",
  });
  expect(config["authInternalUsers"]).toEqual([
    {
      user: "belfry1",
      pass: "control",
      ips: ["127.0.0.1", "::1"],
      permissions: [
        { action: "api", path: "" },
        { action: "metrics", path: "" },
      ],
    },
    {
      user: "belfry2",
      pass: "publishing",
      ips: ["127.0.0.1", "::1"],
      permissions: [{ action: "publish", path: "" }],
    },
    { user: "viewer", pass: "secret", ips: [], permissions: [{ action: "read", path: "" }] },
  ]);
  expect(config["rtspAuthMethods"]).toEqual(["digest", "basic"]);
});

test("readers come in by TCP and UDP, or by TCP alone", () => {
  expect(mediamtxConfig(options)).toMatchObject({
    rtspTransports: ["udp", "tcp"],
    rtspAddress: "0.0.0.0:8554",
    rtpAddress: "0.0.0.0:8000",
    rtcpAddress: "0.0.0.0:8001",
  });
  const withoutUdp = mediamtxConfig({ ...options, host: "::1", ports: { ...options.ports, rtp: undefined } });
  expect(withoutUdp).toMatchObject({ rtspTransports: ["tcp"], rtspAddress: "[::1]:8554" });
  expect(withoutUdp).not.toHaveProperty("rtpAddress");
});

test("what the owner switches on is on", () => {
  const config = mediamtxConfig({
    ...options,
    ports: { ...options.ports, hls: 8888, whep: 8889, ice: 8189, rtsps: 8322, srtp: 8004 },
    certificate: { file: "/ssl/cert.pem", keyFile: "/ssl/key.pem" },
    otherHosts: ["192.0.2.7"],
  });
  expect(config).toMatchObject({
    hlsAllowOrigins: [],
    webrtcAllowOrigins: [],
    hlsAddress: "0.0.0.0:8888",
    hlsMuxerCloseAfter: "10s",
    webrtcAddress: "0.0.0.0:8889",
    webrtcLocalUDPAddress: "0.0.0.0:8189",
    webrtcAdditionalHosts: ["192.0.2.7"],
    rtspEncryption: "optional",
    rtspsAddress: "0.0.0.0:8322",
    srtpAddress: "0.0.0.0:8004",
    srtcpAddress: "0.0.0.0:8005",
    rtspServerCert: "/ssl/cert.pem",
  });
});

test("two generations of a path differ, which makes MediaMTX begin it anew", () => {
  expect(onDemandPath(1)).not.toEqual(onDemandPath(2));
  expect(onDemandPath(1)).toMatchObject({ overridePublisher: false, runOnDemandRestart: false });
});
