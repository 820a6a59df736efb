import { defineConfig } from "vitest/config";

const slow = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts", "test/*.test.ts"], testTimeout: 10_000 } },
      { test: { name: "simulator", include: ["simulator/**/*.test.ts"], ...slow } },
      { test: { name: "integration", include: ["test/integration/**/*.test.ts"], ...slow } },
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], ...slow, testTimeout: 120_000 } },
    ],
  },
});
