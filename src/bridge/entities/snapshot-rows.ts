// The pictures of a camera.
import type { CameraActions, CameraView } from "../camera-view.ts";
import { type EntityRow, isoTime } from "./entity-row.ts";

type Row = EntityRow<CameraView, CameraActions>;

export const snapshotRows: readonly Row[] = [
  {
    key: "snapshot",
    platform: "camera",
    topics: ["image", "attributes"],
    options: { name: "Snapshot" },
    exists: () => true,
    attributes: ({ snapshot }) =>
      snapshot.takenAt === undefined
        ? undefined
        : { timestamp: Math.round(snapshot.takenAt / 1000), time: isoTime(snapshot.takenAt), type: snapshot.type },
  },
];
