//! Why packets were dropped, and how many went through.
//!
//! Invariant: a dropped packet increments exactly one [`DropReason`]; nothing here is shared
//! between workers.

/// Why a datagram, or a packet inside it, went no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum DropReason {
    /// Neither STUN, DTLS, RTP nor RTCP (RFC 7983).
    Unclassified,
    /// Not well-formed for its kind.
    Malformed,
    /// From an address no participant has proven.
    UnknownAddress,
    /// STUN for nobody here.
    UnknownUfrag,
    /// STUN without a valid MESSAGE-INTEGRITY.
    BadIntegrity,
    /// More addresses than a participant may use.
    TooManyAddresses,
    /// DTLS failed, or came after it had failed.
    Dtls,
    /// The peer's certificate is not the one in its offer.
    WrongFingerprint,
    /// RTP or RTCP before DTLS gave keys.
    NoKeys,
    /// The SRTP tag does not match.
    NotAuthentic,
    /// Seen already.
    Replayed,
    /// An SSRC or mid the offer did not name.
    UnknownSource,
    /// A payload type the offer did not give to a codec of ours.
    UnknownCodec,
    /// Its sender may not send that.
    NotAllowed,
    /// Longer than what is forwarded.
    TooLong,
    /// Of a layer that cannot be told: what describes it has not come.
    Undescribed,
    /// Crossed workers after its room or sender had gone.
    Stale,
    /// The other worker does not keep up.
    RelayFull,
}

/// How many reasons there are.
pub const DROP_REASONS: usize = DropReason::RelayFull as usize + 1;

/// The names of the reasons, in their order, as metrics show them.
pub const DROP_REASON_NAMES: [&str; DROP_REASONS] = [
    "dropped_unclassified",
    "dropped_malformed",
    "dropped_unknown_address",
    "dropped_unknown_ufrag",
    "dropped_bad_integrity",
    "dropped_too_many_addresses",
    "dropped_dtls",
    "dropped_wrong_fingerprint",
    "dropped_no_keys",
    "dropped_not_authentic",
    "dropped_replayed",
    "dropped_unknown_source",
    "dropped_unknown_codec",
    "dropped_not_allowed",
    "dropped_too_long",
    "dropped_undescribed",
    "dropped_stale",
    "dropped_relay_full",
];

/// What receivers' lines are thought to carry, now.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    /// Bits per second of all of them.
    pub bitrate_bps: u64,
    /// Receivers whose line carries less than there is use for.
    pub narrow: u64,
    /// Receivers by what moved their estimate last: see [`LINE_NAMES`].
    pub by_reason: [u64; LINE_NAMES.len()],
}

/// The names of what moves an estimate, in the order of [`crate::congestion::Reason`], as metrics
/// show them.
pub const LINE_NAMES: [&str; 7] = [
    "lines_new",
    "lines_growing",
    "lines_queueing",
    "lines_losing",
    "lines_probed",
    "lines_silent",
    "lines_limited_by_receiver",
];

/// Counters of one worker, read whole.
#[derive(Debug, Clone, Default)]
pub struct Stats {
    /// Datagrams by reason of their drop.
    pub dropped: [u64; DROP_REASONS],
    /// RTP packets received and authenticated, retransmissions included.
    pub rtp_received: u64,
    /// RTP packets sent to receivers, retransmissions included.
    pub rtp_sent: u64,
    /// Bytes of padding in them, which let a burst leave in one send.
    pub padding_sent: u64,
    /// Packets not sent to a receiver because its offer does not have their codec.
    pub undecodable: u64,
    /// Retransmissions sent to receivers.
    pub rtx_sent: u64,
    /// Packets of nothing but padding sent to receivers, to find out what their links carry.
    pub probes_sent: u64,
    /// Times a receiver's budget was lowered, and raised.
    pub budgets_lowered: u64,
    /// See `budgets_lowered`.
    pub budgets_raised: u64,
    /// Packets that waited where a line was narrow.
    pub held: u64,
    /// Transport-wide feedback received.
    pub feedback_received: u64,
    /// Packets asked for again from publishers.
    pub nacks_sent: u64,
    /// Key-frame requests sent to publishers.
    pub key_frames_requested: u64,
    /// Packets that crossed to another worker.
    pub relayed: u64,
    /// Handshakes that ended in keys.
    pub connected: u64,
    /// Of those, with the slower profile.
    pub connected_aes_cm: u64,
}

impl Stats {
    /// Counts one drop.
    pub const fn drop(&mut self, reason: DropReason) {
        self.dropped[reason as usize] += 1;
    }
}
