//! libFuzzer's way into [`homeroom_fuzz::vp8`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| homeroom_fuzz::vp8(data));
