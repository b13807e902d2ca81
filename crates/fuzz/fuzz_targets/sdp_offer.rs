//! libFuzzer's way into [`homeroom_fuzz::sdp_offer`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| homeroom_fuzz::sdp_offer(data));
