//! What a pasted list means for a class: who is new, who stays, who is called otherwise now.
//!
//! A line with a number of the school's own records is the child with that number, in whatever
//! class; a line without one is the child of this class with that name, or a new one.
//!
//! Invariant: a plan is a value of what is known and what was pasted; nothing is changed here. No
//! line without such a number ever takes a child from another class.

use super::names::folded;
use crate::PersonId;
use std::collections::{BTreeMap, BTreeSet};

/// Most students of a class.
pub const MAX_ROSTER: usize = 1_000;

/// A line of a pasted list, cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastedLine {
    /// Its number in the text, from 1.
    pub line: u32,
    /// The name.
    pub name: String,
    /// The number in the school's own records.
    pub external_id: Option<String>,
}

/// Why a line cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanError {
    /// A line above has the same number with another name.
    ExternalIdRepeated,
    /// The number belongs to somebody who is not a student.
    NotAStudent,
}

/// What a list changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RosterPlan {
    /// New on the roster: line and name.
    pub added: Vec<(u32, String)>,
    /// On it before and after.
    pub unchanged: u32,
    /// Called otherwise until now: who, from, to.
    pub renamed: Vec<(PersonId, String, String)>,
    /// On it and not in the list.
    pub missing: Vec<PersonId>,
    /// Lines that say again what a line above said.
    pub repeated: Vec<(u32, String)>,
    /// Added lines whose name a student elsewhere has.
    pub namesakes: Vec<(u32, String)>,
    /// Students afterwards.
    pub students: u32,
    pub(super) steps: Vec<Step>,
}

/// One student of the list, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// Who; `None` for somebody new.
    pub person: Option<PersonId>,
    /// Whether they are on the roster already.
    pub member: bool,
    /// The name to be written.
    pub name: Option<String>,
    /// The number to be written.
    pub external_id: Option<String>,
}

/// Somebody the school knows.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub id: PersonId,
    pub name: String,
    pub external_id: Option<String>,
    pub is_student: bool,
    /// On this roster.
    pub member: bool,
    /// On another one.
    pub elsewhere: bool,
}

