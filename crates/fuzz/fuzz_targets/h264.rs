//! libFuzzer's way into [`homeroom_fuzz::h264`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| homeroom_fuzz::h264(data));
