//! Voices that can be told apart: each bot hums one tone through real Opus, and an ear says which
//! tone it hears.
//!
//! Invariant: every tone of the palette fits a 20 ms frame in whole cycles, so the tones are
//! orthogonal there and one never reads as another.

use anyhow::{Context, Result};
use bytes::Bytes;
use std::collections::HashMap;
use std::f32::consts::TAU;
use std::sync::{Arc, Mutex, PoisonError};

/// Samples per second of Opus on the wire (RFC 7587 §4.1).
pub const SAMPLE_RATE_HZ: u32 = 48_000;
/// Samples in one 20 ms frame.
pub const FRAME_SAMPLES: usize = 960;

/// What a voice is known by: a pure tone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tone(u16);

impl Tone {
    /// How many voices can be told apart in one lesson.
    pub const PALETTE: u16 = 24;

    /// The tone of the `n`th bot; they repeat after [`Tone::PALETTE`].
    #[must_use]
    pub fn nth(n: usize) -> Self {
        let step = u16::try_from(n % usize::from(Self::PALETTE)).unwrap_or(0);
        Self(400 + 100 * step)
    }

    /// Its frequency.
    #[must_use]
    pub fn hz(self) -> u16 {
        self.0
    }

    fn palette() -> impl Iterator<Item = Self> {
        (0..usize::from(Self::PALETTE)).map(Self::nth)
    }
}

/// One frame of a voice, ready to send.
#[derive(Debug, Clone)]
pub struct Spoken {
    /// The Opus packet.
    pub opus: Bytes,
    /// Its loudness as RFC 6464 wants it: 0 is the loudest, 127 is silence.
    pub level_minus_dbov: u8,
}

/// Hums one tone.
pub struct Voice {
    encoder: opus::Encoder,
    tone: Tone,
    volume: Volume,
    sample: u32,
}

/// How loud a voice is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Volume {
    /// −15 dBov.
    #[default]
    Normal,
    /// −35 dBov: anybody is louder.
    Whisper,
}

impl Volume {
    fn amplitude(self) -> f32 {
        match self {
            Self::Normal => 0.25,
            Self::Whisper => 0.025,
        }
    }
}

impl Voice {
    const MAX_PACKET_BYTES: usize = 400;

    /// A voice that hums `tone`.
    ///
    /// # Errors
    /// When libopus refuses to start.
    pub fn new(tone: Tone, volume: Volume) -> Result<Self> {
        let mut encoder = opus::Encoder::new(
            SAMPLE_RATE_HZ,
            opus::Channels::Mono,
            opus::Application::Voip,
        )
        .context("Opus encoder")?;
        // With the stamp of each packet that is what a page sends: 24 kbit/s.
        encoder.set_bitrate(opus::Bitrate::Bits(20_000))?;
        encoder.set_inband_fec(true)?;
        // Dozens of bots share a core with the server they test.
        encoder.set_complexity(2)?;
        Ok(Self {
            encoder,
            tone,
            volume,
            sample: 0,
        })
    }

    /// The next 20 ms.
    ///
    /// # Errors
    /// When libopus fails.
    pub fn speak(&mut self) -> Result<Spoken> {
        let mut pcm = [0.0_f32; FRAME_SAMPLES];
        for sample in &mut pcm {
            let turn = self.sample * u32::from(self.tone.0) % SAMPLE_RATE_HZ;
            *sample = self.volume.amplitude() * (TAU * turn as f32 / SAMPLE_RATE_HZ as f32).sin();
            self.sample = (self.sample + 1) % SAMPLE_RATE_HZ;
        }
        let opus = self
            .encoder
            .encode_vec_float(&pcm, Self::MAX_PACKET_BYTES)?;
        Ok(Spoken {
            opus: opus.into(),
            level_minus_dbov: minus_dbov(power(&pcm)),
        })
    }
}

/// A second of a voice that is said over and over: what libopus makes of it costs more than all
/// else about a packet, and dozens of speakers share a core.
#[derive(Clone)]
pub struct Loop(Arc<[Spoken]>);

/// Second by second the same, as each tone is whole in a frame.
const LOOP_FRAMES: usize = 50;

/// At most one of each tone and volume.
static LOOPS: Mutex<Option<HashMap<(Tone, Volume), Loop>>> = Mutex::new(None);

impl Loop {
    /// The one of this tone, made when it is asked for first.
    ///
    /// # Errors
    /// When libopus fails.
    pub fn of(tone: Tone, volume: Volume) -> Result<Self> {
        let mut loops = LOOPS.lock().unwrap_or_else(PoisonError::into_inner);
        let loops = loops.get_or_insert_default();
        if let Some(found) = loops.get(&(tone, volume)) {
            return Ok(found.clone());
        }
        let mut voice = Voice::new(tone, volume)?;
        // The encoder's way in is left out, so that the end fits the beginning.
        for _ in 0..LOOP_FRAMES {
            voice.speak()?;
        }
        let frames: Result<Vec<_>> = (0..LOOP_FRAMES).map(|_| voice.speak()).collect();
        let made = Self(frames?.into());
        loops.insert((tone, volume), made.clone());
        Ok(made)
    }