/// Plans a list. `known` has the members in the roster's order.
pub(super) fn plan(
    known: &[Known],
    lines: &[PastedLine],
    remove_missing: bool,
) -> Result<RosterPlan, Vec<(u32, PlanError)>> {
    let mut plan = RosterPlan::default();
    let mut errors = Vec::new();
    let by_number: BTreeMap<&str, &Known> = known
        .iter()
        .filter_map(|person| Some((person.external_id.as_deref()?, person)))
        .collect();
    let elsewhere: BTreeSet<String> = known
        .iter()
        .filter(|person| person.is_student && person.elsewhere && !person.member)
        .map(|person| folded(&person.name))
        .collect();
    let mut above = Above::default();
    // Numbers first: a line without one must not take the child that a later line means.
    let mut taken: BTreeSet<PersonId> = lines
        .iter()
        .filter_map(|line| by_number.get(line.external_id.as_deref()?))
        .map(|person| person.id)
        .collect();
    for line in lines {
        match above.see(line) {
            Seen::New => {}
            Seen::Again => {
                plan.repeated.push((line.line, line.name.clone()));
                continue;
            }
            Seen::OtherName => {
                errors.push((line.line, PlanError::ExternalIdRepeated));
                continue;
            }
        }
        let numbered = line.external_id.as_deref().and_then(|n| by_number.get(n));
        if let Some(person) = numbered {
            if person.is_student {
                plan.numbered(line, person);
            } else {
                errors.push((line.line, PlanError::NotAStudent));
            }
            continue;
        }
        let wanted = folded(&line.name);
        let same = |person: &&Known| {
            let free = line.external_id.is_none() || person.external_id.is_none();
            person.member && free && !taken.contains(&person.id) && folded(&person.name) == wanted
        };
        if let Some(person) = known.iter().find(same) {
            taken.insert(person.id);
            plan.unchanged += 1;
            plan.steps.push(Step {
                person: Some(person.id),
                member: true,
                name: None,
                external_id: line.external_id.clone(),
            });
            continue;
        }
        if line.external_id.is_none() && elsewhere.contains(&wanted) {
            plan.namesakes.push((line.line, line.name.clone()));
        }
        plan.added.push((line.line, line.name.clone()));
        plan.steps.push(Step {
            person: None,
            member: false,
            name: Some(line.name.clone()),
            external_id: line.external_id.clone(),
        });
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let members = known.iter().filter(|person| person.member);
    let left = members.filter(|person| !taken.contains(&person.id));
    plan.missing = left.map(|person| person.id).collect();
    let staying = if remove_missing {
        0
    } else {
        plan.missing.len()
    };
    plan.students = u32::try_from(plan.steps.len() + staying).unwrap_or(u32::MAX);
    Ok(plan)
}

impl RosterPlan {
    /// A child known by its number.
    fn numbered(&mut self, line: &PastedLine, person: &Known) {
        let renamed = (person.name != line.name).then(|| line.name.clone());
        if !person.member {
            self.added.push((line.line, line.name.clone()));
        }
        match &renamed {
            Some(to) => {
                let from = person.name.clone();
                self.renamed.push((person.id, from, to.clone()));
            }
            None if person.member => self.unchanged += 1,
            None => {}
        }
        self.steps.push(Step {
            person: Some(person.id),
            member: person.member,
            name: renamed,
            external_id: None,
        });
    }
}

enum Seen {
    New,
    Again,
    OtherName,
}

/// What the lines above have said.
#[derive(Default)]
struct Above {
    numbers: BTreeMap<String, String>,
    names: BTreeSet<String>,
}

impl Above {
    fn see(&mut self, line: &PastedLine) -> Seen {
        let name = folded(&line.name);
        if let Some(number) = &line.external_id {
            if let Some(known) = self.numbers.get(number) {
                return if *known == name {
                    Seen::Again
                } else {
                    Seen::OtherName
                };
            }
            self.numbers.insert(number.clone(), name.clone());
            self.names.insert(name);
            return Seen::New;
        }
        if self.names.insert(name) {
            Seen::New
        } else {
            Seen::Again
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(id: i64, name: &str, number: Option<&str>, member: bool) -> Known {
        Known {
            id: PersonId(id),
            name: name.into(),
            external_id: number.map(str::to_owned),
            is_student: true,
            member,
            elsewhere: !member,
        }
    }

    fn pasted(lines: &[(&str, Option<&str>)]) -> Vec<PastedLine> {
        let number = |number: &&str| (*number).to_owned();
        (1..)
            .zip(lines)
            .map(|(line, (name, id))| PastedLine {
                line,
                name: (*name).into(),
                external_id: id.as_ref().map(number),
            })
            .collect()
    }

    #[test]
    fn a_first_list_is_all_new() {
        let plan =
            plan(&[], &pasted(&[("Aida", None), ("Timur", Some("7"))]), false).expect("fits");
        assert_eq!(plan.added, [(1, "Aida".into()), (2, "Timur".into())]);
        assert_eq!(plan.students, 2);
    }

    #[test]
    fn the_same_list_again_changes_nothing() {
        let school = [
            known(1, "Aida", None, true),
            known(2, "Timur", Some("7"), true),
        ];
        let lines = pasted(&[("AIDA ", None), ("Timur", Some("7"))]);
        let plan = plan(&school, &lines, true).expect("fits");
        assert_eq!((plan.unchanged, plan.students), (2, 2));
        assert!(plan.added.is_empty() && plan.renamed.is_empty() && plan.missing.is_empty());
    }

    #[test]
    fn a_number_is_the_child_whatever_the_name_and_the_class() {
        let school = [
            known(1, "Aida", Some("7"), true),
            known(2, "Timur", Some("8"), false),
        ];
        let lines = pasted(&[("Aida N.", Some("7")), ("Timur", Some("8"))]);
        let plan = plan(&school, &lines, false).expect("fits");
        assert_eq!(
            plan.renamed,
            [(PersonId(1), "Aida".into(), "Aida N.".into())]
        );
        assert_eq!(plan.added, [(2, "Timur".into())]);
        assert_eq!(plan.steps[1].person, Some(PersonId(2)));
    }

    #[test]
    fn a_name_alone_takes_nobody_from_another_class() {
        let school = [known(2, "Timur", None, false)];
        let plan = plan(&school, &pasted(&[("Timur", None)]), false).expect("fits");
        assert_eq!(plan.steps[0].person, None);
        assert_eq!(plan.namesakes, [(1, "Timur".into())]);
    }

    #[test]
    fn a_number_is_given_to_the_child_who_had_none() {
        let school = [known(1, "Aida", None, true)];
        let plan = plan(&school, &pasted(&[("Aida", Some("7"))]), false).expect("fits");
        assert_eq!(plan.unchanged, 1);
        assert_eq!(plan.steps[0].external_id.as_deref(), Some("7"));
    }

    #[test]
    fn two_children_of_one_name_are_two_by_their_numbers() {
        let school = [known(1, "Dana", Some("1"), true)];
        let lines = pasted(&[("Dana", Some("1")), ("Dana", Some("2")), ("Dana", None)]);
        let plan = plan(&school, &lines, false).expect("fits");
        assert_eq!((plan.unchanged, plan.added.len()), (1, 1));
        assert_eq!(plan.repeated, [(3, "Dana".into())]);
    }

    #[test]
    fn who_is_missing_stays_unless_they_are_to_go() {
        let school = [known(1, "Aida", None, true), known(2, "Timur", None, true)];
        let lines = pasted(&[("Aida", None)]);
        for (remove, students) in [(false, 2), (true, 1)] {
            let plan = plan(&school, &lines, remove).expect("fits");
            assert_eq!((plan.missing, plan.students), (vec![PersonId(2)], students));
        }
    }

    #[test]
    fn a_number_with_two_names_and_one_of_a_teacher_are_told_with_their_lines() {
        let mut teacher = known(9, "Ms Omarova", Some("T1"), false);
        teacher.is_student = false;
        let lines = pasted(&[("Aida", Some("7")), ("Timur", Some("7")), ("X", Some("T1"))]);
        let errors = plan(&[teacher], &lines, false).expect_err("cannot be taken");
        let expected = [
            (2, PlanError::ExternalIdRepeated),
            (3, PlanError::NotAStudent),
        ];
        assert_eq!(errors, expected);
    }
}
