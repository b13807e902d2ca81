/**
 * Real browsers of the distribution, headless, each its own process with its own profile.
 *
 * Invariant: sound is never muted: Chromium counts no audio energy on a muted element.
 */
import { existsSync } from "node:fs";
import puppeteer from "puppeteer-core";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FIREFOX = process.env.FIREFOX ?? "/usr/bin/firefox-esr";

const CHROMIUM_ARGS = [
  "--autoplay-policy=no-user-gesture-required",
  "--allow-loopback-in-peer-connection",
  "--lang=en",
  // Root has no sandbox to enter, and CI often is root.
  ...(process.getuid() === 0 ? ["--no-sandbox"] : []),
];

const COMMON = {
  headless: true,
  acceptInsecureCerts: true,
  defaultViewport: { width: 1280, height: 800 },
};

/**
 * With a fake camera, microphone and screen; `face` is the file the camera plays, `voice` the one
 * the microphone does.
 */
export function chromium({ face, voice, devices = true } = {}) {
  const fake = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"];
  return puppeteer.launch({
    browser: "chrome",
    executablePath: CHROMIUM,
    ...COMMON,
    args: [
      ...CHROMIUM_ARGS,
      ...(devices ? fake : []),
      ...(face === undefined ? [] : [`--use-file-for-fake-video-capture=${face}`]),
      ...(voice === undefined ? [] : [`--use-file-for-fake-audio-capture=${voice}`]),
    ],
  });
}

/** Why there is no Firefox to test with, or null. */
export function firefoxMissing() {
  return existsSync(FIREFOX) ? null : `no Firefox at ${FIREFOX}`;
}

export function firefox() {
  return puppeteer.launch({
    browser: "firefox",
    executablePath: FIREFOX,
    ...COMMON,
    extraPrefsFirefox: {
      "intl.accept_languages": "en",
      "media.autoplay.default": 0,
      "media.navigator.permission.disabled": true,
      "media.navigator.streams.fake": true,
      // Else candidates on 127.0.0.1 are never tried.
      "media.peerconnection.ice.loopback": true,
      "media.peerconnection.ice.obfuscate_host_addresses": false,
    },
  });
}
