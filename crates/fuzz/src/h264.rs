//! An H.264 payload, as a forwarder reads it.

use homeroom_rtp::h264::begins_key_frame;

/// Only parameter sets begin a key frame, and what follows them changes nothing.
pub fn h264(data: &[u8]) {
    if begins_key_frame(data) {
        assert!(data.iter().any(|byte| byte & 0x1f == 7));
        assert!(begins_key_frame(&[data, data].concat()));
    }
}
