//! What the measured numbers say of lessons of other shapes: cost follows packets.
//!
//! The server's cores are taken to be a line in the packets it sends a second. What a shape sends
//! follows from who sees and hears whom, and from the clips themselves.
//!
//! Invariant: the error shown is the largest distance of a measured point from the line; from one
//! point no error is known, and none is shown.

use crate::clip::Clip;
use crate::spread::round;
use crate::trial::Trial;
use serde::{Deserialize, Serialize};

/// Bytes beside the payload: RTP, its extensions, SRTP's tag, UDP and IP.
const OVERHEAD: f64 = 12.0 + 8.0 + 16.0 + 28.0;
/// A voice: packets a second, and their payload in bytes.
const VOICE: (f64, f64) = (50.0, 62.0);
/// Payload of a picture's packet, at most: as the bots cut frames.
const FRAGMENT: f64 = 1_100.0;

/// The line, and what follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Cores with nothing to send.
    pub cores_at_rest: f64,
    /// CPU time for one more packet, in microseconds.
    pub us_per_packet: f64,
    /// How far measured points are from the line at most, in percent; nothing from one point.
    pub error_percent: Option<f64>,
    /// Other shapes.
    pub projections: Vec<Projection>,
}

/// What a shape of lessons needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Projection {
    /// Which.
    pub shape: Shape,
    /// Lessons at the same time.
    pub lessons: usize,
    /// Students in each.
    pub students: usize,
    /// To each student, in kbit/s, headers included.
    pub kbit: f64,
    /// Out of the server, in Mbit/s.
    pub mbit: f64,
    /// Cores of such a machine.
    pub cores: f64,
}

/// Who sees and hears whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// One voice, one picture in 720p.
    Lecture,
    /// One voice, one picture in 360p.
    Classes,
    /// Three voices, nine small pictures.
    Seminar,
    /// Three voices.
    Audio,
}

const SHAPES: [(Shape, usize, usize); 8] = [
    (Shape::Lecture, 1, 100),
    (Shape::Lecture, 1, 300),
    (Shape::Lecture, 1, 500),
    (Shape::Classes, 10, 30),
    (Shape::Classes, 40, 30),
    (Shape::Seminar, 1, 30),
    (Shape::Seminar, 10, 30),
    (Shape::Audio, 1, 500),
];

impl Shape {
    /// To each student: packets a second, and bits.
    fn rates(self) -> (f64, f64) {
        let (voices, pictures, layer) = match self {
            Self::Lecture => (1.0, 1.0, 2),
            Self::Classes => (1.0, 1.0, 1),
            Self::Seminar => (3.0, 9.0, 0),
            Self::Audio => (3.0, 0.0, 0),
        };
        let (frames, bytes) = clip(layer);
        let packets = voices * VOICE.0 + pictures * frames;
        let bytes = voices * VOICE.0 * VOICE.1 + pictures * bytes + packets * OVERHEAD;
        (packets, 8.0 * bytes)
    }
}

/// Packets and bytes of payload a second.
fn clip(layer: u8) -> (f64, f64) {
    let clip = Clip::layer(layer);
    let rate = clip.frames_per_second();
    // Two seconds are a whole number of rounds of either clip, or nearly.
    let frames = (0..2 * rate).map(|index| clip.frame(index).len() as f64 + 24.0);
    let (packets, bytes) = frames.fold((0.0, 0.0), |(packets, bytes), length| {
        let cut = (length / FRAGMENT).ceil();
        (packets + cut, bytes + length + 4.0 * cut)
    });
    (packets / 2.0, bytes / 2.0)
}

impl Model {
    /// From trials that are valid and say what the server used.
    pub(super) fn of(trials: &[Trial]) -> Option<Self> {
        let points: Vec<(f64, f64)> = trials
            .iter()
            .filter(|trial| trial.is_valid() && trial.seconds > 0.0 && trial.packets > 0)
            // Beyond its limits a server costs less for each student: it does not do the work.
            .filter(|trial| trial.is_good_by_voice())
            .filter_map(|t| Some((t.packets as f64 / t.seconds, t.server?.cores)))
            .collect();
        let (at_rest, per_packet) = line(&points)?;
        let spread = points
            .iter()
            .map(|(x, y)| 100.0 * (at_rest + per_packet * x - y).abs() / y.max(1e-6));
        let error = spread.fold(0.0, f64::max);
        let project = |(shape, lessons, students): (Shape, usize, usize)| {
            let (packets, bits) = shape.rates();
            let people = (lessons * students) as f64;
            Projection {
                shape,
                lessons,
                students,
                kbit: round(bits / 1e3),
                mbit: round(bits * people / 1e6),
                cores: round(at_rest + per_packet * packets * people),
            }
        };
        Some(Self {
            cores_at_rest: round(at_rest),
            us_per_packet: round(per_packet * 1e6),
            error_percent: (points.len() > 1).then(|| round(error)),
            projections: SHAPES.into_iter().map(project).collect(),
        })
    }
}

/// The line through these points: where it begins, and how steep it is.
fn line(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let n = points.len() as f64;
    let (sum_x, sum_y) = points
        .iter()
        .fold((0.0, 0.0), |(x, y), p| (x + p.0, y + p.1));
    let (mean_x, mean_y) = (sum_x / n, sum_y / n);
    let through_zero = || (mean_x > 0.0).then(|| (0.0, mean_y / mean_x));
    let (over, under) = points.iter().fold((0.0, 0.0), |(over, under), (x, y)| {
        let dx = x - mean_x;
        (over + dx * (y - mean_y), under + dx * dx)
    });
    if points.len() < 2 || under <= 0.0 {
        return through_zero();
    }
    let slope: f64 = over / under;
    let rest = mean_y - slope * mean_x;
    // Nothing costs less than nothing.
    if slope > 0.0 && rest >= 0.0 {
        Some((rest, slope))
    } else {
        through_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_through_points_of_a_line() {
        let check = |points: &[(f64, f64)], expected: Option<(f64, f64)>| {
            let found = line(points);
            let near = |(a, b): (f64, f64), (c, d): (f64, f64)| {
                (a - c).abs() < 1e-9 && (b - d).abs() < 1e-9
            };
            let is = found
                .zip(expected)
                .is_some_and(|(found, expected)| near(found, expected));
            assert!(is || found == expected, "{found:?}");
        };
        check(&[], None);
        check(&[(10.0, 5.0)], Some((0.0, 0.5)));
        check(&[(10.0, 6.0), (20.0, 11.0), (30.0, 16.0)], Some((1.0, 0.5)));
        check(&[(10.0, 5.0), (20.0, 1.0)], Some((0.0, 0.2)));
    }

    #[test]
    fn what_a_shape_sends_follows_from_the_clips() {
        let (packets, bits) = Shape::Lecture.rates();
        assert!((150.0..260.0).contains(&packets), "{packets}");
        assert!((1_300_000.0..1_800_000.0).contains(&bits), "{bits}");
        let (audio, bits) = Shape::Audio.rates();
        assert_eq!(audio, 150.0);
        assert!((120_000.0..170_000.0).contains(&bits), "{bits}");
    }
}
