//! The school around its lessons, on both databases: people, doors, rosters, and the audit's chain.

use homeroom_store::{
    Account, Actor, ApiTokenRow, ClassChange, ClassId, ClassRole, Door, LinkStand, MAX_LOGINS,
    NewClass, NewPerson, PastedLine, PeopleFilter, PersonChange, PersonId, PersonKind, SchoolError,
    StaffRole, Stamp, Store, TokenHash,
};
use sqlx::Executor;
use std::sync::atomic::{AtomicI64, Ordering};

const CLASS: ClassId = ClassId((1 << 53) - 1);
const HEAD: PersonId = PersonId(1);
const FAR_MS: u64 = 1_000_000;

const fn at(at_ms: u64) -> Stamp {
    let actor = Actor::Person(HEAD);
    Stamp { actor, at_ms }
}

fn door(token: &str) -> Door {
    let token = TokenHash::of(token);
    let expires_ms = FAR_MS;
    Door { token, expires_ms }
}

fn person(id: i64, name: &str, kind: PersonKind, login: Option<&str>) -> NewPerson {
    NewPerson {
        id: PersonId(id),
        name: name.into(),
        kind,
        account: login.map(|login| Account {
            login: login.into(),
            password_hash: "$argon2id$…".into(),
        }),
        external_id: None,
    }
}

/// A class without students, its teacher (2) and an administrator (1).
async fn school(store: &Store) {
    let people = [
        person(1, "Head", PersonKind::Admin, Some("head")),
        person(2, "Ms Omarova", PersonKind::Teacher, Some("omarova")),
    ];
    for person in &people {
        store.add_person(at(1), person).await.expect("is new");
    }
    let class = NewClass {
        id: CLASS,
        name: "9 Ә".into(),
        subject: "Физика".into(),
        external_id: Some("9A".into()),
        teacher: Some(PersonId(2)),
    };
    store.add_class(at(2), &class).await.expect("is new");
}

async fn paste(store: &Store, text: &[(&str, Option<&str>)], remove: bool) {
    static NEXT: AtomicI64 = AtomicI64::new(100);
    let line = |(line, (name, number)): (u32, &(&str, Option<&str>))| PastedLine {
        line,
        name: (*name).to_owned(),
        external_id: number.map(str::to_owned),
    };
    let lines: Vec<_> = (1..).zip(text).map(line).collect();
    let draw = || PersonId(NEXT.fetch_add(1, Ordering::Relaxed));
    let pasted = store.paste_roster(at(3), CLASS, &lines, remove, false, draw);
    pasted.await.expect("is taken");
}

async fn names(store: &Store) -> Vec<(u32, String)> {
    let roster = store.roster(CLASS).await.expect("reads");
    roster
        .into_iter()
        .map(|member| (member.number, member.name))
        .collect()
}

