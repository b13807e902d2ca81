//! Comings and goings do not disturb those who stay.

use crate::class::{Class, assert_clean, expect, hears_and_sees, more_than};
use crate::server::Server;
use homeroom_loadtest::{Bot, BotConfig, Lines, Observed, Tone};
use homeroom_protocol::RollStatus;

/// Visitors in all, and at a time.
const VISITORS: usize = 20;
const AT_ONCE: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn twenty_come_and_go_while_two_talk() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let (teacher, student) = (class.teacher().await, class.student(1).await);
    teacher.watch(&[student.id()]).await;
    student.watch(&[teacher.id()]).await;
    let mut heard = hears_and_sees(&teacher, Tone::nth(1), student.id()).await;

    let visitors: Vec<usize> = (2..2 + VISITORS).collect();
    for wave in visitors.chunks(AT_ONCE) {
        let mut guests = Vec::new();
        for n in wave {
            let config = BotConfig {
                lines: Lines {
                    camera: false,
                    screen: false,
                    ..Lines::PHONE
                },
                microphone: false,
                camera: false,
                ..class.student_config(*n)
            };
            guests.push(tokio::spawn(Bot::join(config)));
        }
        for guest in guests {
            let guest = guest.await.expect("no panic").expect("a visitor joins");
            guest.watch(&[teacher.id()]).await;
            expect(&guest, "the teacher's voice", |seen| {
                seen.heard_ms(Tone::nth(0)) >= 100
            })
            .await;
            guest.leave().await;
        }
        heard = more_than(&teacher, &heard, Tone::nth(1), student.id()).await;
    }
    let all_gone = |seen: &Observed| {
        let left = seen
            .room
            .roll
            .values()
            .filter(|seat| seat.status == RollStatus::Left);
        seen.room.total == 2 && left.count() == VISITORS
    };
    assert_clean(&expect(&teacher, "all visitors gone", all_gone).await);
    assert_clean(&hears_and_sees(&student, Tone::nth(0), teacher.id()).await);
}
