//! libFuzzer's way into [`homeroom_fuzz::rtcp`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| homeroom_fuzz::rtcp(data));
