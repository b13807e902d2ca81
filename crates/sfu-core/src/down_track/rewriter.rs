//! Sequence numbers, timestamps and picture ids of a slot, continuous over changes of source and
//! layer, and without holes where frames are left out.
//!
//! Between two such places all of them differ from the source's by constants: a [`Run`]. Runs are
//! all there is to remember, also for answering NACKs. A number is also kept for every packet that
//! is missing when its place is passed, as it may be of a frame that is shown; if it turns out not
//! to be, it is sent empty, so that the receiver waits for nothing.
//!
//! Invariant: a slot index is sent for one packet only, and indices of a later run are greater than
//! all of an earlier one.

use crate::bounds::{MAX_RUNS, MAX_SWITCHES};
use crate::packet_cache::MediaPacket;
use crate::picture::Picture;
use crate::router::SourceKey;
use homeroom_rtp::sequence;
use std::collections::VecDeque;
use std::time::Instant;

/// A step of a source's index beyond this is a new start, not loss: passed on, a receiver that lost
/// the packet would count its rollovers wrongly for as long as the slot lives (RFC 3711 §3.3.1).
const MAX_STEP: u64 = 3_000;
/// How late a packet may come and still be sent: about the receivers' replay window.
const WINDOW: u64 = 1_024;
const WORDS: usize = (WINDOW / 64) as usize;
/// Picture ids count to here and wrap; the numbers of AV1's frames have one bit more.
const PICTURE_ID_MASK: u16 = 0x7fff;
/// The clocks of two layers of one source may disagree by this with what their arrival says; a
/// report that says more is not believed.
const MAX_CLOCK_ERROR_S: u32 = 1;

/// Where a packet came from: a source and its spatial layer.
pub type Stream = (SourceKey, u8);

/// A stretch of packets whose numbers differ by constants from those of one layer of a source.
#[derive(Debug, Clone, Copy)]
struct Run {
    first_in: u64,
    first_out: u64,
    stream: Stream,
    timestamp_delta: u32,
    picture_id_delta: u16,
    tl0_delta: u8,
    /// The base-layer index counts all pictures, and differs by `tl0_delta` from the slot's picture
    /// id.
    chain: bool,
    /// It does not go on from the run before.
    begins: bool,
}

/// A packet's numbers in the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapped {
    /// Packet index; its low 16 bits are the sequence number.
    pub index: u64,
    /// RTP timestamp.
    pub timestamp: u32,
    /// Picture id.
    pub picture_id: u16,
    /// Base-layer index.
    pub tl0_pic_idx: u8,
    /// It is told to be of the base layer.
    pub chain: bool,
    /// It ends what is shown of its picture, though not the picture.
    pub is_last: bool,
}

/// Marks of the last [`WINDOW`] indices, by index modulo that.
#[derive(Default)]
struct Marks([u64; WORDS]);

impl Marks {
    const fn set(&mut self, index: u64) {
        self.0[word(index)] |= bit(index);
    }

    const fn clear(&mut self, index: u64) {
        self.0[word(index)] &= !bit(index);
    }

    const fn has(&self, index: u64) -> bool {
        self.word(index) & bit(index) != 0
    }

    const fn word(&self, index: u64) -> u64 {
        self.0[word(index)]
    }
}

const fn word(index: u64) -> usize {
    (index % WINDOW / 64) as usize
}

const fn bit(index: u64) -> u64 {
    1 << (index % 64)
}

/// The state of one slot.
pub struct Rewriter {
    clock_rate: u32,
    /// The current run, here and not with the others: every packet needs it.
    run: Option<Run>,
    past: VecDeque<Run>,
    /// How many runs are remembered, the current one among them.
    max_runs: usize,
    /// The source's index after the newest packet, of this run or left out after it.
    next_in: u64,
    /// The newest packets were left out: the next one that is not begins a run.
    is_skipping: bool,
    /// What the next run's picture ids differ by.
    picture_id_delta: u16,
    /// The picture left out last.
    skipped_picture: Option<u16>,
    /// What the next runs are to be.
    chains: bool,
    next_index: u64,
    last_timestamp: u32,
    last_sent: Option<Instant>,
    last_picture_id: u16,
    /// The number of the last frame that had a descriptor. They are counted for themselves: a receiver
    /// compares them with those before, whatever was shown in between.
    last_frame: u16,
    last_tl0: u8,
    /// What the slot's timestamps differ by from the common clock of a source's layers.
    clock: Option<(SourceKey, u32)>,
    sent: Marks,
    /// Sent empty, in place of what was left out.
    empty: Marks,
    /// Sent as the last packet of its picture, which it was not when it came.
    last: Marks,
}