on_both! {
    async fn people_come_back_by_name_in_pages_and_whoever_is_sought_is_found(home: Home) {
        let store = home.open().await;
        school(&store).await;
        for (id, name) in [(11, "Тимур"), (12, "Әлия"), (13, "Азамат"), (14, "Aida 100%")] {
            let person = person(id, name, PersonKind::Student, None);
            store.add_person(at(3), &person).await.expect("is new");
        }
        let filter = PeopleFilter { limit: 2, kind: Some(PersonKind::Student), ..Default::default() };
        let first = store.people(&filter).await.expect("reads");
        let after = first.last().map(|(_, place)| place.clone());
        let second = store.people(&PeopleFilter { after, ..filter.clone() }).await.expect("reads");
        let all: Vec<_> = first.iter().chain(&second).map(|(person, _)| person.name.as_str()).collect();
        assert_eq!(all, ["Aida 100%", "Азамат", "Әлия", "Тимур"]);
        for (search, found) in [("ӘЛИ", Some("Әлия")), ("omar", Some("Ms Omarova")), ("zzz", None)] {
            let filter = PeopleFilter { limit: 9, search: search.into(), ..Default::default() };
            let people = store.people(&filter).await.expect("reads");
            assert_eq!(people.first().map(|(person, _)| person.name.as_str()), found, "{search}");
        }
    }

    async fn a_login_and_a_number_are_one_persons_and_an_administrator_stays(home: Home) {
        let store = home.open().await;
        school(&store).await;
        let twin = person(3, "X", PersonKind::Teacher, Some("omarova"));
        let refused = store.add_person(at(3), &twin).await;
        assert!(matches!(refused, Err(SchoolError::LoginTaken)), "{refused:?}");
        let numbered = |id| PersonChange { external_id: Some(Some(id)), ..Default::default() };
        store.change_person(at(3), HEAD, &numbered("T1".into())).await.expect("is free");
        let refused = store.change_person(at(3), PersonId(2), &numbered("T1".into())).await;
        assert!(matches!(refused, Err(SchoolError::ExternalIdTaken)), "{refused:?}");
        let out = PersonChange { disabled: Some(true), ..Default::default() };
        let refused = store.change_person(at(3), HEAD, &out).await;
        assert!(matches!(refused, Err(SchoolError::LastAdmin)), "{refused:?}");
        store.log_in(PersonId(2), &door("t"), 3).await.expect("is there");
        store.change_person(at(4), PersonId(2), &out).await.expect("may go");
        assert_eq!(store.logged_in(&TokenHash::of("t"), 5).await.expect("reads"), None);
        assert!(store.account("omarova").await.expect("reads").is_none());
    }

    async fn a_door_opens_until_its_time_and_once(home: Home) {
        let store = home.open().await;
        school(&store).await;
        let new = person(5, "", PersonKind::Teacher, None);
        store.invite(at(3), Err(&new), &door("i1")).await.expect("is new");
        store.invite(at(4), Ok(PersonId(5)), &door("i2")).await.expect("is there");
        let look = |token: &'static str, now_ms| {
            let store = store.clone();
            async move { store.invitation(&TokenHash::of(token), now_ms).await.is_ok() }
        };
        assert!(!look("i1", 5).await && look("i2", 5).await && !look("i2", FAR_MS).await);
        let account = Account { login: "new".into(), password_hash: "$".into() };
        let (token, login) = (TokenHash::of("i2"), door("l"));
        let accept = store.accept_invitation(&token, "Әйгерім", &account, &login, 6);
        assert_eq!(accept.await.expect("opens").login.as_deref(), Some("new"));
        assert!(!look("i2", 7).await);

        paste(&store, &[("Aida", None)], false).await;
        let draw = || ("secret", door("link"));
        let made = store.make_links(at(7), CLASS, None, false, false, draw).await.expect("makes");
        let aida = made[0].0.person;
        store.exchange_link(&TokenHash::of("link"), &door("device"), 8).await.expect("opens");
        let again = store.exchange_link(&TokenHash::of("link"), &door("other"), 9).await;
        assert!(matches!(again, Err(SchoolError::LinkUsed)), "{again:?}");
        assert_eq!(store.person(aida).await.expect("reads").link, LinkStand::Used);
        // A new link leaves the device in, unless it is to go.
        let new = || ("secret", door("link 2"));
        store.make_links(at(10), CLASS, Some(&[aida]), false, false, new).await.expect("makes");
        assert!(store.logged_in(&TokenHash::of("device"), 11).await.expect("reads").is_some());
        let new = || ("secret", door("link 3"));
        store.make_links(at(12), CLASS, Some(&[aida]), false, true, new).await.expect("makes");
        assert!(store.logged_in(&TokenHash::of("device"), 13).await.expect("reads").is_none());
    }

    async fn a_person_is_logged_in_on_so_many_pages_and_the_oldest_ends(home: Home) {
        let store = home.open().await;
        school(&store).await;
        for number in 0..=u64::from(MAX_LOGINS) {
            let door = door(&number.to_string());
            store.log_in(HEAD, &door, 10 + number).await.expect("is there");
        }
        let mut open = 0;
        for number in 0..=MAX_LOGINS {
            let token = TokenHash::of(&number.to_string());
            open += u32::from(store.logged_in(&token, 50).await.expect("reads").is_some());
        }
        assert_eq!(open, MAX_LOGINS);
        assert!(store.logged_in(&TokenHash::of("0"), 50).await.expect("reads").is_none());
        let old = store.logged_in(&TokenHash::of("9"), FAR_MS).await.expect("reads");
        assert!(old.is_none(), "its time is over");
    }

    async fn a_roster_is_pasted_corrected_and_keeps_its_places(home: Home) {
        let store = home.open().await;
        school(&store).await;
        paste(&store, &[("Тимур", Some("7")), ("Aida", None), ("Dana", None)], false).await;
        paste(&store, &[("Dana", None), ("Тимур Ким", Some("7"))], false).await;
        let kept = [(1, "Dana".into()), (2, "Тимур Ким".into()), (3, "Aida".into())];
        assert_eq!(names(&store).await, kept);
        paste(&store, &[("Тимур Ким", Some("7")), ("Olzhas", Some("8"))], true).await;
        assert_eq!(names(&store).await, [(1, "Тимур Ким".into()), (2, "Olzhas".into())]);
        let timur = store.roster(CLASS).await.expect("reads")[0].person;
        store.remove_member(at(9), CLASS, timur).await.expect("goes");
        assert_eq!(names(&store).await, [(1, "Olzhas".into())]);
        assert_eq!(store.role_in(CLASS, timur).await.expect("reads"), None);
        let teacher = Some(ClassRole::Staff(StaffRole::Teacher));
        assert_eq!(store.role_in(CLASS, PersonId(2)).await.expect("reads"), teacher);
        let over = ClassChange { archived: Some(true), ..Default::default() };
        store.change_class(at(10), CLASS, &over).await.expect("changes");
        let refused = store.make_links(at(11), CLASS, None, false, false, || ((), door("x"))).await;
        assert!(matches!(refused, Err(SchoolError::Archived)), "{refused:?}");
        assert!(store.classes_of(PersonId(2)).await.expect("reads").is_empty());
    }

    async fn changes_at_once_follow_one_another_and_the_chain_holds(home: Home) {
        let store = home.open().await;
        school(&store).await;
        let before = store.verify_audit().await.expect("reads").lines;
        let changes = (0..20).map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let person = person(1_000 + number, "X", PersonKind::Student, None);
                store.add_person(at(5), &person).await.expect("is new");
            })
        });
        for change in changes.collect::<Vec<_>>() {
            change.await.expect("does not panic");
        }
        let found = store.verify_audit().await.expect("reads");
        assert_eq!((found.lines, found.first), (before + 20, None));
    }

    async fn whatever_is_altered_in_the_audit_is_found(home: Home) {
        for (sql, first) in [
            ("UPDATE audit SET detail = 'x' WHERE number = 2", 2),
            ("UPDATE audit SET actor = 'server' WHERE number = 1", 1),
            ("DELETE FROM audit WHERE number = 2", 2),
            ("DELETE FROM audit WHERE number = 3", 3),
            ("UPDATE audit SET at_ms = at_ms + 1 WHERE number = 3", 3),
        ] {
            let store = home.open().await;
            let mut beside = home.beside().await;
            let fresh = "DELETE FROM audit; UPDATE audit_head SET number = 0, hash = ''";
            beside.execute(fresh).await.expect("is free");
            for number in 1..=3 {
                store.note(at(number), "export", "class:1", "csv").await.expect("notes");
            }
            assert_eq!(store.verify_audit().await.expect("reads").first, None);
            beside.execute(sql).await.expect("is free");
            assert_eq!(store.verify_audit().await.expect("reads").first, Some(first), "{sql}");
        }
    }

    async fn settings_and_tools_come_back(home: Home) {
        let store = home.open().await;
        school(&store).await;
        let lines = store.verify_audit().await.expect("reads").lines;
        for _ in 0..2 {
            let settings = [("school_name", "№ 12".to_owned())];
            store.change_settings(at(3), &settings).await.expect("writes");
        }
        assert_eq!(store.settings().await.expect("reads")["school_name"], "№ 12");
        assert_eq!(store.verify_audit().await.expect("reads").lines, lines + 1, "noted once");
        let row = ApiTokenRow {
            id: 9,
            name: "Kundelik".into(),
            scopes: "people:read".into(),
            created_ms: 4,
            expires_ms: Some(10),
            revoked_ms: None,
        };
        let token = TokenHash::of("tool");
        store.add_api_token(at(4), HEAD, &row, &token).await.expect("is new");
        assert_eq!(store.tool(&token, 9).await.expect("reads"), Some(row));
        assert_eq!(store.tool(&token, 10).await.expect("reads"), None);
        store.revoke_api_token(at(8), 9).await.expect("is there");
        assert_eq!(store.tool(&token, 9).await.expect("reads"), None);
        assert_eq!(store.api_tokens().await.expect("reads")[0].revoked_ms, Some(8));
    }
}
