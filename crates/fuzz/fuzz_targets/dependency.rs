//! libFuzzer's way into [`homeroom_fuzz::dependency`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| homeroom_fuzz::dependency(data));
