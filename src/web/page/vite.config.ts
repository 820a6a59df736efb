// Builds the page into dist/page, beside the compiled server; `base` is relative, so that it works below any path.
export default {
  base: "./",
  publicDir: false,
  build: {
    outDir: "../../../dist/page",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  logLevel: "warn",
};
