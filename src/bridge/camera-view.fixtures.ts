// A camera at which nothing has happened yet and one at which everything has, as their rows see them, and actions that only say that they were called.
import type { CameraEvent } from "../ring/camera-state.ts";
import { batteryDoorbell } from "./camera-state.fixtures.ts";
import type { CameraActions, CameraView } from "./camera-view.ts";
import { defaultSelection } from "./event-selection.ts";

export const quietView = (camera: CameraView["camera"]): CameraView => ({
  camera,
  events: {
    motion: { isOn: false, last: undefined },
    ding: { isOn: false, last: undefined },
    holdSeconds: { motion: 30, ding: 10 },
  },
  snapshots: {
    picture: undefined,
    ageSeconds: undefined,
    isStale: undefined,
    staleReason: undefined,
    eventPicture: undefined,
    mode: "Auto",
    intervalSeconds: 30,
  },
  liveStream: {
    path: "54e019aabbcc_live",
    state: "idle",
    reason: undefined,
    viewers: [],
    startedAt: undefined,
    isManual: false,
    isLocked: false,
    received: undefined,
    secondsToday: 0,
  },
  eventStream: { option: "Motion 1", shown: undefined, stream: undefined, played: undefined },
  urls: { liveStream: "rtsp://host:8554/54e019aabbcc_live", stillImage: "http://host/still" },
});

const happenedAt = Date.UTC(2026, 10, 20, 12, 0, 0);

export const pressedEvent: CameraEvent = {
  kind: "ding",
  eventId: "7410000000012000036",
  happenedAt,
  receivedAt: happenedAt,
  detection: "ding",
  text: "There is somebody at your door",
  imageId: undefined,
};

/** A doorbell whose rows have something to say of everything. */
export function busyView(): CameraView {
  const quiet = quietView(batteryDoorbell);
  const picture = { jpeg: Buffer.alloc(0), takenAt: happenedAt, source: "push" } as const;
  const viewer = { kind: "rtsp", address: "192.168.1.20", userAgent: "player", since: happenedAt } as const;
  const reason = { code: "call.ticket", text: "Ring gives no ticket" };
  const liveStream = { ...quiet.liveStream, state: "ready", reason, viewers: [viewer] } as const;
  const { eventId = "", kind } = pressedEvent;
  return {
    ...quiet,
    events: { ...quiet.events, ding: { isOn: true, last: pressedEvent }, motion: { isOn: true, last: pressedEvent } },
    snapshots: {
      ...quiet.snapshots,
      picture: { ...picture, type: kind },
      ageSeconds: 1,
      isStale: true,
      staleReason: "the camera is offline",
      eventPicture: { event: pressedEvent, picture },
    },
    liveStream: {
      ...liveStream,
      received: {
        videoCodec: "h264",
        profileLevelId: "640029",
        width: 1920,
        height: 1080,
        fps: 15,
        bitsPerSecond: 1_000_000,
        audioCodec: "opus",
        packets: 1_000,
        packetsLost: 1,
      },
    },
    eventStream: {
      option: "Motion 1",
      shown: {
        selection: defaultSelection,
        eventId,
        happenedAt,
        link: { url: "https://files.example/film.mp4", expiresAt: happenedAt, renewAt: happenedAt },
        reason: "there is nothing newer",
      },
      stream: liveStream,
      played: { eventId, happenedAt, video: "copied" },
    },
    urls: {
      ...quiet.urls,
      furtherStreams: { rtsps: "rtsps://host:8322/x", hls: "http://host:8888/x", whep: "http://host:8889/x" },
    },
  };
}

/** `act` hears what was done, in words; where it rejects, the command fails. */
export function spokenActions(act: (text: string) => Promise<void>): CameraActions {
  return {
    setLight: (isOn) => act(`light ${isOn}`),
    setSiren: (isOn, seconds) => act(`siren ${isOn} ${seconds}`),
    setMotionWarning: (isOn) => act(`motion warning ${isOn}`),
    changeSetting: (name, value) => act(`${name} ${value}`),
    setHoldSeconds: (kind, seconds) => void act(`hold ${kind} ${seconds}`),
    setSnapshotMode: (mode) => void act(`snapshot mode ${mode}`),
    setSnapshotInterval: (seconds) => void act(`snapshot interval ${seconds}`),
    takeSnapshot: () => act("take snapshot"),
    switchLiveStream: (isOn) => void act(`stream ${isOn}`),
    lockLiveStream: (isLocked) => void act(`lock ${isLocked}`),
    selectEvent: (option) => act(`select event ${option}`),
    switchEventStream: (isOn) => void act(`event stream ${isOn}`),
  };
}
