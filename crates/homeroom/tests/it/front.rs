//! The front of the class: who waits at the door, who was put out, whose microphone is off. What holds
//! here holds against pages that do as they like: bots go on sending whatever they are told.

use crate::class::{Class, SOON, expect, hears_and_sees, more_than, student_name};
use crate::server::{Program, Server};
use homeroom_loadtest::{Bot, BotConfig, JoinFailed, Observed, Socket, Tone};
use homeroom_protocol::{
    Audience, ClientMessage, ClosedReason, DeviceId, ErrorCode, Join, MediaLayout, MediaOffer,
    PROTOCOL_VERSION, ParticipantId, ServerMessage,
};

/// A join whose offer the SFU would refuse in words of its own, were it shown.
fn knock(class: &Class) -> Join {
    Join {
        version: PROTOCOL_VERSION,
        lesson: class.lesson.code.clone(),
        name: "Stranger".to_owned(),
        token: None,
        ticket: None,
        device: None,
        media: Some(MediaOffer {
            sdp: "rubbish".to_owned(),
            layout: MediaLayout::default(),
        }),
        microphone: true,
        camera: true,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_gets_one_message_and_no_packet_until_they_are_let_in() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let teacher = class.teacher().await;
    teacher.say(ClientMessage::SetLobby { on: true }).await;
    let has_lobby = |seen: &Observed| seen.room.rules.is_some_and(|rules| rules.lobby);
    expect(&teacher, "a lobby", has_lobby).await;

    let mut stranger = Socket::open(server.http()).await.expect("a socket");
    let join = ClientMessage::Join(Box::new(knock(&class)));
    stranger.send(&join).await.expect("sent");
    let guest = tokio::spawn(Bot::join(class.student_config(1)));
    let two_wait = |seen: &Observed| seen.room.lobby.len() == 2;
    let seen = expect(&teacher, "two at the door", two_wait).await;
    teacher
        .say(ClientMessage::Chat {
            text: "inside".to_owned(),
            to: Audience::Everyone,
        })
        .await;
    let wrote = |seen: &Observed| seen.room.chat.len() == 1;
    expect(&teacher, "a message", wrote).await;
    assert_eq!(
        (seen.room.total, seen.room.roll.len()),
        (1, 1),
        "no seat yet"
    );

    // The one is let in and hears at once; the other has heard one word in all that time.
    let bot = student_name(1);
    let waiting: Vec<_> = seen
        .room
        .lobby
        .iter()
        .filter(|one| one.name == bot)
        .map(|one| one.id)
        .collect();
    teacher.say(ClientMessage::Admit { waiting }).await;
    let guest = guest.await.expect("no panic").expect("is let in");
    guest.watch(&[teacher.id()]).await;
    let seen = hears_and_sees(&guest, Tone::nth(0), teacher.id()).await;
    assert_eq!(seen.room.total, 2);
    let lobby = teacher.observed().room.lobby;
    let waiting = lobby.iter().map(|one| one.id).next().expect("one waits");
    teacher.say(ClientMessage::TurnAway { waiting }).await;
    let lesson = "Algebra".to_owned();
    let reason = ClosedReason::TurnedAway;
    let mut told = Vec::new();
    let listening = async {
        while let Ok(Some(message)) = stranger.next().await {
            told.push(message);
        }
    };
    tokio::time::timeout(SOON, listening)
        .await
        .expect("is closed");
    let whole = [
        ServerMessage::Waiting { lesson },
        ServerMessage::Closed { reason },
    ];
    assert_eq!(
        told, whole,
        "the SFU never saw the offer: it would have said so"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_put_out_is_silenced_and_does_not_return_nor_does_a_crash_forget() {
    let mut server = Program::start().await;
    let class = Class::open_at(&server.http()).await;
    let teacher = class.teacher().await;
    let config = BotConfig {
        device: DeviceId::parse("device-of-student-one"),
        ..class.student_config(1)
    };
    let student = Bot::join(config.clone()).await.expect("joins");
    let witness = class.student(2).await;
    witness.watch(&[student.id(), teacher.id()]).await;
    hears_and_sees(&witness, Tone::nth(1), student.id()).await;
    let participant = student.id();
    teacher.say(ClientMessage::Remove { participant }).await;
    let seen = expect(&student, "the end", |seen| !seen.socket_open).await;
    assert_eq!(seen.room.closed, Some(ClosedReason::Removed));
    teacher
        .say(ClientMessage::LockMicrophones { locked: true })
        .await;
    teacher
        .say(ClientMessage::Chat {
            text: "Page 45".to_owned(),
            to: Audience::Everyone,
        })
        .await;
    // Its peer connection still sends, and nobody hears it.
    assert_silent(
        &witness,
        Tone::nth(1),
        student.id(),
        Tone::nth(0),
        teacher.id(),
    )
    .await;

    let returns = [
        BotConfig {
            token: Some(student.seat_token().to_owned()),
            ..class.student_config(1)
        },
        BotConfig {
            name: "Somebody else".to_owned(),
            ..config
        },
    ];
    for killed in [false, true] {
        if killed {
            server.kill();
            server.restart().await;
        }
        for config in &returns {
            match Bot::join(config.clone()).await.map(|bot| bot.id()) {
                Err(JoinFailed::Closed(ClosedReason::Removed)) => {}
                other => panic!("came back, killed: {killed}: {other:?}"),
            }
        }
    }
    let teacher = class.teacher().await;
    let all_kept = |seen: &Observed| {
        let room = &seen.room;
        let locked = room.rules.is_some_and(|rules| rules.microphones_locked);
        let texts: Vec<_> = room.chat.iter().map(|said| said.text.as_str()).collect();
        locked && texts == ["Page 45"] && room.removed.len() == 1
    };
    expect(&teacher, "locks, chat and removals", all_kept).await;
}

/// While `heard` and `seen_of` provably arrive, `silent` does not.
async fn assert_silent(
    witness: &Bot,
    silent: Tone,
    who: ParticipantId,
    heard: Tone,
    seen_of: ParticipantId,
) {
    // What was on its way arrives while the others are listened to for about a second.
    more_than(witness, &witness.observed(), heard, seen_of).await;
    let before = witness.observed();
    let after = more_than(witness, &before, heard, seen_of).await;
    assert_eq!(after.heard_ms(silent), before.heard_ms(silent), "{after}");
    assert_eq!(after.frames_of(who), before.frames_of(who), "{after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_muted_students_voice_reaches_nobody_until_it_may() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let (teacher, student) = (class.teacher().await, class.student(1).await);
    let witness = class.student(2).await;
    witness.watch(&[student.id()]).await;
    hears_and_sees(&witness, Tone::nth(1), student.id()).await;

    let participant = student.id();
    teacher.say(ClientMessage::Mute { participant }).await;
    expect(&student, "the word", |seen| seen.room.muted == 1).await;
    assert_unheard(&witness, Tone::nth(1), student.id()).await;
    // A page that renews its media is not heard either.
    let mut student = student;
    student.renew_media().await.expect("new media");
    assert_unheard(&witness, Tone::nth(1), student.id()).await;

    teacher
        .say(ClientMessage::LockMicrophones { locked: true })
        .await;
    let locked = |seen: &Observed| seen.room.rules.is_some_and(|r| r.microphones_locked);
    expect(&student, "a lock", locked).await;
    student.set_media(true, true, false).await;
    let refused = |seen: &Observed| {
        let mut errors = seen.room.errors.iter();
        errors.any(|(code, _)| *code == ErrorCode::NotAllowed)
    };
    expect(&student, "a no", refused).await;
    assert_unheard(&witness, Tone::nth(1), student.id()).await;

    let given = true;
    teacher
        .say(ClientMessage::GiveFloor { participant, given })
        .await;
    let may_speak = |seen: &Observed| {
        let own = seen.room.participants.get(&participant);
        own.is_some_and(|own| own.may_speak && own.floor)
    };
    expect(&student, "the floor", may_speak).await;
    student.set_media(true, true, false).await;
    more_than(&witness, &witness.observed(), Tone::nth(1), student.id()).await;
}

/// The camera still comes, the voice does not.
async fn assert_unheard(witness: &Bot, tone: Tone, who: ParticipantId) {
    let frames = |seen: &Observed| seen.frames_of(who);
    let start = frames(&witness.observed());
    let comes = |seen: &Observed| frames(seen) > start + 12;
    expect(witness, "the picture, after the voice has drained", comes).await;
    let before = witness.observed();
    let goes_on = |seen: &Observed| frames(seen) > frames(&before) + 12;
    let after = expect(witness, "the picture", goes_on).await;
    assert_eq!(after.heard_ms(tone), before.heard_ms(tone), "{after}");
}
