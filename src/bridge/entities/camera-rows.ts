// All entities of a camera or doorbell, in the order in which they are announced. Keys, topics and unique ids are public API.
import type { CameraActions, CameraView } from "../camera-view.ts";
import { controlRows } from "./control-rows.ts";
import type { EntityRow } from "./entity-row.ts";
import { eventRows } from "./event-rows.ts";
import { eventStreamRows } from "./event-stream-rows.ts";
import { healthRows } from "./health-rows.ts";
import { snapshotRows } from "./snapshot-rows.ts";
import { streamRows } from "./stream-rows.ts";

export const cameraRows: readonly EntityRow<CameraView, CameraActions>[] = [
  ...eventRows,
  ...controlRows,
  ...snapshotRows,
  ...streamRows,
  ...eventStreamRows,
  ...healthRows,
];
