//! What staff decided of a lesson, and its chat: the last word counts, however often it is written.

use crate::support::{CODE, LESSON, seat};
use homeroom_store::{
    ChatAudience, MAX_SAVED_CHAT, Record, SavedClass, StoredChat, StoredRemoval, StoredSeatToken,
    StoredStreamKey, TokenHash,
};

fn chat(number: u32, audience: ChatAudience) -> StoredChat {
    StoredChat {
        lesson: LESSON,
        number,
        participant: 1,
        audience,
        text: format!("{number}-бет, екінші жол\nүшінші ✓"),
        at_ms: 1_000 + u64::from(number),
    }
}

fn removal(participant: u32, devices: &[&str]) -> StoredRemoval {
    StoredRemoval {
        lesson: LESSON,
        participant,
        at_ms: 5,
        devices: devices.iter().map(|device| TokenHash::of(device)).collect(),
    }
}

fn rules(text: &str) -> Record {
    Record::Rules {
        lesson: LESSON,
        rules: text.into(),
    }
}

fn token(number: u32, token: &str) -> StoredSeatToken {
    StoredSeatToken {
        lesson: LESSON,
        participant: 1,
        number,
        token: TokenHash::of(token),
    }
}

fn stream_key(key: &str, made_ms: u64) -> StoredStreamKey {
    StoredStreamKey {
        lesson: LESSON,
        key: TokenHash::of(key),
        made_ms,
    }
}

on_both! {
    async fn the_last_word_is_read_back(home: Home) {
        let store = home.open_with_lesson().await;
        let (journal, _writer) = home.journal(&store).await;
        let records = vec![
            Record::Seat(seat()),
            rules("{\"locked\":true}"),
            Record::Removal(removal(1, &["a", "b"])),
            Record::Removal(removal(2, &[])),
            Record::Readmission { lesson: LESSON, participant: 1 },
            Record::SeatToken(token(0, "first")),
            Record::SeatToken(token(1, "second")),
            Record::SeatToken(token(0, "third")),
            Record::StreamKey(stream_key("old", 7)),
            Record::StreamKey(stream_key("new", 8)),
            Record::Chat(chat(1, ChatAudience::Everyone)),
            Record::Chat(chat(2, ChatAudience::Teachers)),
            Record::Chat(chat(3, ChatAudience::Everyone)),
            Record::ChatDeleted { lesson: LESSON, number: 3, at_ms: 9 },
            rules("{}"),
        ];
        // A batch whose commit got no answer is written again.
        for _ in 0..2 {
            journal.append(records.clone()).await.expect("is durable");
        }
        let saved = store.load(CODE).await.expect("reads").expect("is there");
        let expected = SavedClass {
            rules: Some("{}".into()),
            removals: vec![removal(2, &[])],
            seat_tokens: vec![token(0, "third"), token(1, "second")],
            stream_key: Some(stream_key("new", 8)),
            chat: vec![chat(1, ChatAudience::Everyone), chat(2, ChatAudience::Teachers)],
            last_chat: 3,
        };
        assert_eq!(saved.class, expected);
    }

    async fn devices_come_back_and_of_a_long_chat_the_newest(home: Home) {
        let store = home.open_with_lesson().await;
        let (journal, _writer) = home.journal(&store).await;
        let put_out = removal(1, &["a", "b"]);
        let mut records = vec![Record::Seat(seat()), Record::Removal(put_out.clone())];
        let last = MAX_SAVED_CHAT + 5;
        records.extend((1..=last).map(|n| Record::Chat(chat(n, ChatAudience::Everyone))));
        journal.append(records).await.expect("is durable");
        let saved = store.load(CODE).await.expect("reads").expect("is there").class;
        assert_eq!(saved.removals, [put_out]);
        let numbers: Vec<_> = saved.chat.iter().map(|chat| chat.number).collect();
        assert_eq!(numbers, (6..=last).collect::<Vec<_>>());
        assert_eq!((saved.last_chat, saved.rules), (last, None));
    }
}
