//! `kill -9` loses no seat and no token.

use crate::class::{Class, expect, hears_and_sees, student_name};
use crate::server::Program;
use homeroom_loadtest::{Bot, BotConfig, Observed, Tone};
use homeroom_protocol::RollStatus;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_comes_back_with_the_roll_and_the_seats() {
    let mut server = Program::start().await;
    let class = Class::open_at(&server.http()).await;
    let teacher = class.teacher().await;
    let (stays, leaves) = (class.student(1).await, class.student(2).await);
    let (id, token) = (stays.id(), stays.seat_token().to_owned());
    stays.watch(&[teacher.id()]).await;
    hears_and_sees(&stays, Tone::nth(0), teacher.id()).await;
    leaves.leave().await;
    let left = |seen: &Observed| {
        seen.room
            .seat(&student_name(2))
            .is_some_and(|seat| seat.status == RollStatus::Left)
    };
    expect(&teacher, "one left", left).await;

    server.kill();
    for bot in [&teacher, &stays] {
        expect(bot, "a broken socket", |seen| !seen.socket_open).await;
    }
    drop((teacher, stays));
    server.restart().await;

    let teacher = class.teacher().await;
    let back = BotConfig {
        token: Some(token),
        ..class.student_config(1)
    };
    let back = Bot::join(back).await.expect("the seat survived");
    assert_eq!(back.id(), id);
    back.watch(&[teacher.id()]).await;
    hears_and_sees(&back, Tone::nth(0), teacher.id()).await;
    let whole = |seen: &Observed| {
        let status = |n| seen.room.seat(&student_name(n)).map(|seat| seat.status);
        status(1) == Some(RollStatus::Here) && status(2) == Some(RollStatus::Left)
    };
    let seen = expect(&teacher, "the whole roll", whole).await;
    assert_eq!(seen.room.roll.len(), 3, "{seen}");
}
