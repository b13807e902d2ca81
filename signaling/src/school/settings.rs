//! The school's settings: what they are when nobody has set them, and what they may be.
//!
//! Invariant: what is stored was checked; a stored value that cannot be read counts as not set.

use super::body;
use super::problem::{Answer, Refused};
use crate::roll_call::report::rules;
use homeroom_protocol::RollRules;
use homeroom_protocol::school::{
    DEVICE_DAYS, EVIDENCE_DAYS, Language, MAX_CLASS_NAME_CHARS, SchoolSettings,
};
use homeroom_store::{EVIDENCE_DAYS as EVIDENCE, ROLL_RULES, SchoolError, Setting, Store};
use std::collections::BTreeMap;
use std::str::FromStr;

const NAME: &str = "school_name";
const LANGUAGE: &str = "school_language";
const ADHOC: &str = "adhoc_lessons";
const DEVICES: &str = "device_days";

/// A school year.
const DEVICE_DAYS_DEFAULT: u32 = 300;
/// Days that evidence of attendance is kept where the school says nothing else.
pub(crate) const EVIDENCE_DAYS_DEFAULT: u32 = 30;
/// Longest time within which nobody is late, or has not left early.
const MAX_GRACE_MS: u64 = 4 * 60 * 60 * 1_000;
/// Longest letter of the school's journal, in characters.
const MAX_JOURNAL_CODE_CHARS: usize = 8;

/// The settings as they are.
pub(crate) async fn read(store: &Store) -> Result<SchoolSettings, SchoolError> {
    Ok(from_stored(&store.settings().await?))
}

fn from_stored(stored: &BTreeMap<String, String>) -> SchoolSettings {
    fn number<T: FromStr>(stored: &BTreeMap<String, String>, name: &str, default: T) -> T {
        let value = stored.get(name).and_then(|value| value.parse().ok());
        value.unwrap_or(default)
    }
    let language = stored.get(LANGUAGE).map(String::as_str);
    SchoolSettings {
        name: stored.get(NAME).cloned().unwrap_or_default(),
        language: match language {
            Some("ru") => Language::Ru,
            Some("en") => Language::En,
            _ => Language::Kk,
        },
        adhoc_lessons: number(stored, ADHOC, true),
        device_days: number(stored, DEVICES, DEVICE_DAYS_DEFAULT),
        evidence_days: number(stored, EVIDENCE, EVIDENCE_DAYS_DEFAULT),
        roll_rules: rules(stored.get(ROLL_RULES).map(String::as_str)),
    }
}

/// Checks new settings and makes them what is stored. Other rules of the roll are another version.
pub(super) fn checked(new: SchoolSettings, old: &SchoolSettings) -> Answer<Vec<Setting>> {
    let name = body::name_or_empty(&new.name, MAX_CLASS_NAME_CHARS)?;
    let within = |days: u32, (least, most): (u32, u32), what: &str| {
        let fits = (least..=most).contains(&days);
        fits.then_some(days)
            .ok_or_else(|| Refused::bad_request(format!("{what} is {least} to {most}")))
    };
    let devices = within(new.device_days, DEVICE_DAYS, "device_days")?;
    let evidence = within(new.evidence_days, EVIDENCE_DAYS, "evidence_days")?;
    let mut rules = new.roll_rules;
    check_rules(&rules)?;
    rules.version = old.roll_rules.version;
    if rules != old.roll_rules {
        rules.version += 1;
    }
    let rules = serde_json::to_string(&rules).map_err(|_| Refused::internal("roll rules"))?;
    let language = match new.language {
        Language::Kk => "kk",
        Language::Ru => "ru",
        Language::En => "en",
    };
    Ok(vec![
        (NAME, name),
        (LANGUAGE, language.to_owned()),
        (ADHOC, new.adhoc_lessons.to_string()),
        (DEVICES, devices.to_string()),
        (EVIDENCE, evidence.to_string()),
        (ROLL_RULES, rules),
    ])
}

fn check_rules(rules: &RollRules) -> Answer<()> {
    let percents = [
        rules.present_percent,
        rules.partial_percent,
        rules.technical_percent,
    ];
    let journal = &rules.journal;
    let codes = [
        &journal.present,
        &journal.late,
        &journal.left_early,
        &journal.partial,
        &journal.absent,
        &journal.excused,
        &journal.ill,
        &journal.technical,
        &journal.in_the_room,
    ];
    let short = |code: &&String| {
        code.chars().count() <= MAX_JOURNAL_CODE_CHARS && !code.chars().any(char::is_control)
    };
    let wrong = if rules.late_after_ms > MAX_GRACE_MS || rules.early_before_ms > MAX_GRACE_MS {
        "late_after_ms and early_before_ms are at most four hours"
    } else if percents.iter().any(|percent| *percent > 100) {
        "percents are at most 100"
    } else if rules.partial_percent > rules.present_percent {
        "partial_percent is at most present_percent"
    } else if !codes.iter().all(short) {
        "letters of the journal have at most 8 characters"
    } else {
        return Ok(());
    };
    Err(Refused::bad_request(wrong))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_has_set_is_as_the_server_comes() {
        let settings = from_stored(&BTreeMap::new());
        assert_eq!(settings.language, Language::Kk);
        assert!(settings.adhoc_lessons);
        assert_eq!(settings.roll_rules, RollRules::default());
    }

    #[test]
    fn settings_come_back_and_other_rules_are_another_version() {
        let old = from_stored(&BTreeMap::new());
        let mut new = old.clone();
        new.name = "№ 12 мектеп".into();
        new.adhoc_lessons = false;
        new.roll_rules.late_after_ms = 600_000;
        let stored = checked(new.clone(), &old).expect("is well");
        let stored = stored
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        let read = from_stored(&stored.collect());
        new.roll_rules.version = 2;
        assert_eq!(read, new);
        let again = checked(read.clone(), &read).expect("is well");
        let again: BTreeMap<_, _> = again.into_iter().map(|(n, v)| (n.to_owned(), v)).collect();
        assert_eq!(from_stored(&again).roll_rules.version, 2);
    }

    #[test]
    fn rules_that_make_no_sense_are_refused() {
        let old = from_stored(&BTreeMap::new());
        let changes: [fn(&mut SchoolSettings); 6] = [
            |s| s.device_days = 0,
            |s| s.evidence_days = EVIDENCE_DAYS.1 + 1,
            |s| s.roll_rules.present_percent = 101,
            |s| s.roll_rules.partial_percent = 90,
            |s| s.roll_rules.late_after_ms = MAX_GRACE_MS + 1,
            |s| s.roll_rules.journal.late = "x".repeat(9),
        ];
        for (place, change) in changes.into_iter().enumerate() {
            let mut new = old.clone();
            change(&mut new);
            assert!(checked(new, &old).is_err(), "{place}");
        }
    }
}
