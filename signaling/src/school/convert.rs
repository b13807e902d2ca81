//! What the store knows, in the words of the wire.
//!
//! Invariant: nothing is decided here.

use super::problem::{Answer, Refused};
use homeroom_protocol::LessonCode;
use homeroom_protocol::school::{
    Class, ClassLesson, ClassNumber, ClassRole, LinkState, Person, PersonKind, PersonNumber,
    RosterStudent, StaffMember, StaffRole,
};
use homeroom_store as store;

pub(super) const fn kind(kind: store::PersonKind) -> PersonKind {
    match kind {
        store::PersonKind::Admin => PersonKind::Admin,
        store::PersonKind::Teacher => PersonKind::Teacher,
        store::PersonKind::Student => PersonKind::Student,
        store::PersonKind::Observer => PersonKind::Observer,
    }
}

pub(super) const fn stored_kind(kind: PersonKind) -> store::PersonKind {
    match kind {
        PersonKind::Admin => store::PersonKind::Admin,
        PersonKind::Teacher => store::PersonKind::Teacher,
        PersonKind::Student => store::PersonKind::Student,
        PersonKind::Observer => store::PersonKind::Observer,
    }
}

pub(super) const fn staff_role(role: store::StaffRole) -> StaffRole {
    match role {
        store::StaffRole::Teacher => StaffRole::Teacher,
        store::StaffRole::Assistant => StaffRole::Assistant,
        store::StaffRole::Observer => StaffRole::Observer,
    }
}

pub(super) const fn stored_staff_role(role: StaffRole) -> store::StaffRole {
    match role {
        StaffRole::Teacher => store::StaffRole::Teacher,
        StaffRole::Assistant => store::StaffRole::Assistant,
        StaffRole::Observer => store::StaffRole::Observer,
    }
}

pub(super) const fn class_role(role: store::ClassRole) -> ClassRole {
    match role {
        store::ClassRole::Staff(store::StaffRole::Teacher) => ClassRole::Teacher,
        store::ClassRole::Staff(store::StaffRole::Assistant) => ClassRole::Assistant,
        store::ClassRole::Staff(store::StaffRole::Observer) => ClassRole::Observer,
        store::ClassRole::Student => ClassRole::Student,
    }
}

const fn link(link: store::LinkStand) -> LinkState {
    match link {
        store::LinkStand::None => LinkState::None,
        store::LinkStand::Unused => LinkState::Unused,
        store::LinkStand::Used => LinkState::Used,
    }
}

/// An invitation that ran out waits for nobody.
pub(super) fn person(person: store::StoredPerson, now_ms: u64) -> Person {
    Person {
        id: PersonNumber(person.id.0),
        name: person.name,
        kind: kind(person.kind),
        login: person.login,
        external_id: person.external_id,
        created_ms: person.created_ms,
        disabled_ms: person.disabled_ms,
        invited_until_ms: person.invited_until_ms.filter(|until| *until > now_ms),
        link: link(person.link),
    }
}

pub(super) fn class(class: store::StoredClass) -> Class {
    let member = |staff: store::Staff| StaffMember {
        person: PersonNumber(staff.person.0),
        name: staff.name,
        role: staff_role(staff.role),
    };
    Class {
        id: ClassNumber(class.id.0),
        name: class.name,
        subject: class.subject,
        external_id: class.external_id,
        created_ms: class.created_ms,
        archived_ms: class.archived_ms,
        students: class.students,
        staff: class.staff.into_iter().map(member).collect(),
    }
}

pub(super) fn student(member: store::Member) -> RosterStudent {
    RosterStudent {
        person: PersonNumber(member.person.0),
        number: member.number,
        name: member.name,
        external_id: member.external_id,
        link: link(member.link),
    }
}

pub(super) fn lesson(lesson: &store::StoredLesson) -> Answer<ClassLesson> {
    Ok(ClassLesson {
        code: code(&lesson.code)?,
        name: lesson.name.clone(),
        class: lesson.class.map(|class| ClassNumber(class.0)),
        teacher: lesson.teacher.map(|person| PersonNumber(person.0)),
        started_ms: lesson.started_ms,
        ended_ms: lesson.ended_ms,
    })
}

pub(super) fn code(text: &str) -> Answer<LessonCode> {
    LessonCode::parse(text).ok_or_else(|| Refused::internal("a stored lesson code is none"))
}
