import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isVp9, oneStream } from "./codec";

describe("the one stream of a camera", () => {
  it.each([
    [[], true, "L3T3_KEY", 1],
    [[true, true, true], true, "L3T3_KEY", 1],
    [[true, false, true], true, "L3T3_KEY", 1],
    [[true, true, false], true, "L2T3_KEY", 2],
    [[true, false, false], true, "L1T3", 4],
    [[false, false, false], false, "L1T3", 4],
    [[true, false], true, "L3T3_KEY", 1],
  ])("of which %j are wanted", (wanted, active, scalabilityMode, scaleResolutionDownBy) => {
    expect(oneStream(wanted)).toMatchObject({ active, scalabilityMode, scaleResolutionDownBy });
  });
});

describe("VP9 that every decoder knows", () => {
  it.each([
    ["video/VP9", "profile-id=0", true],
    ["video/VP9", undefined, true],
    ["video/VP9", "max-fs=12288;max-fr=60", true],
    ["video/VP9", "profile-id=2", false],
    ["video/VP8", undefined, false],
  ])("%s with %s: %s", (mimeType, sdpFmtpLine, expected) => {
    expect(isVp9({ mimeType, clockRate: 90_000, sdpFmtpLine } as RTCRtpCodec)).toBe(expected);
  });
});

describe("what the server asks for", () => {
  beforeEach(() => vi.resetModules());
  afterEach(() => vi.unstubAllGlobals());

  it("is asked once", async () => {
    const fetch = vi.fn(async () => ({ json: async () => ({ video_codec: "vp9" }) }));
    vi.stubGlobal("fetch", fetch);
    const { askedCodec } = await import("./codec");
    expect([await askedCodec(), await askedCodec()]).toEqual(["vp9", "vp9"]);
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  it("is what every browser codes while there is no answer, and is asked again", async () => {
    const fetch = vi.fn();
    fetch.mockRejectedValueOnce(new Error("no network"));
    fetch.mockResolvedValueOnce({ json: async () => ({ video_codec: "vp9" }) });
    vi.stubGlobal("fetch", fetch);
    const { askedCodec } = await import("./codec");
    expect([await askedCodec(), await askedCodec()]).toEqual(["vp8", "vp9"]);
  });
});
