//! Every cap of `decode_client_message` at its edge, and every error it can give.
//!
//! Invariant: the largest allowed value passes, one more is refused, and no error text repeats
//! what the client sent.

use homeroom_protocol::{
    AUDIO_SLOTS, CHECK_SECONDS, ClientMessage, DecodeError, MAX_AT_ONE_SCREEN, MAX_CHAT_BYTES,
    MAX_CLIENT_FRAME_BYTES, MAX_JSON_DEPTH, MAX_LINE_ID_BYTES, MAX_LOBBY, MAX_MID_BYTES,
    MAX_REASON_BYTES, MAX_SDP_BYTES, MAX_SMALL_FRAME_BYTES, MAX_TOKEN_BYTES, MAX_VIDEO_SLOTS,
    PROTOCOL_VERSION, decode_client_message,
};
use serde_json::{Value, json};

fn decode(message: &Value) -> Result<ClientMessage, DecodeError> {
    decode_client_message(&message.to_string())
}

fn join_with(field: &str, value: Value) -> Value {
    let mut join = json!({
        "type": "join", "version": PROTOCOL_VERSION, "lesson": "k7m-3xh-rp2", "name": "Aida",
    });
    join[field] = value;
    join
}

fn media_with(path: &str, value: Value) -> Value {
    let mut media = json!({"sdp": "v=0", "layout": {"audio_slots": [], "video_slots": []}});
    *media.pointer_mut(path).expect("the path exists") = value;
    json!({"type": "renew_media", "media": media})
}

/// `make(cap)` must pass and `make(cap + 1)` must be refused, naming the field and the cap.
fn check_cap(field: &'static str, cap: usize, make: impl Fn(usize) -> Value) {
    let edge = decode(&make(cap));
    assert!(edge.is_ok(), "{field} at its cap of {cap}: {edge:?}");
    assert_eq!(
        decode(&make(cap + 1)),
        Err(DecodeError::OverCap { field, cap })
    );
}

#[test]
fn fields_are_capped_at_their_edges() {
    check_cap("token", MAX_TOKEN_BYTES, |n| {
        join_with("token", json!("t".repeat(n)))
    });
    check_cap(
        "slots",
        MAX_VIDEO_SLOTS,
        |n| json!({"type": "watch", "slots": vec![7; n]}),
    );
    check_cap(
        "text",
        MAX_REASON_BYTES,
        |n| json!({"type": "dispute_roll", "text": "t".repeat(n)}),
    );
    check_cap(
        "text",
        MAX_CHAT_BYTES,
        |n| json!({"type": "chat", "text": "t".repeat(n), "to": "everyone"}),
    );
    check_cap(
        "waiting",
        MAX_LOBBY,
        |n| json!({"type": "admit", "waiting": vec![7; n]}),
    );
    check_cap(
        "reason",
        MAX_REASON_BYTES,
        |n| json!({"type": "set_attendance", "line": "p1", "status": "late", "reason": "r".repeat(n)}),
    );
    check_cap(
        "line",
        MAX_LINE_ID_BYTES,
        |n| json!({"type": "mark_in_room", "screen": "p1", "lines": ["p".repeat(n)]}),
    );
    check_cap(
        "lines",
        MAX_AT_ONE_SCREEN,
        |n| json!({"type": "mark_in_room", "screen": "p1", "lines": vec!["p2"; n]}),
    );
    check_cap(
        "seconds",
        CHECK_SECONDS.1.into(),
        |n| json!({"type": "start_check", "seconds": n}),
    );
    check_cap("media.sdp", MAX_SDP_BYTES, |n| {
        media_with("/sdp", json!("s".repeat(n)))
    });
    check_cap(
        "heights",
        MAX_VIDEO_SLOTS,
        |n| json!({"type": "watch", "slots": [], "heights": vec![180; n]}),
    );
    check_cap("media.layout.audio_slots", AUDIO_SLOTS, |n| {
        media_with("/layout/audio_slots", json!(vec!["4"; n]))
    });
    check_cap("media.layout.video_slots", MAX_VIDEO_SLOTS, |n| {
        media_with("/layout/video_slots", json!(vec!["7"; n]))
    });
}

#[test]
fn a_devices_name_is_16_to_64_plain_characters() {
    for (name, fits) in [
        ("d".repeat(16), true),
        ("Az09-_".repeat(10), true),
        ("d".repeat(64), true),
        ("d".repeat(15), false),
        ("d".repeat(65), false),
        ("d".repeat(15) + "/", false),
        ("d".repeat(15) + "\u{430}", false),
        (String::new(), false),
    ] {
        let decoded = decode(&join_with("device", json!(name)));
        assert_eq!(decoded.is_ok(), fits, "{name}: {decoded:?}");
    }
}

