//! A database that goes away: the lesson goes on, and the roll has everything.

use crate::class::{Class, expect, hears_and_sees, student_name};
use crate::server::Program;
use homeroom_loadtest::{Observed, Tone};
use homeroom_protocol::RollStatus;
use homeroom_testpg::Postgres;

fn is(seen: &Observed, student: usize, status: RollStatus) -> bool {
    let seat = seen.room.seat(&student_name(student));
    seat.is_some_and(|seat| seat.status == status)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lesson_outlives_its_database_and_the_roll_outlives_both() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let mut server = Program::start_on(&postgres.new_database()).await;
    let class = Class::open_at(&server.http()).await;
    let unread = Class::open_at(&server.http()).await;
    let (teacher, leaves) = (class.teacher().await, class.student(1).await);

    postgres.kill();
    let comes = class.student(2).await;
    comes.watch(&[teacher.id()]).await;
    hears_and_sees(&comes, Tone::nth(0), teacher.id()).await;
    leaves.leave().await;
    let both = |seen: &Observed| is(seen, 1, RollStatus::Left) && is(seen, 2, RollStatus::Here);
    expect(&teacher, "one who came and one who left", both).await;
    // What needs the database is asked to come again.
    let refused = class.lessons.create("Physics").await;
    let refused = refused.expect_err("cannot be written").to_string();
    assert!(refused.contains("503"), "{refused}");

    let whip = format!("{}/whip/{}", server.http(), unread.lesson.code);
    let token = &unread.lesson.teacher_token;
    let request = reqwest::Client::new().post(whip).bearer_auth(token);
    let request = request
        .header("Content-Type", "application/sdp")
        .body("v=0");
    let refused = request.send().await.expect("an answer");
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["Retry-After"], "5");

    server.kill();
    drop((teacher, comes));
    postgres.resume();
    server.restart().await;
    let teacher = class.teacher().await;
    let left = |seen: &Observed| {
        is(seen, 1, RollStatus::Left) && seen.room.seat(&student_name(2)).is_some()
    };
    let seen = expect(&teacher, "the whole roll", left).await;
    assert_eq!(seen.room.roll.len(), 3, "{seen}");
}
