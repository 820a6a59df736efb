import { defineConfig } from "vitest/config";

const slow = { testTimeout: 60_000, hookTimeout: 60_000 };
const patient = { testTimeout: 120_000, hookTimeout: 60_000 };

/** Tests of streams: the project `mediamtx` runs them once more, with MediaMTX as stream engine. */
const streamTests = [
  "test/integration/{stream,event}-*.test.ts",
  "test/integration/rtsp-players.test.ts",
  "test/e2e/players/*.test.ts",
];

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts", "test/*.test.ts"], testTimeout: 10_000 } },
      { test: { name: "simulator", include: ["simulator/**/*.test.ts"], ...slow } },
      { test: { name: "integration", include: ["test/integration/**/*.test.ts"], ...slow } },
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], exclude: ["test/e2e/mediamtx/**"], ...patient } },
      {
        test: {
          name: "mediamtx",
          include: ["test/e2e/mediamtx/**/*.test.ts", ...streamTests],
          env: { BELFRY_TEST_ENGINE: "mediamtx" },
          ...patient,
        },
      },
    ],
  },
});