impl Rewriter {
    /// The slot's first packet gets `first_index` and about `first_timestamp`.
    pub fn new(first_index: u64, first_timestamp: u32, clock_rate: u32) -> Self {
        Self {
            clock_rate,
            run: None,
            past: VecDeque::new(),
            max_runs: MAX_SWITCHES,
            next_in: 0,
            is_skipping: false,
            picture_id_delta: 0,
            skipped_picture: None,
            chains: false,
            next_index: first_index,
            last_timestamp: first_timestamp,
            last_sent: None,
            last_picture_id: 0,
            last_frame: 0,
            last_tl0: 0,
            clock: None,
            sent: Marks::default(),
            empty: Marks::default(),
            last: Marks::default(),
        }
    }

    /// Makes room for the runs between frames that are left out: not on the packet path.
    pub fn expect_skips(&mut self) {
        self.max_runs = MAX_RUNS;
        self.past.reserve_exact(MAX_RUNS - 1 - self.past.len());
    }

    /// Whether pictures are to be told as a chain, each referring to the one before, from the next of
    /// the base layer on. Browsers ask once for what they miss of a picture that later ones do not
    /// refer to, and no more as soon as one of those is there: where many packets are lost, and what
    /// arrives is held for several tries anyway, every tenth picture is given up so.
    pub const fn chain(&mut self, chains: bool) {
        self.chains = chains;
    }

    /// Begins or ends a chain with this packet, if it may.
    fn turn(&mut self, packet: &MediaPacket<'_>) {
        let may = packet.index == self.next_in && packet.picture.is_some_and(|p| p.may_chain());
        let Some(run) = self.run.filter(|run| may && run.chain != self.chains) else {
            return;
        };
        let (picture_id, tl0) = picture(packet);
        let told = match self.chains {
            true => picture_id.wrapping_add(run.picture_id_delta) as u8,
            false => tl0,
        };
        self.push(Run {
            first_in: packet.index,
            first_out: self.next_index,
            tl0_delta: self.last_tl0.wrapping_add(1).wrapping_sub(told),
            chain: self.chains,
            begins: false,
            ..run
        });
    }

    /// Starts anew with `packet` as the first of `stream`.
    pub fn begin(&mut self, now: Instant, stream: Stream, packet: &MediaPacket<'_>) {
        let timestamp = self.timestamp_for(now, stream.0, packet);
        let (picture_id, tl0) = picture(packet);
        let last = match max_id(packet) {
            PICTURE_ID_MASK => self.last_picture_id,
            _ => self.last_frame,
        };
        self.picture_id_delta = last.wrapping_add(1).wrapping_sub(picture_id);
        let run = Run {
            first_in: packet.index,
            first_out: self.next_index,
            stream,
            timestamp_delta: timestamp.wrapping_sub(packet.timestamp),
            picture_id_delta: self.picture_id_delta,
            tl0_delta: self.last_tl0.wrapping_add(1).wrapping_sub(tl0),
            chain: false,
            begins: true,
        };
        self.next_in = packet.index;
        self.is_skipping = false;
        self.skipped_picture = None;
        self.push(run);
    }

    /// The slot's clock went on while nobody was in it. Layers of one source are frames of one
    /// camera, so between them its own clock counts, where sender reports have told it (RFC 3550
    /// §6.4.1): arrival would add the wait for the larger layer's packets to every switch. A new
    /// frame is at least one tick on.
    fn timestamp_for(&mut self, now: Instant, source: SourceKey, packet: &MediaPacket<'_>) -> u32 {
        let Some(arrival) = self.timestamp_at(now) else {
            return self.last_timestamp;
        };
        let common = match (self.clock, packet.clock) {
            (Some((of, delta)), Some(clock)) if of == source => Some(clock.wrapping_add(delta)),
            _ => None,
        };
        let is_near = |at: &u32| {
            let error = (at.wrapping_sub(arrival) as i32).unsigned_abs();
            error <= MAX_CLOCK_ERROR_S * self.clock_rate
        };
        let common = common.filter(is_near);
        if common.is_none() {
            self.clock = None;
        }
        let timestamp = common.unwrap_or(arrival);
        let ticks = timestamp.wrapping_sub(self.last_timestamp) as i32;
        self.last_timestamp.wrapping_add(ticks.max(1) as u32)
    }

    /// The run goes on after what was left out; missing packets since then are part of it.
    fn resume(&mut self) {
        self.is_skipping = false;
        let Some(run) = self.run else { return };
        let run = Run {
            first_in: self.next_in,
            first_out: self.next_index,
            picture_id_delta: self.picture_id_delta,
            begins: false,
            ..run
        };
        self.push(run);
    }

