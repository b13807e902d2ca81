//! The m-lines of a bot's offer: which, in what order, with which codecs.
//!
//! Invariant: [`add`] and [`name`] walk the lines in the same order.

use crate::sdp::{AUDIO_LEVEL_URI, MID_URI, Section};
use crate::sender::Line;
use anyhow::{Result, ensure};
use homeroom_protocol::{AUDIO_SLOTS, MediaLayout};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::{
    MIME_TYPE_OPUS, MIME_TYPE_RTX, MIME_TYPE_VP8, MediaEngine,
};
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpHeaderExtensionCapability, RTCRtpRtxParameters, RtpCodecKind,
};
use std::sync::Arc;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::PeerConnection;
use webrtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};

const OPUS: u8 = 111;
const VP8: u8 = 96;
const VP8_RTX: u8 = 97;

/// Which m-lines a bot offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lines {
    /// Sends a microphone.
    pub microphone: bool,
    /// Sends a camera.
    pub camera: bool,
    /// Sends a screen and its sound.
    pub screen: bool,
    /// Camera slots.
    pub video_slots: usize,
    /// Receives the shared screen and its sound.
    pub screen_slot: bool,
}

impl Lines {
    /// What a desktop browser offers.
    pub const DESKTOP: Self = Self {
        microphone: true,
        camera: true,
        screen: true,
        video_slots: 9,
        screen_slot: true,
    };
    /// What a phone offers.
    pub const PHONE: Self = Self {
        video_slots: 4,
        screen: false,
        ..Self::DESKTOP
    };
}

/// Opus and VP8 with its retransmissions, and the header extensions the server reads.
pub(super) fn media_engine() -> Result<MediaEngine> {
    let mut media = MediaEngine::default();
    media.register_codec(codec(OPUS), RtpCodecKind::Audio)?;
    media.register_codec(codec(VP8), RtpCodecKind::Video)?;
    media.register_codec(codec(VP8_RTX), RtpCodecKind::Video)?;
    for (uri, kind) in [
        (AUDIO_LEVEL_URI, RtpCodecKind::Audio),
        (MID_URI, RtpCodecKind::Audio),
        (MID_URI, RtpCodecKind::Video),
    ] {
        let extension = RTCRtpHeaderExtensionCapability {
            uri: uri.to_owned(),
        };
        media.register_header_extension(extension, kind, None)?;
    }
    Ok(media)
}

fn codec(payload_type: u8) -> RTCRtpCodecParameters {
    let (mime_type, clock_rate, channels, parameters) = match payload_type {
        OPUS => (MIME_TYPE_OPUS, 48_000, 2, "minptime=10;useinbandfec=1"),
        VP8_RTX => (MIME_TYPE_RTX, 90_000, 0, "apt=96"),
        _ => (MIME_TYPE_VP8, 90_000, 0, ""),
    };
    RTCRtpCodecParameters {
        rtp_codec: RTCRtpCodec {
            mime_type: mime_type.to_owned(),
            clock_rate,
            channels,
            sdp_fmtp_line: parameters.to_owned(),
            rtcp_feedback: vec![],
        },
        payload_type,
    }
}

/// Adds every m-line in order; the tracks of those that send.
pub(super) async fn add(connection: &Arc<dyn PeerConnection>, lines: Lines) -> Result<Vec<Line>> {
    use RtpCodecKind::{Audio, Video};
    let sends = [
        (lines.microphone, Audio, "microphone"),
        (lines.camera, Video, "camera"),
        (lines.screen, Video, "screen"),
        (lines.screen, Audio, "screen-audio"),
    ];
    let mut tracks = Vec::new();
    for (_, kind, label) in sends.into_iter().filter(|(offered, ..)| *offered) {
        let line = sending_line(kind, label);
        let track = Arc::clone(&line.track) as Arc<dyn TrackLocal>;
        let init = direction(RTCRtpTransceiverDirection::Sendonly);
        connection
            .add_transceiver_from_track(track, Some(init))
            .await?;
        tracks.push(line);
    }
    let screen = usize::from(lines.screen_slot);
    let receives = [
        (Audio, AUDIO_SLOTS),
        (Video, lines.video_slots),
        (Video, screen),
        (Audio, screen),
    ];
    for (kind, count) in receives {
        for _ in 0..count {
            let init = direction(RTCRtpTransceiverDirection::Recvonly);
            connection
                .add_transceiver_from_kind(kind, Some(init))
                .await?;
        }
    }
    Ok(tracks)
}

fn direction(direction: RTCRtpTransceiverDirection) -> RTCRtpTransceiverInit {
    RTCRtpTransceiverInit {
        direction,
        streams: vec![],
        send_encodings: vec![],
    }
}

pub(super) fn sending_line(kind: RtpCodecKind, label: &str) -> Line {
    let ssrc = rand::random();
    let video = kind == RtpCodecKind::Video;
    let payload_type = if video { VP8 } else { OPUS };
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(ssrc),
            rtx: video.then(|| RTCRtpRtxParameters {
                ssrc: rand::random(),
            }),
            ..Default::default()
        },
        codec: codec(payload_type).rtp_codec,
        ..Default::default()
    };
    let name = || label.to_owned();
    let track = MediaStreamTrack::new("bot".to_owned(), name(), name(), kind, vec![encoding]);
    Line {
        track: Arc::new(TrackLocalStaticRTP::new(track)),
        ssrc,
        payload_type,
        section: Section::default(),
    }
}

/// Which `mid` is which line.
pub(super) fn name(lines: Lines, mids: impl Iterator<Item = String>) -> Result<MediaLayout> {
    let mut mids = mids.fuse();
    let mut next = |offered: bool| if offered { mids.next() } else { None };
    let layout = MediaLayout {
        microphone: next(lines.microphone),
        microphone_low: None,
        camera: next(lines.camera),
        screen: next(lines.screen),
        screen_audio: next(lines.screen),
        audio_slots: (0..AUDIO_SLOTS).filter_map(|_| next(true)).collect(),
        video_slots: (0..lines.video_slots).filter_map(|_| next(true)).collect(),
        screen_slot: next(lines.screen_slot),
        screen_audio_slot: next(lines.screen_slot),
    };
    ensure!(
        layout.screen_audio_slot.is_some() == lines.screen_slot,
        "too few m-lines"
    );
    ensure!(mids.next().is_none(), "more m-lines than were asked for");
    Ok(layout)
}
