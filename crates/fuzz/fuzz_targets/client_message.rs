//! libFuzzer's way into [`homeroom_fuzz::client_message`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| homeroom_fuzz::client_message(data));
