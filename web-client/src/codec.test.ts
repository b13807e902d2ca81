import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isAv1, isVp9, oneStream, ownCodec } from "./codec";

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
    for (const codec of ["vp9", "av1"] as const) {
      const encoding = oneStream(codec, wanted);
      expect(encoding).toMatchObject({ active, scalabilityMode, scaleResolutionDownBy });
    }
  });

  it("takes less in AV1, whatever is wanted of it", () => {
    for (const wanted of [[], [true, true, false], [true, false, false]]) {
      const [vp9, av1] = (["vp9", "av1"] as const).map((codec) => oneStream(codec, wanted));
      expect(av1?.maxBitrate).toBeLessThan(vp9?.maxBitrate ?? 0);
    }
  });
});

describe("what this browser codes when it is asked", () => {
  afterEach(() => vi.unstubAllGlobals());

  const codecs = { vp9: [{ mimeType: "video/VP9" }], av1: [{ mimeType: "video/AV1" }] };
  const fits = { supported: true, smooth: true };

  function browser(known: unknown[], drops: boolean, encodingInfo: () => Promise<unknown>) {
    class Connection {
      addTransceiver(_: string, { sendEncodings }: { sendEncodings: object[] }) {
        return { sender: { getParameters: () => ({ encodings: drops ? [{}] : sendEncodings }) } };
      }
      close() {}
    }
    vi.stubGlobal("RTCPeerConnection", Connection);
    vi.stubGlobal("RTCRtpSender", { getCapabilities: () => ({ codecs: known }) });
    vi.stubGlobal("navigator", { mediaCapabilities: { encodingInfo } });
  }

  it.each([
    ["vp8", [...codecs.vp9, ...codecs.av1], false, fits, "vp8"],
    ["vp9", codecs.vp9, false, null, "vp9"],
    ["vp9", codecs.av1, false, fits, "vp8"],
    ["vp9", codecs.vp9, true, fits, "vp8"],
    ["av1", codecs.av1, false, fits, "av1"],
    ["av1", codecs.vp9, false, fits, "vp8"],
    ["av1", codecs.av1, true, fits, "vp8"],
    // It would stutter, is not there, or nobody can say.
    ["av1", codecs.av1, false, { ...fits, smooth: false }, "vp8"],
    ["av1", codecs.av1, false, { ...fits, supported: false }, "vp8"],
    ["av1", codecs.av1, false, null, "vp8"],
  ] as const)("%s of %j, dropping what it does not know: %s, %j", async (...row) => {
    const [asked, known, drops, info, expected] = row;
    browser(
      [...known],
      drops,
      async () => info ?? Promise.reject(new TypeError("of no such type")),
    );
    expect(await ownCodec(asked)).toBe(expected);
  });
});

describe("AV1 that every decoder knows", () => {
  it.each([
    ["video/AV1", "level-idx=5;profile=0;tier=0", true],
    ["video/AV1", undefined, true],
    ["video/AV1", "profile=0", true],
    ["video/AV1", "level-idx=5;profile=1;tier=0", false],
    ["video/VP9", "profile=0", false],
  ])("%s with %s: %s", (mimeType, sdpFmtpLine, expected) => {
    expect(isAv1({ mimeType, clockRate: 90_000, sdpFmtpLine } as RTCRtpCodec)).toBe(expected);
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
