//! The wheel against a sorted list of the same entries.

use super::*;
use proptest::prelude::*;
use slotmap::SlotMap;

fn rooms(count: usize) -> Vec<RoomKey> {
    let mut keys = SlotMap::<RoomKey, ()>::with_key();
    (0..count).map(|_| keys.insert(())).collect()
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn what_is_due_fires_in_order_and_not_before() {
    let epoch = Instant::now();
    let mut timers = Timers::new(epoch);
    let rooms = rooms(3);
    for (room, at) in rooms.iter().zip([30, 10, 20]) {
        timers.schedule(epoch + ms(at), Due::Room(*room), &mut None);
    }
    assert_eq!(timers.next(), Some(epoch + ms(10)));
    assert_eq!(timers.pop(epoch + ms(9)), None);
    for (room, at) in [(1, 10), (2, 20), (0, 30)] {
        let fired = timers.pop(epoch + ms(35));
        assert_eq!(fired, Some((epoch + ms(at), Due::Room(rooms[room]))));
    }
    assert_eq!((timers.pop(epoch + ms(35)), timers.next()), (None, None));
}

#[test]
fn a_later_time_than_scheduled_adds_nothing() {
    let epoch = Instant::now();
    let mut timers = Timers::new(epoch);
    let due = Due::Room(rooms(1)[0]);
    let mut scheduled = None;
    for at in [20, 30, 20, 10] {
        timers.schedule(epoch + ms(at), due, &mut scheduled);
    }
    assert_eq!(scheduled, Some(epoch + ms(10)));
    let fired = std::iter::from_fn(|| timers.pop(epoch + ms(50)));
    assert_eq!(fired.count(), 2, "the first, and the earlier one");
}

#[test]
fn what_is_past_fires_at_once_and_what_is_far_off_fires_early() {
    let epoch = Instant::now();
    let mut timers = Timers::new(epoch);
    let due = Due::Room(rooms(1)[0]);
    assert_eq!(timers.pop(epoch + ms(5_000)), None);
    timers.schedule(epoch + ms(10), due, &mut None);
    assert!(timers.pop(epoch + ms(5_000)).is_some());
    timers.schedule(epoch + ms(60_000), due, &mut None);
    let early = timers.next().expect("it waits");
    assert!(early > epoch + ms(5_000 + 2_000) && early < epoch + ms(60_000));
    assert_eq!(timers.pop(early), Some((epoch + ms(60_000), due)));
}

#[test]
fn places_are_used_again() {
    let epoch = Instant::now();
    let mut timers = Timers::new(epoch);
    let due = Due::Room(rooms(1)[0]);
    for turn in 0..10_000 {
        timers.schedule(epoch + ms(3 * turn), due, &mut None);
        timers.schedule(epoch + ms(3 * turn + 1), due, &mut None);
        assert!(timers.pop(epoch + ms(3 * turn)).is_some());
        assert!(timers.pop(epoch + ms(3 * turn + 1)).is_some());
    }
    assert_eq!(timers.entries.len(), 2);
}

proptest! {
    /// Whatever is scheduled while time goes on: nothing is lost, nothing early within a turn,
    /// nothing later than a tick.
    #[test]
    fn nothing_is_lost_or_late(steps in prop::collection::vec((0_u64..3_000_000, 0_u64..40_000), 1..200)) {
        let epoch = Instant::now();
        let mut timers = Timers::new(epoch);
        let due = Due::Room(rooms(1)[0]);
        let mut now = epoch;
        // With the time they were scheduled at.
        let mut waiting: Vec<(Instant, Instant)> = Vec::new();
        for (ahead_us, pass_us) in steps {
            let at = now + Duration::from_micros(ahead_us);
            timers.schedule(at, due, &mut None);
            waiting.push((at, now));
            now += Duration::from_micros(pass_us);
            while let Some((at, _)) = timers.pop(now) {
                let place = waiting.iter().position(|(other, _)| *other == at);
                let (_, since) = waiting.remove(place.expect("it was waiting"));
                prop_assert!(at <= now || at > since + ms(2_000), "within a turn nothing is early");
            }
            prop_assert!(waiting.iter().all(|(at, _)| *at + TICK > now), "nothing is late");
            let next = timers.next();
            prop_assert_eq!(next.is_some(), !waiting.is_empty());
            prop_assert!(next.is_none_or(|next| next > now));
        }
    }
}