    fn push(&mut self, run: Run) {
        let Some(over) = self.run.replace(run) else {
            return;
        };
        if self.past.len() == self.max_runs - 1 {
            self.past.pop_front();
        }
        self.past.push_back(over);
    }

    /// A packet's numbers; `None` if it is from before its stream began here, was left out, or was
    /// sent already.
    pub fn map(&mut self, now: Instant, packet: &MediaPacket<'_>) -> Option<Mapped> {
        if packet.index < self.next_in {
            return self.map_late(packet);
        }
        if self.is_skipping {
            self.resume();
        }
        self.turn(packet);
        let run = self.run.as_ref()?;
        let mut mapped = run.apply(packet)?;
        if mapped.index > self.next_index + MAX_STEP {
            let stream = run.stream;
            self.begin(now, stream, packet);
            mapped = self.run.as_ref()?.apply(packet)?;
        }
        self.next_in = packet.index + 1;
        self.reserve(mapped.index + 1);
        self.sent.set(mapped.index);
        self.last_timestamp = mapped.timestamp;
        self.last_sent = Some(now);
        // Padding has no picture.
        if packet.numbers().is_some() {
            if max_id(packet) == PICTURE_ID_MASK {
                self.last_picture_id = mapped.picture_id;
                self.last_tl0 = mapped.tl0_pic_idx;
            } else {
                self.last_frame = mapped.picture_id;
            }
        }
        self.note_clock(packet);
        Some(mapped)
    }

    /// Leaves a packet out. Its numbers only if its place has been passed and one was kept for it:
    /// then it is to be sent empty.
    pub fn skip(&mut self, packet: &MediaPacket<'_>) -> Option<Mapped> {
        if packet.index < self.next_in {
            let mapped = self.map_late(packet)?;
            self.empty.set(mapped.index);
            return Some(mapped);
        }
        let gap = packet.index - self.next_in;
        if gap > 0 && self.is_skipping {
            self.resume();
        }
        if gap <= MAX_STEP {
            self.reserve(self.next_index + gap);
        }
        self.is_skipping = true;
        self.next_in = packet.index + 1;
        // A picture of several packets is one that is missing.
        let picture_id = packet.picture.and_then(|picture| picture.closing_id());
        if let Some(id) = picture_id.filter(|id| self.skipped_picture != Some(*id)) {
            self.skipped_picture = Some(id);
            self.picture_id_delta = self.picture_id_delta.wrapping_sub(1);
            // Those before it that are missing may still come, and keep their ids.
            let before = id.wrapping_add(self.picture_id_delta) & PICTURE_ID_MASK;
            let (_, tl0) = picture(packet);
            let last_tl0 = self.run.map_or(0, |run| run.tl0(before, tl0));
            self.note_picture(before, last_tl0);
        }
        None
    }

    /// A packet whose place has been passed, if a number was kept for it and not used.
    fn map_late(&mut self, packet: &MediaPacket<'_>) -> Option<Mapped> {
        let (run, end) = self.run_of(packet.index)?;
        let mapped = run.apply(packet)?;
        let is_kept = mapped.index < end && mapped.index + WINDOW >= self.next_index;
        if !is_kept || self.sent.has(mapped.index) {
            return None;
        }
        self.sent.set(mapped.index);
        Some(mapped)
    }

    /// Another stream's pictures are counted on from the highest of this one.
    const fn note_picture(&mut self, id: u16, tl0: u8) {
        if id.wrapping_sub(self.last_picture_id) & PICTURE_ID_MASK <= PICTURE_ID_MASK / 2 {
            self.last_picture_id = id;
        }
        if tl0.wrapping_sub(self.last_tl0) <= u8::MAX / 2 {
            self.last_tl0 = tl0;
        }
    }

    /// The run of a source's index in its present stay, and the slot index after the run's last.
    fn run_of(&self, index: u64) -> Option<(Run, u64)> {
        let mut end = self.next_index;
        for run in self.run.iter().chain(self.past.iter().rev()) {
            if run.first_in <= index {
                return Some((*run, end));
            }
            if run.begins {
                return None;
            }
            end = run.first_out;
        }
        None
    }

    /// Moves the end to `end`; what was not sent before it may still come.
    fn reserve(&mut self, end: u64) {
        for index in self.next_index.max(end.saturating_sub(WINDOW))..end {
            self.sent.clear(index);
            self.empty.clear(index);
            self.last.clear(index);
        }
        self.next_index = end;
    }

