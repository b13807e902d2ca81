//! `kill -9` loses no seat, no token, and nothing of the roll.

use crate::class::{Class, expect, hears_and_sees, student_name};
use crate::server::Program;
use homeroom_loadtest::{Bot, BotConfig, Observed, Tone};
use homeroom_protocol::{Attendance, ClientMessage, RollFlag, RollLine, RollReport, RollStatus};

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

/// What must be the same before and after, and the minutes beside it.
fn facts(
    line: &RollLine,
) -> (
    String,
    Attendance,
    Attendance,
    u32,
    u32,
    u32,
    Option<String>,
) {
    (
        line.name.clone(),
        line.status,
        line.measured,
        line.hands,
        line.checks_sent,
        line.checks_answered,
        line.dispute.clone(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_knows_what_was_heard_answered_and_decided() {
    let mut server = Program::start().await;
    let class = Class::open_at(&server.http()).await;
    let teacher = class.teacher().await;
    let (answers, disputes) = (class.student(1).await, class.student(2).await);
    let both_hear = |seen: &Observed| {
        let lines = seen.room.attendance.values();
        lines.filter(|line| line.hearing_now).count() == 2
    };
    expect(&teacher, "both hear", both_hear).await;
    disputes
        .say(ClientMessage::RaiseHand { raised: true })
        .await;
    teacher.say(ClientMessage::StartCheck { seconds: 30 }).await;
    expect(&answers, "a check", |seen| seen.room.check == Some(1)).await;
    let answer = ClientMessage::AnswerCheck {
        check: 1,
        ago_ms: 0,
    };
    answers.say(answer).await;
    let text = "I hear nothing".to_owned();
    disputes.say(ClientMessage::DisputeRoll { text }).await;
    let line_of = |seen: &Observed, name: String| {
        let mut lines = seen.room.attendance.values();
        lines.find(|line| line.name == name).cloned()
    };
    let all_told = |seen: &Observed| {
        let answered = line_of(seen, student_name(1)).is_some_and(|l| l.checks_answered == 1);
        let disputed = line_of(seen, student_name(2)).is_some_and(|l| l.dispute.is_some());
        answered && disputed
    };
    let seen = expect(&teacher, "answer and dispute", all_told).await;
    teacher
        .say(ClientMessage::SetAttendance {
            line: line_of(&seen, student_name(1)).expect("just seen").id,
            status: Some(Attendance::Excused),
            reason: "ill".to_owned(),
        })
        .await;
    teacher.say(ClientMessage::ConfirmRoll).await;
    let decided = |seen: &Observed| {
        let line = line_of(seen, student_name(1));
        line.is_some_and(|line| line.status == Attendance::Excused)
    };
    expect(&teacher, "a decision", decided).await;
    let (code, token) = (&class.lesson.code, &class.lesson.teacher_token);
    let before = class.lessons.roll(code, token).await.expect("the roll");

    server.kill();
    server.restart().await;
    let after = class.lessons.roll(code, token).await.expect("the roll");
    let all = |roll: &RollReport| roll.lines.iter().map(facts).collect::<Vec<_>>();
    assert_eq!(all(&after), all(&before));
    assert!(after.lines[1].flags.contains(&RollFlag::Disputed));
    assert!(after.head.confirmed_ms.is_some());
    assert_eq!(after.head.confirmed_ms, before.head.confirmed_ms);
    assert_eq!(after.head.started_ms, before.head.started_ms);
    for (is, was) in after.lines.iter().zip(&before.lines) {
        assert_eq!(is.first_heard_ms, was.first_heard_ms);
        // The last word of the dead server that it was alive is two seconds old at most.
        let lost_ms = was.heard_ms.saturating_sub(is.heard_ms);
        assert!(was.heard_ms > 0 && lost_ms <= 2_500, "lost {lost_ms} ms");
    }
    drop((teacher, answers, disputes));
}
