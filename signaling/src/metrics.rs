//! Numbers for `/metrics`, in the OpenMetrics text format.
//!
//! Invariant: no label names a person, a lesson or an address; every label's values are an enum.

use crate::media::Media;
use crate::process::Used;
use homeroom_protocol::ErrorCode;
use homeroom_store::JournalState;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;
use std::sync::Arc;

/// The numbers of one server.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    /// Rooms whose task runs.
    pub rooms: Gauge,
    /// Sockets that have a seat.
    pub participants: Gauge,
    /// Open sockets.
    pub sockets: Gauge,
    /// Frames from clients that were messages.
    pub messages: Counter,
    /// Media events a busy room did not take in time.
    pub lost_media_events: Counter,
    /// Appends that neither the database nor the disk took at first.
    pub undurable_appends: Counter,
    refused: Family<Reason, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: String,
}

/// The SFU's own counters, read when somebody asks.
struct SfuCounters(Arc<dyn Media>);

impl std::fmt::Debug for SfuCounters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SfuCounters")
    }
}

impl Collector for SfuCounters {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        for (name, value) in self.0.counters() {
            let counter = ConstCounter::new(value);
            let name = format!("sfu_{name}");
            let metric = encoder.encode_descriptor(
                &name,
                "Counted by the SFU",
                None,
                counter.metric_type(),
            )?;
            counter.encode(metric)?;
        }
        Ok(())
    }
}

/// What this process has used, read when somebody asks.
#[derive(Debug)]
struct ProcessNumbers;

impl Collector for ProcessNumbers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let Some(used) = Used::now() else {
            return Ok(());
        };
        let cpu = ConstCounter::new(used.cpu_seconds);
        let (name, help) = ("process_cpu_seconds", "CPU time of this process");
        cpu.encode(encoder.encode_descriptor(name, help, None, cpu.metric_type())?)?;
        let memory = ConstGauge::new(used.resident_bytes);
        let (name, help) = ("process_resident_memory_bytes", "Memory of this process");
        memory.encode(encoder.encode_descriptor(name, help, None, memory.metric_type())?)
    }
}

/// What waits for the database, read when somebody asks.
struct JournalNumbers<F>(F);

impl<F> std::fmt::Debug for JournalNumbers<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JournalNumbers")
    }
}

impl<F: Fn() -> JournalState + Send + Sync + 'static> Collector for JournalNumbers<F> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let state = (self.0)();
        let gauges = [
            (
                "journal_waiting_records",
                "Records that wait for the database",
                state.waiting_records,
            ),
            (
                "journal_waiting_bytes",
                "Bytes of them on disk",
                state.waiting_bytes,
            ),
        ];
        for (name, help, value) in gauges {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        let lost = ConstCounter::new(state.lost_records);
        let help = "Records that neither database, disk nor memory had room for";
        lost.encode(encoder.encode_descriptor("journal_lost", help, None, lost.metric_type())?)
    }
}

impl Metrics {
    pub fn new(
        media: Arc<dyn Media>,
        journal: impl Fn() -> JournalState + Send + Sync + 'static,
    ) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("homeroom"),
            rooms: Gauge::default(),
            participants: Gauge::default(),
            sockets: Gauge::default(),
            messages: Counter::default(),
            lost_media_events: Counter::default(),
            undurable_appends: Counter::default(),
            refused: Family::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("rooms", "Rooms whose task runs", metrics.rooms.clone());
        registry.register(
            "participants",
            "Sockets that have a seat",
            metrics.participants.clone(),
        );
        registry.register("sockets", "Open sockets", metrics.sockets.clone());
        registry.register(
            "messages",
            "Messages from clients",
            metrics.messages.clone(),
        );
        registry.register(
            "lost_media_events",
            "Media events a busy room did not take in time",
            metrics.lost_media_events.clone(),
        );
        registry.register(
            "undurable_appends",
            "Journal appends that neither the database nor the disk took at first",
            metrics.undurable_appends.clone(),
        );
        registry.register(
            "refused",
            "Requests refused, by reason",
            metrics.refused.clone(),
        );
        registry.register_collector(Box::new(SfuCounters(media)));
        registry.register_collector(Box::new(ProcessNumbers));
        registry.register_collector(Box::new(JournalNumbers(journal)));
        metrics
    }

    /// One more request refused for this reason.
    pub fn refused(&self, code: ErrorCode) {
        let reason = word(code).to_owned();
        self.refused.get_or_create(&Reason { reason }).inc();
    }

    /// The page of `/metrics`.
    pub fn text(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)
            .expect("writing to a String cannot fail");
        text
    }
}

const fn word(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::BadMessage => "bad_message",
        ErrorCode::UnsupportedVersion => "unsupported_version",
        ErrorCode::LessonNotFound => "lesson_not_found",
        ErrorCode::BadToken => "bad_token",
        ErrorCode::BadTicket => "bad_ticket",
        ErrorCode::BadOffer => "bad_offer",
        ErrorCode::BadName => "bad_name",
        ErrorCode::NotAllowed => "not_allowed",
        ErrorCode::LessonLocked => "lesson_locked",
        ErrorCode::ShareBusy => "share_busy",
        ErrorCode::Full => "full",
        ErrorCode::TooFast => "too_fast",
        ErrorCode::Unavailable => "unavailable",
        ErrorCode::Internal => "internal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::NoMedia;

    struct Counting;

    impl Media for Counting {
        fn join(
            &self,
            request: homeroom_sfu::JoinRequest,
        ) -> Result<String, homeroom_sfu::JoinError> {
            NoMedia.join(request)
        }

        fn command(&self, _: homeroom_sfu::RoomId, _: crate::room::MediaCommand) {}

        fn restart_ice(
            &self,
            room: homeroom_sfu::RoomId,
            of: homeroom_protocol::ParticipantId,
            ice: homeroom_sfu::IceCredentials,
        ) -> Option<String> {
            NoMedia.restart_ice(room, of, ice)
        }

        fn counters(&self) -> Vec<(&'static str, u64)> {
            vec![("rtp_sent", 7)]
        }
    }

    #[test]
    fn the_page_has_every_number_under_our_name() {
        let waiting = JournalState {
            waiting_records: 3,
            waiting_bytes: 300,
            lost_records: 1,
        };
        let metrics = Metrics::new(Arc::new(Counting), move || waiting);
        metrics.sockets.inc();
        metrics.refused(ErrorCode::TooFast);
        let text = metrics.text();
        for line in [
            "homeroom_sockets 1",
            "homeroom_rooms 0",
            "homeroom_messages_total 0",
            "homeroom_sfu_rtp_sent_total 7",
            "homeroom_journal_waiting_records 3",
            "homeroom_journal_waiting_bytes 300",
            "homeroom_journal_lost_total 1",
            "homeroom_refused_total{reason=\"too_fast\"} 1",
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
        for name in [
            "homeroom_process_cpu_seconds_total ",
            "homeroom_process_resident_memory_bytes ",
        ] {
            assert!(
                text.lines().any(|found| found.starts_with(name)),
                "{name} in\n{text}"
            );
        }
    }
}