    /// Once a source's clock is known, it stays the slot's while the source does.
    fn note_clock(&mut self, packet: &MediaPacket<'_>) {
        let Some(clock) = packet.clock else { return };
        let Some(run) = &self.run else { return };
        let (source, _) = run.stream;
        if self.clock.is_none_or(|(of, _)| of != source) {
            let timestamp = packet.timestamp.wrapping_add(run.timestamp_delta);
            self.clock = Some((source, timestamp.wrapping_sub(clock)));
        }
    }

    /// Which packet of which stream had this sequence number.
    pub fn locate(&self, sequence_number: u16) -> Option<(Stream, u64)> {
        let (run, index) = self.run_at(sequence_number)?;
        Some((run.stream, run.first_in + (index - run.first_out)))
    }

    /// The numbers `packet` had when it was sent as `sequence_number`, or would have had if it had
    /// not come before the stream began here; none if that was sent empty.
    pub fn map_again(&mut self, sequence_number: u16, packet: &MediaPacket<'_>) -> Option<Mapped> {
        let (run, index) = self.run_at(sequence_number)?;
        let mapped = run.apply(packet).filter(|mapped| mapped.index == index)?;
        if index + WINDOW < self.next_index || self.empty.has(index) {
            return None;
        }
        self.sent.set(index);
        Some(Mapped {
            is_last: self.last.has(index),
            ..mapped
        })
    }

    /// What was mapped last ends what is shown of its picture, also when it is sent again.
    pub fn end_picture(&mut self, mapped: &mut Mapped) {
        self.last.set(mapped.index);
        mapped.is_last = true;
    }

    /// Reads a byte of each part that [`Rewriter::map`] needs.
    pub fn touch(&self) -> u8 {
        let run = self.run.as_ref().map_or(0, |run| run.tl0_delta);
        let marks = self.sent.word(self.next_index) ^ self.empty.word(self.next_index);
        run ^ marks as u8 ^ self.last_tl0
    }

    /// Whether this is the last packet that was mapped and came in order.
    pub const fn is_newest(&self, index: u64) -> bool {
        self.next_in == index + 1
    }

    /// The index of the newest packet.
    pub const fn newest(&self) -> Option<u64> {
        self.next_index.checked_sub(1)
    }

    /// Whether a packet of the source's index has or had a place in its present stay.
    pub fn has_place_for(&self, index: u64) -> bool {
        self.run_of(index).is_some()
    }

    /// The index of a sequence number that was given, or kept for what is missing.
    pub fn index_of(&self, sequence_number: u16) -> Option<u64> {
        self.run_at(sequence_number).map(|(_, index)| index)
    }

    /// The slot's timestamp at `now`, once something was sent.
    pub fn timestamp_at(&self, now: Instant) -> Option<u32> {
        let elapsed = now.saturating_duration_since(self.last_sent?);
        let ticks = elapsed.as_micros() as u64 * u64::from(self.clock_rate) / 1_000_000;
        Some(self.last_timestamp.wrapping_add(ticks as u32))
    }

    fn run_at(&self, sequence_number: u16) -> Option<(&Run, u64)> {
        let last = self.next_index.checked_sub(1)?;
        let index = sequence::unwrap(last, sequence_number);
        if index > last {
            return None;
        }
        let mut runs = self.run.iter().chain(self.past.iter().rev());
        Some((runs.find(|run| run.first_out <= index)?, index))
    }
}

impl Run {
    fn apply(&self, packet: &MediaPacket<'_>) -> Option<Mapped> {
        let offset = packet.index.checked_sub(self.first_in)?;
        let (picture_id, tl0) = picture(packet);
        let picture_id = picture_id.wrapping_add(self.picture_id_delta) & max_id(packet);
        Some(Mapped {
            index: self.first_out + offset,
            timestamp: packet.timestamp.wrapping_add(self.timestamp_delta),
            picture_id,
            tl0_pic_idx: self.tl0(picture_id, tl0),
            chain: self.chain,
            is_last: false,
        })
    }

    /// The slot's base-layer index of a picture with this id in the slot, and this index at its
    /// source.
    const fn tl0(&self, picture_id: u16, source: u8) -> u8 {
        let counted = if self.chain { picture_id as u8 } else { source };
        counted.wrapping_add(self.tl0_delta)
    }
}

fn max_id(packet: &MediaPacket<'_>) -> u16 {
    let picture = packet.picture.as_ref();
    picture.map_or(PICTURE_ID_MASK, Picture::max_id)
}

fn picture(packet: &MediaPacket<'_>) -> (u16, u8) {
    let numbers = packet.numbers().unwrap_or_default();
    (numbers.picture_id, numbers.tl0_pic_idx)
}

#[cfg(test)]
mod tests;
