import { expect, test } from "vitest";
import { publishArguments } from "./publish-arguments.ts";

const urls = { input: "rtsp://in", output: "rtsp://out" };

test("of a recording some sound is looked at, and goes on as it is", () => {
  const args = publishArguments(urls, "copy");
  expect(args).not.toContain("-max_ts_probe");
  expect(args).not.toContain("-analyzeduration");
  expect(args.join(" ")).toContain("-map 0:a:0 -map 0:a:1 -c:a copy");
});

test("nothing is thrown away to learn what it is", () => {
  for (const sound of ["copy", "encode", "none"] as const)
    expect(publishArguments(urls, sound).join(" ")).not.toContain("nobuffer");
});

test("no track begins before zero, of which FFmpeg would move that track alone", () => {
  for (const sound of ["copy", "encode", "none"] as const)
    expect(publishArguments(urls, sound).join(" ")).toContain("-output_ts_offset 0.1 -f rtsp");
});

test("a camera's sound becomes AAC, in step with the picture, and goes on as it is, too; without sound there is none", () => {
  const args = publishArguments(urls, "encode").join(" ");
  expect(args).toContain("-max_ts_probe 0");
  expect(args).toContain("-c:a:0 aac");
  expect(args).toContain("aresample=async=1:min_hard_comp=0.01");
  expect(args).toContain("-c:a:1 copy");
  expect(args.endsWith("rtsp://out")).toBe(true);
  expect(publishArguments(urls, "none").join(" ")).not.toContain("0:a");
});
