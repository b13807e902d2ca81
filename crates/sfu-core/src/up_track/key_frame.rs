//! Key frames owed to the receivers of one layer, asked for at a bounded rate.
//!
//! Invariant: requests to the publisher are at least [`KEY_FRAME_INTERVAL`] apart, however many
//! receivers ask, and go on until a key frame comes or nobody can expect one.

use crate::bounds::KEY_FRAME_INTERVAL;
use std::time::Instant;

/// Requests without an answer after which the camera is taken to be off.
const MAX_TRIES: u8 = 10;

/// The state of one layer.
#[derive(Default)]
pub struct KeyFrameRequest {
    wanted: bool,
    asked_at: Option<Instant>,
    tries: u8,
}

impl KeyFrameRequest {
    /// A receiver needs a key frame.
    pub const fn want(&mut self) {
        self.wanted = true;
        self.tries = 0;
    }

    /// The publisher sends again after a pause: what it was asked before, it has not heard.
    pub const fn on_resumed(&mut self) {
        self.asked_at = None;
    }

    /// A key frame came.
    pub const fn on_key_frame(&mut self) {
        self.wanted = false;
    }

    /// Whether to ask the publisher now.
    pub fn poll(&mut self, now: Instant) -> bool {
        if self.next_timeout().is_none_or(|at| at > now)
            && !(self.wanted && self.asked_at.is_none())
        {
            return false;
        }
        self.tries += 1;
        self.asked_at = Some(now);
        if self.tries >= MAX_TRIES {
            self.wanted = false;
        }
        true
    }

    /// When [`KeyFrameRequest::poll`] will say yes; `None` also when it would at once.
    pub fn next_timeout(&self) -> Option<Instant> {
        let at = self.asked_at? + KEY_FRAME_INTERVAL;
        self.wanted.then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn many_receivers_cost_one_request_per_interval() {
        let start = Instant::now();
        let mut request = KeyFrameRequest::default();
        assert!(!request.poll(start), "nobody wants one");
        let mut sent = 0;
        for ms in 0..1_000 {
            request.want();
            sent += u32::from(request.poll(start + Duration::from_millis(ms)));
        }
        assert_eq!(sent, 2);
    }

    #[test]
    fn a_lost_request_is_repeated_until_the_key_frame_comes() {
        let start = Instant::now();
        let mut request = KeyFrameRequest::default();
        request.want();
        assert!(request.poll(start));
        assert!(!request.poll(start + KEY_FRAME_INTERVAL / 2));
        assert!(request.poll(start + KEY_FRAME_INTERVAL));
        request.on_key_frame();
        assert!(!request.poll(start + 2 * KEY_FRAME_INTERVAL));
    }

    #[test]
    fn a_camera_that_is_off_is_not_asked_for_ever() {
        let start = Instant::now();
        let mut request = KeyFrameRequest::default();
        request.want();
        let sent = (0..100)
            .filter(|i| request.poll(start + *i * KEY_FRAME_INTERVAL))
            .count();
        assert_eq!(sent, usize::from(MAX_TRIES));
    }
}