#[test]
fn every_mid_is_capped() {
    let mids = [
        "microphone",
        "camera",
        "screen",
        "screen_audio",
        "screen_slot",
        "screen_audio_slot",
    ];
    let layout = |field: &str, value: Value| {
        let mut layout = json!({"audio_slots": [], "video_slots": []});
        layout[field] = value;
        media_with("/layout", layout)
    };
    for mid in mids {
        check_cap("media.layout mid", MAX_MID_BYTES, |n| {
            layout(mid, json!("m".repeat(n)))
        });
    }
    for list in ["audio_slots", "video_slots"] {
        check_cap("media.layout mid", MAX_MID_BYTES, |n| {
            layout(list, json!(["m".repeat(n)]))
        });
    }
}

#[test]
fn a_name_may_fill_a_small_frame_when_the_frame_may_be_large() {
    let join = |n: usize| {
        let mut join = join_with("name", json!("n".repeat(n)));
        join["media"] = json!({"sdp": "v=0", "layout": {"audio_slots": [], "video_slots": []}});
        join
    };
    check_cap("name", MAX_SMALL_FRAME_BYTES, join);
}

/// Spaces after the value are part of the frame, so any frame can be made exactly this long.
fn padded(message: &Value, bytes: usize) -> String {
    let mut frame = message.to_string();
    frame.extend(std::iter::repeat_n(' ', bytes - frame.len()));
    frame
}

#[test]
fn frames_are_capped_at_their_edges() {
    let large = media_with("/sdp", json!("v=0"));
    for (message, cap) in [
        (large, MAX_CLIENT_FRAME_BYTES),
        (json!({"type": "leave"}), MAX_SMALL_FRAME_BYTES),
        (join_with("name", json!("Aida")), MAX_SMALL_FRAME_BYTES),
    ] {
        assert!(decode_client_message(&padded(&message, cap)).is_ok());
        assert_eq!(
            decode_client_message(&padded(&message, cap + 1)),
            Err(DecodeError::TooLong {
                bytes: cap + 1,
                cap
            })
        );
    }
}

#[test]
fn depth_is_capped_at_its_edge() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    // At the cap it is read as JSON, and then is no message.
    assert!(matches!(
        decode_client_message(&nested(MAX_JSON_DEPTH)),
        Err(DecodeError::NotAMessage(_))
    ));
    assert_eq!(
        decode_client_message(&nested(MAX_JSON_DEPTH + 1)),
        Err(DecodeError::TooDeep)
    );
}

#[test]
fn brackets_inside_a_name_are_not_depth() {
    let name = format!("{}\"\\{}", "[".repeat(40), "{".repeat(40));
    assert!(decode(&join_with("name", json!(name))).is_ok());
}

#[test]
fn another_version_is_named_even_when_its_fields_are_unknown() {
    let mut newer = join_with("version", json!(PROTOCOL_VERSION + 1));
    let refused = Err(DecodeError::UnsupportedVersion(
        u64::from(PROTOCOL_VERSION) + 1,
    ));
    assert_eq!(decode(&newer), refused);
    newer["from_the_future"] = json!(true);
    assert_eq!(decode(&newer), refused);
}

#[test]
fn what_is_no_message_is_refused() {
    for frame in [
        "",
        "null",
        "{",
        "[]",
        "\"join\"",
        r#"{"type":"dance"}"#,
        r#"{"type":"raise_hand","raised":true,"extra":1}"#,
        r#"{"type":"raise_hand"}"#,
        r#"{"type":"raise_hand","raised":"yes"}"#,
        r#"{"type":"watch","slots":[-1]}"#,
        r#"{"type":"watch","slots":[],"heights":[-1]}"#,
        r#"{"type":"watch","slots":[],"heights":[65536]}"#,
        r#"{"type":"watch","slots":[4294967296]}"#,
        r#"{"type":"leave"} trailing"#,
        r#"{"type":"join","version":1,"lesson":"not a code","name":"Aida"}"#,
    ] {
        let decoded = decode_client_message(frame);
        assert!(
            matches!(decoded, Err(DecodeError::NotAMessage(_))),
            "{frame}: {decoded:?}"
        );
    }
}

#[test]
fn error_texts_are_short() {
    let long_type = format!(r#"{{"type":"{}"}}"#, "x".repeat(4000));
    let error = decode_client_message(&long_type).expect_err("no such type");
    assert!(error.to_string().chars().count() <= 200);
}
