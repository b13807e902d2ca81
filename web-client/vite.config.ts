/**
 * How the page is built and served while developing.
 *
 * Invariant: the build loads under `script-src 'self'; style-src 'self'`: nothing is inlined.
 */
import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    // Chrome 90 is what the older phones in our classrooms are frozen at.
    target: ["es2020", "chrome90", "firefox90", "safari15"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: { "/api": { target: "http://127.0.0.1:8080", ws: true } },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
