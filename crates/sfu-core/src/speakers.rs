//! Who is heard: the teachers, and the loudest others, before any fan-out.
//!
//! Levels come with the packets (RFC 6464), so nothing is decoded. A voice that is heard keeps its
//! place until another is clearly louder, so that two people talking do not flicker.
//!
//! Invariant: at most [`MAX_ALWAYS_HEARD`] + [`LOUDEST`] are chosen, teachers first; a voice that
//! stopped sending is not chosen.

use crate::bounds::{LOUDEST, MAX_ALWAYS_HEARD};
use crate::router::SourceKey;
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
/// Choices are at least this far apart.
const CHOICE_INTERVAL: Duration = Duration::from_millis(60);

struct Voice {
    source: SourceKey,
    always: bool,
    loudness: f32,
    heard_at: Instant,
    chosen: bool,
}

/// The voices of one room, as one worker hears them.
#[derive(Default)]
pub struct Speakers {
    voices: Vec<Voice>,
    chosen: Vec<SourceKey>,
    next_choice: Option<Instant>,
}

impl Speakers {
    /// Notes a packet; returns whether the choice changed.
    pub fn observe(
        &mut self,
        now: Instant,
        source: SourceKey,
        always: bool,
        level: Option<u8>,
    ) -> bool {
        let loudness = f32::from(127 - level.unwrap_or(UNKNOWN_LEVEL).min(127));
        match self.voices.iter_mut().find(|voice| voice.source == source) {
            Some(voice) => {
                // The start of speech counts faster than its end, or first words are cut.
                let weight = if loudness > voice.loudness {
                    3.0 * WEIGHT
                } else {
                    WEIGHT
                };
                voice.loudness += weight * (loudness - voice.loudness);
                voice.heard_at = now;
            }
            None => {
                self.voices.push(Voice {
                    source,
                    always,
                    loudness,
                    heard_at: now,
                    chosen: false,
                });
                self.next_choice = None;
            }
        }
        if self.next_choice.is_some_and(|at| now < at) {
            return false;
        }
        self.choose(now)
    }

    /// Chooses again; returns whether the choice changed.
    pub fn choose(&mut self, now: Instant) -> bool {
        self.next_choice = Some(now + CHOICE_INTERVAL);
        self.voices
            .retain(|v| now.saturating_duration_since(v.heard_at) < STALE);
        let rank = |v: &Voice| v.loudness + if v.chosen { MARGIN } else { 0.0 };
        self.voices.sort_by(|a, b| {
            let order = b.always.cmp(&a.always).then(rank(b).total_cmp(&rank(a)));
            order.then(a.source.cmp(&b.source))
        });
        let (mut always, mut others) = (0, 0);
        for voice in &mut self.voices {
            let (count, places) = if voice.always {
                (&mut always, MAX_ALWAYS_HEARD)
            } else {
                (&mut others, LOUDEST)
            };
            voice.chosen = *count < places;
            *count += usize::from(voice.chosen);
        }
        self.renew_chosen() | self.reorder()
    }

    /// Who leaves makes room at the end, where who comes is put; returns whether anybody did.
    fn renew_chosen(&mut self) -> bool {
        let voices = &self.voices;
        let stays = |key: &SourceKey| voices.iter().any(|v| v.chosen && v.source == *key);
        let before = self.chosen.len();
        self.chosen.retain(stays);
        let stayed = self.chosen.len();
        for voice in voices.iter().filter(|voice| voice.chosen) {
            if !self.chosen.contains(&voice.source) {
                self.chosen.push(voice.source);
            }
        }
        stayed != before || self.chosen.len() != stayed
    }

    /// Receivers have fewer slots than there are chosen voices, so their order matters too. Who is
    /// clearly louder moves up; returns whether anybody did.
    fn reorder(&mut self) -> bool {
        let voices = &self.voices;
        let rank = |key: SourceKey| {
            let voice = voices.iter().find(|voice| voice.source == key);
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
        self.voices.retain(|voice| voice.source != source);
        self.chosen.retain(|chosen| *chosen != source);
    }

    /// Who is heard, teachers first.
    pub fn chosen(&self) -> &[SourceKey] {
        &self.chosen
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
        let loud = |voice: &&Voice| voice.chosen && voice.loudness >= SPEAKING;
        let mut speaking: Vec<_> = self.voices.iter().filter(loud).collect();
        speaking.sort_by(|a, b| b.loudness.total_cmp(&a.loudness));
        speaking.iter().map(|voice| voice.source).collect()
    }
}

#[cfg(test)]
mod tests;
