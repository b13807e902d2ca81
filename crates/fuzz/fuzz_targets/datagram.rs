//! libFuzzer's way into [`homeroom_fuzz::datagram`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| homeroom_fuzz::datagram(data));
