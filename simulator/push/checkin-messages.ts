// The messages of Google's device check-in, cut to the fields that browsers send and read.
import * as v from "valibot";
import { defineWireTypes, WireMessage } from "./wire-message.ts";

const type = defineWireTypes({
  ChromeBuild: { platform: ["int32", 1], chromeVersion: ["string", 2], channel: ["int32", 3] },
  Checkin: { lastCheckinMsec: ["int64", 2], type: ["int32", 12], chromeBuild: ["ChromeBuild", 13] },
  CheckinRequest: {
    id: ["int64", 2],
    checkin: ["Checkin", 4, "required"],
    timeZone: ["string", 12],
    securityToken: ["fixed64", 13],
    version: ["int32", 14],
    fragment: ["int32", 20],
  },
  CheckinResponse: {
    statsOk: ["bool", 1, "required"],
    timeMsec: ["int64", 3],
    androidId: ["fixed64", 7],
    securityToken: ["fixed64", 8],
  },
});

const chromeBrowser = 3;

export const checkinRequest = new WireMessage(
  type("CheckinRequest"),
  v.object({
    id: v.optional(v.string()),
    securityToken: v.optional(v.string()),
    version: v.literal(3),
    checkin: v.object({
      type: v.literal(chromeBrowser),
      chromeBuild: v.object({
        platform: v.pipe(v.number(), v.minValue(1), v.maxValue(6)),
        chromeVersion: v.pipe(v.string(), v.regex(/^\d+(\.\d+){3}$/)),
        channel: v.pipe(v.number(), v.minValue(1), v.maxValue(5)),
      }),
    }),
  }),
);

export const checkinResponse = new WireMessage(
  type("CheckinResponse"),
  v.object({ statsOk: v.boolean(), androidId: v.string(), securityToken: v.string() }),
);
