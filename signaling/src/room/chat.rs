//! The chat: plain text to everyone or to the teachers. Nobody can write to one student.
//!
//! A stranger in a class reads what was written since they were let in; who belongs here, all that is
//! kept.
//!
//! Invariant: a message is in the journal before anybody reads it, and reaches only those its audience
//! names.

use super::seat::Seat;
use super::{Effect, Room, SessionId};
use crate::chat_text;
use crate::limits::{CHAT_HISTORY_BYTES, MAX_CHAT_MESSAGES, MAX_NOTED_MESSAGES};
use homeroom_protocol::{
    Action, Audience, ChatMessage, ErrorCode, ParticipantId, Role, ServerMessage,
};
use homeroom_store::{ChatAudience, MAX_SAVED_CHAT, Record, RollKind, SavedClass, StoredChat};
use std::collections::VecDeque;

/// What was written.
#[derive(Debug, Default)]
pub(super) struct Chat {
    /// The newest, oldest first.
    kept: VecDeque<ChatMessage>,
    /// The number of the newest there ever was.
    last: u32,
}

impl Chat {
    /// As it was written; `author` is whose seat a number is.
    pub fn restore<'a>(saved: &SavedClass, author: impl Fn(u32) -> Option<&'a Seat>) -> Self {
        let message = |stored: &StoredChat| {
            let seat = author(stored.participant)?;
            Some(ChatMessage {
                number: stored.number,
                from: seat.id,
                name: seat.name.clone(),
                role: seat.role,
                audience: match stored.audience {
                    ChatAudience::Everyone => Audience::Everyone,
                    ChatAudience::Teachers => Audience::Teachers,
                },
                text: stored.text.clone(),
                at_ms: stored.at_ms,
            })
        };
        Self {
            kept: saved.chat.iter().filter_map(message).collect(),
            last: saved.last_chat,
        }
    }

    /// Who wrote it.
    pub fn author(&self, number: u32) -> Option<ParticipantId> {
        let mut kept = self.kept.iter();
        let message = kept.find(|message| message.number == number)?;
        Some(message.from)
    }

    fn add(&mut self, message: ChatMessage) {
        let most = usize::try_from(MAX_SAVED_CHAT).unwrap_or(usize::MAX);
        if self.kept.len() >= most {
            self.kept.pop_front();
        }
        self.last = message.number;
        self.kept.push_back(message);
    }
}

impl Room {
    pub(super) fn write_chat(
        &mut self,
        now_ms: u64,
        session: SessionId,
        id: ParticipantId,
        text: &str,
        audience: Audience,
    ) {
        let Some(text) = chat_text::clean(text) else {
            let detail = "a message has 1 to 500 characters";
            return self.refuse(session, ErrorCode::BadMessage, detail);
        };
        if self.chat.last >= MAX_CHAT_MESSAGES {
            return self.refuse(session, ErrorCode::Full, "the chat is full");
        }
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        if !seat.chat_bucket.take(now_ms) {
            return self.refuse(session, ErrorCode::TooFast, "write more slowly");
        }
        let message = ChatMessage {
            number: self.chat.last + 1,
            from: id,
            name: seat.name.clone(),
            role: seat.role,
            audience,
            text,
            at_ms: now_ms,
        };
        self.effects.push(Effect::Journal(Record::Chat(StoredChat {
            lesson: self.lesson,
            number: message.number,
            participant: id.0,
            audience: match audience {
                Audience::Everyone => ChatAudience::Everyone,
                Audience::Teachers => ChatAudience::Teachers,
            },
            text: message.text.clone(),
            at_ms: now_ms,
        })));
        self.note_message(id, now_ms);
        self.chat.add(message.clone());
        let readers = self.readers_of(&message);
        let messages = vec![message];
        self.send(readers, ServerMessage::Chat { messages });
    }

    pub(super) fn delete_chat(&mut self, now_ms: u64, number: u32) {
        let kept = self.chat.kept.iter();
        let Some(place) = kept.clone().position(|message| message.number == number) else {
            return;
        };
        let Some(message) = self.chat.kept.remove(place) else {
            return;
        };
        let lesson = self.lesson;
        let at_ms = now_ms;
        self.effects.push(Effect::Journal(Record::ChatDeleted {
            lesson,
            number,
            at_ms,
        }));
        let readers = self.readers_of(&message);
        self.send(readers, ServerMessage::ChatDeleted { number });
    }

    /// What somebody who has just come may read.
    pub(super) fn tell_chat(&mut self, session: SessionId, id: ParticipantId) {
        let Some(seat) = self.seats.get(&id) else {
            return;
        };
        let since_ms = self.reads_since_ms(seat);
        let reads_teachers = self.may(id, Action::ReadTeachersChat);
        let may_read = |message: &&ChatMessage| {
            let is_theirs = message.from == id || reads_teachers;
            message.at_ms >= since_ms && (message.audience == Audience::Everyone || is_theirs)
        };
        let mut bytes = 0;
        let newest = self.chat.kept.iter().rev().filter(may_read);
        let mut messages: Vec<_> = newest
            .take_while(|message| {
                bytes += message.text.len();
                bytes <= CHAT_HISTORY_BYTES
            })
            .cloned()
            .collect();
        messages.reverse();
        if !messages.is_empty() {
            self.send(vec![session], ServerMessage::Chat { messages });
        }
    }

    fn reads_since_ms(&self, seat: &Seat) -> u64 {
        let is_stranger = self.is_class && seat.person.is_none() && seat.role == Role::Student;
        if is_stranger { seat.joined_ms } else { 0 }
    }

    fn readers_of(&self, message: &ChatMessage) -> Vec<SessionId> {
        let reads = |id: ParticipantId| match message.audience {
            Audience::Everyone => true,
            Audience::Teachers => message.from == id || self.may(id, Action::ReadTeachersChat),
        };
        let sessions = self.sessions.iter().filter(|(_, id)| reads(**id));
        sessions.map(|(session, _)| *session).collect()
    }

    /// Writing is a sign of life of a pupil.
    fn note_message(&mut self, id: ParticipantId, now_ms: u64) {
        let evidence = self.roll.evidence(id);
        let noted = evidence.map_or(0, |evidence| evidence.messages);
        if noted < MAX_NOTED_MESSAGES && self.roll.key_of(id).is_some() {
            let noted = self.roll.write(id, now_ms, RollKind::Chat, None);
            self.note_evidence(id, noted);
        }
    }
}
