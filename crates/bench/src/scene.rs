//! Who sends what to whom: one description for the server and for the null forwarder.
//!
//! Invariant: the audience of a track is what the server's rules make of the scene, so that what
//! is expected to arrive does not depend on who forwards.

use crate::media::Shape;

/// Somebody in a lesson.
#[derive(Debug, Clone, Default)]
pub struct Seat {
    /// Which lesson.
    pub lesson: usize,
    /// Comes with the teacher's token.
    pub is_teacher: bool,
    /// What they send.
    pub sends: Vec<Shape>,
    /// Whose cameras they watch, by seat.
    pub watches: Vec<usize>,
    /// Whose voices they get, by seat.
    pub hears: Vec<usize>,
    /// Camera slots they offer.
    pub video_slots: usize,
}

/// Everybody, publishers before those who only listen.
#[derive(Debug, Clone, Default)]
pub struct Scene {
    /// In order of joining.
    pub seats: Vec<Seat>,
    /// How many lessons there are.
    pub lessons: usize,
}

/// Camera slots of a phone's page.
const PHONE_SLOTS: usize = 4;

impl Scene {
    /// Lectures: in each a teacher with camera and voice, and so many who listen.
    #[must_use]
    pub fn lectures(lessons: usize, listeners: usize) -> Self {
        Self::lectures_with(Shape::CAMERA_720P, lessons, listeners)
    }

    /// Lectures whose teachers have such a camera.
    #[must_use]
    pub fn lectures_with(camera: Shape, lessons: usize, listeners: usize) -> Self {
        let teacher = |lesson| Seat {
            lesson,
            is_teacher: true,
            sends: vec![camera, Shape::VOICE],
            video_slots: PHONE_SLOTS,
            ..Seat::default()
        };
        let listener = |lesson| Seat {
            lesson,
            watches: vec![lesson],
            hears: vec![lesson],
            video_slots: PHONE_SLOTS,
            ..Seat::default()
        };
        let listeners = (0..lessons).flat_map(|lesson| (0..listeners).map(move |_| lesson));
        Self {
            seats: (0..lessons)
                .map(teacher)
                .chain(listeners.map(listener))
                .collect(),
            lessons,
        }
    }

    /// A seminar: everybody's camera is on, everybody watches the next `watched`, the first
    /// `speakers` speak. The last is the teacher, without whom the lesson would pause.
    #[must_use]
    pub fn seminar(people: usize, watched: usize, speakers: usize) -> Self {
        let seat = |number: usize| Seat {
            is_teacher: number + 1 == people,
            sends: match number < speakers {
                true => vec![Shape::TILE, voice(number)],
                false => vec![Shape::TILE],
            },
            watches: (1..=watched).map(|i| (number + i) % people).collect(),
            hears: (0..speakers).filter(|other| *other != number).collect(),
            video_slots: watched,
            ..Seat::default()
        };
        Self {
            seats: (0..people).map(seat).collect(),
            lessons: 1,
        }
    }

    /// Voices only: so many speak, of whom the loudest `heard` are heard by everybody; the teacher,
    /// the last, listens.
    #[must_use]
    pub fn voices(speakers: usize, heard: usize, listeners: usize) -> Self {
        let seat = |number: usize| Seat {
            is_teacher: number + 1 == speakers + listeners,
            sends: match number < speakers {
                true => vec![voice(number)],
                false => Vec::new(),
            },
            hears: (0..heard).filter(|other| *other != number).collect(),
            video_slots: PHONE_SLOTS,
            ..Seat::default()
        };
        Self {
            seats: (0..speakers + listeners).map(seat).collect(),
            lessons: 1,
        }
    }

    /// How many are to receive each packet of a seat's pictures, or of its voice.
    #[must_use]
    pub fn audience(&self, seat: usize, is_video: bool) -> u64 {
        self.receivers(seat, is_video).count() as u64
    }

    /// Who is to receive a seat's pictures, or its voice.
    pub fn receivers(&self, seat: usize, is_video: bool) -> impl Iterator<Item = usize> {
        let seats = self.seats.iter().enumerate();
        let receives = move |other: &Seat| {
            let from = if is_video {
                &other.watches
            } else {
                &other.hears
            };
            from.contains(&seat)
        };
        seats.filter_map(move |(number, other)| receives(other).then_some(number))
    }

    /// How many of the seats send something: they come first.
    #[must_use]
    pub fn publishers(&self) -> usize {
        self.seats.iter().filter(|s| !s.sends.is_empty()).count()
    }

    /// The seats that receive something.
    pub fn receiving(&self) -> impl Iterator<Item = usize> {
        let seats = self.seats.iter().enumerate();
        let receives = |seat: &Seat| !(seat.watches.is_empty() && seat.hears.is_empty());
        seats.filter_map(move |(number, seat)| receives(seat).then_some(number))
    }
}

/// The lower the number the louder, so far apart that who is heard never changes.
const fn voice(number: usize) -> Shape {
    let level = 15 + 6 * number as u8;
    Shape::Audio { level }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audiences_are_what_the_rows_say() {
        let lecture = Scene::lectures(2, 400);
        assert_eq!((lecture.seats.len(), lecture.publishers()), (802, 2));
        assert_eq!(
            (lecture.audience(0, true), lecture.audience(1, false)),
            (400, 400)
        );
        let seminar = Scene::seminar(30, 9, 3);
        assert_eq!(seminar.audience(7, true), 9);
        assert_eq!(
            (seminar.audience(0, false), seminar.audience(3, false)),
            (29, 0)
        );
        let voices = Scene::voices(10, 3, 300);
        assert_eq!(
            (voices.audience(2, false), voices.audience(3, false)),
            (309, 0)
        );
        assert_eq!(voices.receiving().count(), 310);
    }
}
