// A camera at which nothing has happened yet, as its rows see it, and actions that only say that they were called.
import type { CameraActions, CameraView } from "./camera-view.ts";

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
