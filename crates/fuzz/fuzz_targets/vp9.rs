//! libFuzzer's way into [`homeroom_fuzz::vp9`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| homeroom_fuzz::vp9(data));
