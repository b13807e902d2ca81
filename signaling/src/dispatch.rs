//! Hands the SFU's events to the rooms they are about.
//!
//! Invariant: no room waits for another. A busy room's events wait in their order beside the way,
//! a bounded number for a bounded time; what a room does not take by then is counted as lost.

use crate::lesson::Call;
use crate::limits::{MAX_LATE_MEDIA_EVENTS, MEDIA_EVENT_RETRY, MEDIA_EVENT_TIMEOUT};
use crate::media;
use crate::registry::Registry;
use crate::room::MediaEvent;
use homeroom_sfu::{Event, RoomId};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Runs until the SFU stops.
pub(crate) async fn run(registry: Arc<Registry>, mut events: mpsc::Receiver<Event>) {
    let mut late = Late::default();
    let mut retries = interval(MEDIA_EVENT_RETRY);
    retries.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let lost = tokio::select! {
            event = events.recv() => {
                let Some(event) = event else { return };
                let (room, event) = media::translate(event);
                let Some(calls) = registry.calls_of(room) else { continue };
                late.hand(room, &calls, event)
            }
            _ = retries.tick(), if !late.rooms.is_empty() => late.retry(Instant::now()),
        };
        registry.tools.metrics.lost_media_events.inc_by(lost);
    }
}

/// Events of rooms that were too busy to take them.
#[derive(Debug, Default)]
struct Late {
    rooms: BTreeMap<RoomId, Queue>,
}

#[derive(Debug)]
struct Queue {
    calls: mpsc::Sender<Call>,
    events: VecDeque<(Instant, MediaEvent)>,
}

impl Late {
    /// Gives a room its event, behind those that wait for it; answers how many were lost.
    fn hand(&mut self, room: RoomId, calls: &mpsc::Sender<Call>, event: MediaEvent) -> u64 {
        let event = if self.rooms.contains_key(&room) {
            event
        } else {
            match calls.try_send(Call::Media(event)) {
                Err(TrySendError::Full(Call::Media(event))) => event,
                // Taken, or the room has ended: nobody misses the event.
                _ => return 0,
            }
        };
        let queue = self.rooms.entry(room).or_insert_with(|| Queue {
            calls: calls.clone(),
            events: VecDeque::new(),
        });
        if queue.events.len() >= MAX_LATE_MEDIA_EVENTS {
            return 1;
        }
        let until = Instant::now() + MEDIA_EVENT_TIMEOUT;
        queue.events.push_back((until, event));
        0
    }

    /// Offers everything again; answers how many have waited too long.
    fn retry(&mut self, now: Instant) -> u64 {
        let mut lost = 0;
        self.rooms.retain(|_, queue| {
            lost += queue.drain(now);
            !queue.events.is_empty()
        });
        lost
    }
}

impl Queue {
    fn drain(&mut self, now: Instant) -> u64 {
        let mut lost = 0;
        while let Some((until, event)) = self.events.pop_front() {
            match self.calls.try_send(Call::Media(event)) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) if until <= now => lost += 1,
                Err(TrySendError::Full(Call::Media(event))) => {
                    self.events.push_front((until, event));
                    break;
                }
                Err(_) => self.events.clear(),
            }
        }
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeroom_protocol::ParticipantId;

    const BUSY: RoomId = RoomId(1);
    const IDLE: RoomId = RoomId(2);

    fn event(number: u32) -> MediaEvent {
        MediaEvent::Connected(ParticipantId(number))
    }

    /// What a room has taken, by the numbers of its events.
    fn taken(calls: &mut mpsc::Receiver<Call>) -> Vec<u32> {
        let mut numbers = Vec::new();
        while let Ok(call) = calls.try_recv() {
            match call {
                Call::Media(MediaEvent::Connected(id)) => numbers.push(id.0),
                other => panic!("{other:?}"),
            }
        }
        numbers
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_room_holds_up_no_other_and_gets_its_events_in_order() {
        let (busy, mut busy_calls) = mpsc::channel(1);
        let (idle, mut idle_calls) = mpsc::channel(8);
        let mut late = Late::default();
        for number in 0..3 {
            assert_eq!(late.hand(BUSY, &busy, event(number)), 0);
            assert_eq!(late.hand(IDLE, &idle, event(number)), 0);
        }
        assert_eq!(taken(&mut idle_calls), [0, 1, 2]);
        let mut seen = taken(&mut busy_calls);
        // An event that finds a place does not overtake those that wait.
        assert_eq!(late.hand(BUSY, &busy, event(3)), 0);
        while !late.rooms.is_empty() {
            assert_eq!(late.retry(Instant::now()), 0);
            seen.extend(taken(&mut busy_calls));
        }
        assert_eq!(seen, [0, 1, 2, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_room_never_takes_is_lost_by_number_and_by_time() {
        let (busy, _calls) = mpsc::channel(1);
        let mut late = Late::default();
        let waiting = u32::try_from(MAX_LATE_MEDIA_EVENTS).expect("fits");
        for number in 0..=waiting {
            assert_eq!(late.hand(BUSY, &busy, event(number)), 0, "event {number}");
        }
        assert_eq!(late.hand(BUSY, &busy, event(0)), 1);
        tokio::time::advance(MEDIA_EVENT_TIMEOUT - MEDIA_EVENT_RETRY).await;
        assert_eq!(late.retry(Instant::now()), 0);
        tokio::time::advance(MEDIA_EVENT_RETRY).await;
        assert_eq!(late.retry(Instant::now()), u64::from(waiting));
        assert!(late.rooms.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_room_that_ended_is_forgotten() {
        let (busy, calls) = mpsc::channel(1);
        let mut late = Late::default();
        late.hand(BUSY, &busy, event(0));
        late.hand(BUSY, &busy, event(1));
        drop(calls);
        assert_eq!(late.retry(Instant::now()), 0);
        assert!(late.rooms.is_empty());
    }
}
