//! The roll says who was here, live and as CSV, whatever the socket says.

use crate::class::{Class, SOON, expect, student_name};
use crate::server::Server;
use homeroom_loadtest::{Bot, BotConfig, Link, Observed};
use homeroom_protocol::{RollStatus, SeatState};
use std::time::Duration;

/// A silent device is away after this long at most.
const AWAY_WITHIN: Duration = Duration::from_secs(10);

fn status(seen: &Observed, n: usize) -> Option<RollStatus> {
    seen.room.seat(&student_name(n)).map(|seat| seat.status)
}

async fn connected(bot: &Bot) {
    expect(bot, "a connection", |seen| seen.link == Link::Connected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_going_silent_and_coming_back_are_told_apart() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let teacher = class.teacher().await;
    let leaves = class.student(1).await;
    let dies = class.student(2).await;
    let mut freezes = class.student(3).await;
    let offline = class.student(4).await;
    for bot in [&teacher, &leaves, &dies, &freezes, &offline] {
        connected(bot).await;
    }
    let all_here = |seen: &Observed| (1..=4).all(|n| status(seen, n) == Some(RollStatus::Here));
    expect(&teacher, "everybody here", all_here).await;

    leaves.leave().await;
    // A battery that is empty, a page that is frozen, a socket that is lost while media flows.
    let token = dies.seat_token().to_owned();
    let id = dies.id();
    drop(dies);
    freezes.lose_media();
    offline.lose_socket();

    let left = |seen: &Observed| status(seen, 1) == Some(RollStatus::Left);
    expect(&teacher, "one left", left).await;
    let away = |seen: &Observed| {
        [2, 3]
            .iter()
            .all(|n| status(seen, *n) == Some(RollStatus::Away))
    };
    let seen = teacher.until(AWAY_WITHIN, "two away", away).await;
    let seen = seen.unwrap_or_else(|late| panic!("{late}"));
    assert_eq!(
        status(&seen, 4),
        Some(RollStatus::Here),
        "media counts, not the socket"
    );
    let dot = |seen: &Observed| {
        seen.room
            .participants
            .get(&id)
            .is_some_and(|person| person.state == SeatState::Away)
    };
    expect(&teacher, "the list says away too", dot).await;

    let back = BotConfig {
        token: Some(token),
        ..class.student_config(2)
    };
    let back = Bot::join(back).await.expect("the seat opens again");
    assert_eq!(back.id(), id);
    let rejoined = |seen: &Observed| {
        let seat = seen.room.seat(&student_name(2));
        seat.is_some_and(|seat| seat.status == RollStatus::Here && seat.rejoins == 1)
    };
    let seen = expect(&teacher, "one rejoined", rejoined).await;
    let seat = seen.room.seat(&student_name(2)).expect("just seen");
    assert_eq!((seat.times_away, seat.last_seen_ms), (1, None));

    let csv = class
        .lessons
        .roll_csv(&class.lesson.code, &class.lesson.teacher_token)
        .await;
    let csv = csv.expect("the teacher's file");
    for name in (1..=4).map(student_name) {
        assert_eq!(
            csv.matches(&name).count(),
            1,
            "{name} has one line in\n{csv}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_teacher_reads_the_roll() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let (teacher, student) = (class.teacher().await, class.student(1).await);
    expect(&teacher, "two seats", |seen| seen.room.roll.len() == 2).await;
    let both = |seen: &Observed| seen.room.participants.len() == 2;
    let seen = student
        .until(SOON, "both listed", both)
        .await
        .expect("listed");
    assert!(seen.room.roll.is_empty());
    for token in [student.seat_token(), "guess", ""] {
        let csv = class.lessons.roll_csv(&class.lesson.code, token).await;
        assert!(csv.is_err(), "{token:?} reads {csv:?}");
    }
}
