//! A text frame from a client.

use homeroom_protocol::{DecodeError, decode_client_message};

/// Longest text of an error, in bytes: it goes back to the client and into the log.
const MAX_ERROR_BYTES: usize = 512;

/// A frame is a message that survives encoding, or an error of bounded length.
pub fn client_message(data: &[u8]) {
    let Ok(frame) = std::str::from_utf8(data) else {
        return;
    };
    match decode_client_message(frame) {
        Ok(message) => {
            let encoded = serde_json::to_string(&message).expect("messages are plain data");
            // Escapes and defaults may make the frame longer than its cap; nothing else may differ.
            match decode_client_message(&encoded) {
                Ok(again) => assert_eq!(again, message),
                Err(error) => assert!(matches!(error, DecodeError::TooLong { .. }), "{error}"),
            }
        }
        Err(error) => assert!(error.to_string().len() <= MAX_ERROR_BYTES, "{error}"),
    }
}
