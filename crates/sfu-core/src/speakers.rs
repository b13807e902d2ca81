//! Who is heard: the teachers, and the loudest others, before any fan-out.
//!
//! Levels come with the packets (RFC 6464), so nothing is decoded. A voice that is heard keeps its
//! place until another is clearly louder, so that two people talking do not flicker.
//!
//! Invariant: at most [`MAX_ALWAYS_HEARD`] + [`LOUDEST`] are chosen, teachers first; a voice that
//! stopped sending is not chosen.

use crate::bounds::{LOUDEST, MAX_ALWAYS_HEARD};
use crate::router::SourceKey;
use slotmap::SecondaryMap;
use std::time::{Duration, Instant};

/// Loudness is 127 − level: 0 is silence, 127 the loudest.
const UNKNOWN_LEVEL: u8 = 47;
/// Average loudness from which a person counts as speaking: about −52 dBov.
const SPEAKING: f32 = 75.0;
/// How much louder another must be to take a place, in dB.
const MARGIN: f32 = 4.0;
/// Weight of a new packet in the average: about 200 ms at 20 ms a packet.
const WEIGHT: f32 = 0.1;
/// A voice without packets for this long has stopped.
const STALE: Duration = Duration::from_millis(600);

struct Voice {
    always: bool,
    loudness: f32,
    heard_at: Instant,
    chosen: bool,
}

/// The voices of one room, as one worker hears them.
#[derive(Default)]
pub struct Speakers {
    voices: SecondaryMap<SourceKey, Voice>,
    chosen: Vec<SourceKey>,
    /// Of those the one for whoever has a single slot.
    front: Option<SourceKey>,
    /// All voices in their order, kept for its memory.
    ranked: Vec<SourceKey>,
}

impl Speakers {
    /// Notes a packet; returns whether the voice is new, so that a choice cannot wait.
    pub fn observe(
        &mut self,
        now: Instant,
        source: SourceKey,
        always: bool,
        level: Option<u8>,
    ) -> bool {
        let loudness = f32::from(127 - level.unwrap_or(UNKNOWN_LEVEL).min(127));
        let Some(voice) = self.voices.get_mut(source) else {
            let voice = Voice {
                always,
                loudness,
                heard_at: now,
                chosen: false,
            };
            self.voices.insert(source, voice);
            return true;
        };
        // The start of speech counts faster than its end, or first words are cut.
        let weight = if loudness > voice.loudness {
            3.0 * WEIGHT
        } else {
            WEIGHT
        };
        voice.loudness += weight * (loudness - voice.loudness);
        voice.heard_at = now;
        false
    }

    /// Chooses again; returns whether the choice changed.
    pub fn choose(&mut self, now: Instant) -> bool {
        self.voices
            .retain(|_, voice| now.saturating_duration_since(voice.heard_at) < STALE);
        self.ranked.clear();
        self.ranked.extend(self.voices.keys());
        let rank = |source: &SourceKey| {
            let voice = &self.voices[*source];
            let margin = if voice.chosen { MARGIN } else { 0.0 };
            (voice.always, voice.loudness + margin)
        };
        self.ranked.sort_unstable_by(|a, b| {
            let ((a_always, a_rank), (b_always, b_rank)) = (rank(a), rank(b));
            let order = b_always.cmp(&a_always).then(b_rank.total_cmp(&a_rank));
            order.then(a.cmp(b))
        });
        let (mut always, mut others) = (0, 0);
        for source in &self.ranked {
            let voice = &mut self.voices[*source];
            let (count, places) = if voice.always {
                (&mut always, MAX_ALWAYS_HEARD)
            } else {
                (&mut others, LOUDEST)
            };
            voice.chosen = *count < places;
            *count += usize::from(voice.chosen);
        }
        self.renew_chosen() | self.reorder() | self.renew_front()
    }

    /// Whoever hears one voice at a time hears who speaks, a teacher before others; where nobody
    /// does, a teacher. Returns whether that is another now.
    fn renew_front(&mut self) -> bool {
        let rank = |key: SourceKey| {
            let voice = self.voices.get(key)?;
            let margin = if self.front == Some(key) { MARGIN } else { 0.0 };
            let loudness = voice.loudness + margin;
            Some((loudness >= SPEAKING, voice.always, loudness))
        };
        let ranked = self
            .chosen
            .iter()
            .filter_map(|key| Some((rank(*key)?, *key)));
        let best = ranked.reduce(|best, next| if next.0 > best.0 { next } else { best });
        let front = best.map(|(_, key)| key);
        std::mem::replace(&mut self.front, front) != front
    }

    /// Who leaves makes room at the end, where who comes is put; returns whether anybody did.
    fn renew_chosen(&mut self) -> bool {
        let voices = &self.voices;
        let is_chosen = |key: &SourceKey| voices.get(*key).is_some_and(|voice| voice.chosen);
        let before = self.chosen.len();
        self.chosen.retain(is_chosen);
        let stayed = self.chosen.len();
        for source in self.ranked.iter().filter(|source| is_chosen(source)) {
            if !self.chosen.contains(source) {
                self.chosen.push(*source);
            }
        }
        stayed != before || self.chosen.len() != stayed
    }

    /// Receivers have fewer slots than there are chosen voices, so their order matters too. Who is
    /// clearly louder moves up; returns whether anybody did.
    fn reorder(&mut self) -> bool {
        let voices = &self.voices;
        let rank = |key: SourceKey| {
            let voice = voices.get(key);
            voice.map_or((false, 0.0), |voice| (voice.always, voice.loudness))
        };
        let moves_up = |ahead: SourceKey, behind: SourceKey| {
            let ((always, loudness), (also, louder)) = (rank(ahead), rank(behind));
            also & !always || (also == always && louder > loudness + MARGIN)
        };
        let mut changed = false;
        for end in 1..self.chosen.len() {
            for at in (1..=end).rev() {
                if !moves_up(self.chosen[at - 1], self.chosen[at]) {
                    break;
                }
                self.chosen.swap(at - 1, at);
                changed = true;
            }
        }
        changed
    }

    /// Forgets a voice.
    pub fn remove(&mut self, source: SourceKey) {
        self.voices.remove(source);
        self.chosen.retain(|chosen| *chosen != source);
        self.front = self.front.filter(|front| *front != source);
    }

    /// Who is heard, teachers first.
    pub fn chosen(&self) -> &[SourceKey] {
        &self.chosen
    }

    /// The one voice for whoever has a single slot.
    pub fn front(&self) -> Option<SourceKey> {
        self.front
    }

    /// Whether a voice is heard.
    pub fn is_chosen(&self, source: SourceKey) -> bool {
        self.chosen.contains(&source)
    }

    /// Whether anybody has sent lately.
    pub fn is_idle(&self) -> bool {
        self.voices.is_empty()
    }

    /// Who speaks, loudest first.
    pub fn speaking(&self) -> Vec<SourceKey> {
        let loud = |voice: &Voice| voice.chosen && voice.loudness >= SPEAKING;
        let mut speaking: Vec<_> = self.voices.iter().filter(|(_, v)| loud(v)).collect();
        speaking.sort_by(|(_, a), (_, b)| b.loudness.total_cmp(&a.loudness));
        speaking.iter().map(|(source, _)| *source).collect()
    }
}

#[cfg(test)]
mod tests;