    /// The `n`th 20 ms.
    #[must_use]
    pub fn frame(&self, n: usize) -> &Spoken {
        &self.0[n % LOOP_FRAMES]
    }
}

/// Decodes what arrives and says which tone it is.
pub struct Ear {
    decoder: opus::Decoder,
}

impl Ear {
    /// Quieter than this is silence.
    const SILENCE_DBOV: f32 = -50.0;
    /// Share of a frame's power a tone must carry to be what is heard.
    const DOMINANT: f32 = 0.5;

    /// A fresh decoder.
    ///
    /// # Errors
    /// When libopus refuses to start.
    pub fn new() -> Result<Self> {
        let decoder = opus::Decoder::new(SAMPLE_RATE_HZ, opus::Channels::Mono)?;
        Ok(Self { decoder })
    }

    /// Decodes one packet and names the tone in it; `None` for silence and for noise.
    ///
    /// # Errors
    /// When the packet is not Opus.
    pub fn listen(&mut self, packet: &[u8]) -> Result<Option<Tone>> {
        // 120 ms, the longest an Opus packet may be (RFC 6716 §3.1).
        let mut pcm = [0.0_f32; 6 * FRAME_SAMPLES];
        let samples = self.decoder.decode_float(packet, &mut pcm, false)?;
        Ok(pcm.get(..samples).and_then(dominant_tone))
    }
}

fn dominant_tone(pcm: &[f32]) -> Option<Tone> {
    let total = power(pcm);
    if 10.0 * total.max(f32::MIN_POSITIVE).log10() < Ear::SILENCE_DBOV {
        return None;
    }
    let (tone, strongest) = Tone::palette()
        .map(|tone| (tone, tone_power(pcm, tone)))
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    (strongest >= Ear::DOMINANT * total).then_some(tone)
}

/// Mean square; a full-scale sine is ½.
fn power(pcm: &[f32]) -> f32 {
    pcm.iter().map(|s| s * s).sum::<f32>() / pcm.len().max(1) as f32
}

/// The power at one frequency (Goertzel), in the units of [`power`].
fn tone_power(pcm: &[f32], tone: Tone) -> f32 {
    let turn = 2.0 * (TAU * f32::from(tone.0) / SAMPLE_RATE_HZ as f32).cos();
    let (mut s1, mut s2) = (0.0_f32, 0.0_f32);
    for sample in pcm {
        (s1, s2) = (sample + turn * s1 - s2, s1);
    }
    let n = pcm.len().max(1) as f32;
    2.0 * (s1 * s1 + s2 * s2 - turn * s1 * s2) / (n * n)
}

/// RFC 6464 §3: −dBov, where 0 dBov is a full-scale square wave.
fn minus_dbov(power: f32) -> u8 {
    let dbov = 10.0 * power.max(1e-13).log10();
    (-dbov).clamp(0.0, 127.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard_after(tone: Tone, volume: Volume, frames: usize) -> Option<Tone> {
        let mut voice = Voice::new(tone, volume).expect("libopus starts");
        let mut ear = Ear::new().expect("libopus starts");
        (0..frames)
            .map(|_| {
                ear.listen(&voice.speak().expect("encodes").opus)
                    .expect("decodes")
            })
            .last()
            .flatten()
    }

    #[test]
    fn every_tone_of_the_palette_is_heard_as_itself() {
        for tone in Tone::palette() {
            for volume in [Volume::Normal, Volume::Whisper] {
                assert_eq!(heard_after(tone, volume, 10), Some(tone), "{volume:?}");
            }
        }
    }

    #[test]
    fn a_loop_is_one_tone_from_its_first_frame_to_its_third_round() {
        for tone in Tone::palette() {
            for volume in [Volume::Normal, Volume::Whisper] {
                let said = Loop::of(tone, volume).expect("libopus starts");
                let mut ear = Ear::new().expect("libopus starts");
                let mut heard = (0..3 * LOOP_FRAMES)
                    .map(|n| ear.listen(&said.frame(n).opus).expect("decodes"))
                    // A decoder's way in, as after any beginning.
                    .skip(10);
                assert!(
                    heard.all(|heard| heard == Some(tone)),
                    "{tone:?} {volume:?}"
                );
            }
        }
    }

    #[test]
    fn silence_and_noise_are_no_tone() {
        let noise: Vec<f32> = (0..FRAME_SAMPLES as u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 16) as f32 / 65_536.0 - 0.5)
            .collect();
        assert_eq!(dominant_tone(&[0.0; FRAME_SAMPLES]), None);
        assert_eq!(dominant_tone(&noise), None);
    }

    #[test]
    fn loudness_is_told_as_minus_dbov() {
        // A sine of amplitude ¼ is 20·log10(¼) − 3 ≈ −15 dBov.
        for (volume, level) in [(Volume::Normal, 15), (Volume::Whisper, 35)] {
            let mut voice = Voice::new(Tone::nth(0), volume).expect("libopus starts");
            assert_eq!(voice.speak().expect("encodes").level_minus_dbov, level);
        }
        assert_eq!(minus_dbov(0.0), 127);
        assert_eq!(minus_dbov(1.0), 0);
    }
}
