//! A bot before a mirror: no server, only the `webrtc` crate on both sides.
//!
//! When this passes and a lesson does not, the fault is in the server or in the signalling.

use super::*;
use crate::sdp::{AUDIO_LEVEL_URI, MID_URI};
use bytes::Bytes;
use homeroom_protocol::{AUDIO_SLOTS, LessonCode, ParticipantId};
use lines::sending_line;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtp::{Header, Packet};
use rtc::rtp_transceiver::rtp_sender::RtpCodecKind;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Mutex;
use tokio::sync::Notify;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{PeerConnectionEventHandler, RTCIceGatheringState};

/// Answers a bot and sends everything back: its voice in the last voice slot, its camera in the
/// camera slot.
struct Mirror {
    back: Arc<OnceLock<HashMap<RtpCodecKind, Line>>>,
    gathered: Arc<Notify>,
    /// Header extensions of voice packets, by number.
    extensions: Extensions,
}

type Extensions = Arc<Mutex<BTreeSet<(u8, Bytes)>>>;

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Mirror {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.gathered.notify_one();
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let back = Arc::clone(&self.back);
        let extensions = Arc::clone(&self.extensions);
        tokio::spawn(async move {
            let kind = track.kind().await;
            let ssrc = track.ssrcs().await[0];
            while let Some(event) = track.poll().await {
                let TrackRemoteEvent::OnRtpPacket(packet) = event else {
                    continue;
                };
                let line = &back.get().expect("lines before packets")[&kind];
                if kind == RtpCodecKind::Audio {
                    let carried = packet.header.extensions.iter();
                    let mut extensions = extensions.lock().expect("no panic while held");
                    extensions.extend(carried.map(|e| (e.id, e.payload.clone())));
                }
                let header = Header {
                    version: 2,
                    marker: packet.header.marker,
                    payload_type: packet.header.payload_type,
                    sequence_number: packet.header.sequence_number,
                    timestamp: packet.header.timestamp,
                    ssrc: line.ssrc,
                    ..Header::default()
                };
                let packet = Packet {
                    header,
                    payload: packet.payload,
                };
                line.track.write_rtp(packet).await.expect("a mirror sends");
                if kind == RtpCodecKind::Video && rand::random_ratio(1, 20) {
                    let request = PictureLossIndication {
                        sender_ssrc: 0,
                        media_ssrc: ssrc,
                    };
                    track
                        .write_rtcp(vec![Box::new(request)])
                        .await
                        .expect("a mirror asks");
                }
            }
        });
    }
}

async fn answer(offer: String) -> (Arc<dyn PeerConnection>, Extensions, String) {
    let mut media = lines::media_engine().expect("codecs");
    let registry = configure_nack(Registry::new(), &mut media);
    let registry = configure_twcc(registry, &mut media).expect("transport-cc");
    let back = Arc::new(OnceLock::new());
    let gathered = Arc::new(Notify::new());
    let extensions = Extensions::default();
    let mirror = Mirror {
        back: Arc::clone(&back),
        gathered: Arc::clone(&gathered),
        extensions: Arc::clone(&extensions),
    };
    let connection = PeerConnectionBuilder::new()
        .with_media_engine(media)
        .with_interceptor_registry(registry)
        .with_handler(Arc::new(mirror))
        .with_udp_addrs(vec![(Ipv4Addr::LOCALHOST, 0)])
        .build()
        .await
        .expect("a connection");
    let description = RTCSessionDescription::offer(offer).expect("an offer");
    connection
        .set_remote_description(description)
        .await
        .expect("accepted");
    let mut lines = HashMap::new();
    // `add_track` takes transceivers in the order of m-lines, so the first of each kind falls on
    // the line the bot sends on and stays silent; the last are its slots.
    for (kind, count) in [
        (RtpCodecKind::Audio, 1 + AUDIO_SLOTS),
        (RtpCodecKind::Video, 2),
    ] {
        for index in 0..count {
            let line = sending_line(kind, &format!("mirror-{kind}-{index}"));
            connection
                .add_track(line.track.clone())
                .await
                .expect("a track");
            lines.insert(kind, line);
        }
    }
    assert!(back.set(lines).is_ok());
    let answer = connection.create_answer(None).await.expect("an answer");
    connection
        .set_local_description(answer)
        .await
        .expect("accepted");
    gathered.notified().await;
    let answer = connection.local_description().await.expect("an answer").sdp;
    (Arc::new(connection), extensions, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_hears_and_sees_itself_in_a_mirror() {
    let observed = Arc::new(watch::Sender::new(Observed {
        voices: vec![Default::default(); AUDIO_SLOTS],
        cameras: vec![Default::default()],
        ..Observed::default()
    }));
    let lines = Lines {
        screen: false,
        video_slots: 1,
        screen_slot: false,
        ..Lines::DESKTOP
    };
    let lesson = LessonTag::of(&LessonCode::parse("222222222").expect("a code"));
    let from = Ipv4Addr::LOCALHOST.into();
    let (mut peer, offer) = Peer::offer(lesson, lines, from, Arc::clone(&observed), Instant::now())
        .await
        .expect("an offer");
    let (_mirror, extensions, answer) = answer(offer.sdp).await;
    let numbers = sections(&answer)[0].extensions.clone();
    let switches = Switches {
        microphone: watch::Sender::new(true),
        camera: watch::Sender::new(true),
        screen: watch::Sender::new(false),
    };
    let me = ParticipantId(7);
    let tone = Tone::nth(3);
    let act = Act {
        badge: Badge { lesson, id: me },
        tone,
        volume: Volume::Normal,
        screen_tone: tone,
    };
    peer.accept(answer, act, &switches)
        .await
        .expect("an answer we can use");

    let mut changes = observed.subscribe();
    let enough = changes.wait_for(|o| o.heard_ms(tone) >= 1000 && o.frames_of(me) >= 20);
    let seen = tokio::time::timeout(Duration::from_secs(10), enough).await;
    let seen = seen.map(|seen| seen.expect("the bot lives").clone());
    let seen = seen.unwrap_or_else(|_| panic!("{}", *observed.borrow()));
    assert_eq!((seen.lost_packets(), seen.faults()), (0, 0));
    assert_eq!(seen.tones(), [tone]);

    let carried = extensions.lock().expect("no panic while held");
    let level = Bytes::from_static(&[0x80 | 15]);
    assert!(
        carried.contains(&(numbers[AUDIO_LEVEL_URI], level)),
        "{carried:?}"
    );
    assert!(
        carried.contains(&(numbers[MID_URI], Bytes::from_static(b"0"))),
        "{carried:?}"
    );
}
