//! What a report says, in Kazakh, Russian and English: for a headmaster, not for an engineer.
//!
//! Invariant: every sentence stands in all three languages side by side, with the same figures.

use super::model::Shape;
use super::{Question, Report};
use crate::scenario::Words;
use crate::trial::{Doubt, Limit, Meanwhile, Remark, Trial};

/// The same in three languages.
pub(super) fn say(kk: impl Into<String>, ru: impl Into<String>, en: impl Into<String>) -> Words {
    Words {
        kk: kk.into(),
        ru: ru.into(),
        en: en.into(),
    }
}

/// The answer in one line.
pub(super) fn headline(report: &Report) -> Words {
    let n = report.students;
    if !report.valid {
        return match n {
            0 => say(
                "Бұл сынақтан қорытынды шығаруға болмайды",
                "По этой проверке нельзя сделать вывод",
                "This test does not allow a conclusion",
            ),
            _ => say(
                format!("Кемінде {n} оқушы; одан көбін бұл сынақ көрсете алмады"),
                format!("Не менее {n} учеников; больше эта проверка показать не смогла"),
                format!("At least {n} students; this test could not show more"),
            ),
        };
    }
    match (report.question, n) {
        (_, 0) => say(
            "Бұл сервер мұндай сабақты көтере алмайды",
            "Этот сервер такой урок не выдерживает",
            "This server does not hold such a lesson",
        ),
        (Question::Run, n) => say(
            format!("Иә: {n} оқушы жақсы естиді және көреді"),
            format!("Да: {n} учеников хорошо слышат и видят"),
            format!("Yes: {n} students hear and see well"),
        ),
        (Question::Capacity, n) => say(
            format!("Бұл сервер {n} оқушыны жақсы көтереді"),
            format!("Этот сервер хорошо выдерживает {n} учеников"),
            format!("This server holds {n} students well"),
        ),
    }
}

/// A line for each number of students that was tried, the smallest first.
pub(super) fn verdict(report: &Report) -> Vec<Words> {
    let mut trials: Vec<&Trial> = report.trials.iter().collect();
    trials.sort_by_key(|trial| trial.students);
    let wanted = report.scenario.class.height;
    trials
        .into_iter()
        .map(|trial| line(trial, wanted))
        .collect()
}

fn line(trial: &Trial, wanted: u16) -> Words {
    let n = trial.students;
    let what = outcome(trial, wanted);
    say(
        format!("{n} оқушы: {}", what.kk),
        format!("{n} учеников: {}", what.ru),
        format!("{n} students: {}", what.en),
    )
}

/// What became of so many students.
pub(super) fn outcome(trial: &Trial, wanted: u16) -> Words {
    if let Some(doubt) = trial.doubts.first() {
        let why = doubt_words(*doubt);
        return say(
            format!("белгісіз, себебі {}", why.kk),
            format!("неизвестно: {}", why.ru),
            format!("unknown: {}", why.en),
        );
    }
    let height = trial.height;
    let is_small = height > 0 && u32::from(height) * 2 <= u32::from(wanted);
    if trial.is_good() {
        return if is_small {
            say(
                format!("иә, сурет {height}p дейін кішірейді"),
                format!("да, картинка уменьшена до {height}p"),
                format!("yes, with pictures at {height}p"),
            )
        } else {
            say("иә", "да", "yes")
        };
    }
    let limits = &trial.limits_hit;
    let all = |of: fn(&Words) -> &String| {
        let words = limits.iter().map(|limit| of(&limit_words(*limit)).clone());
        words.collect::<Vec<_>>().join("; ")
    };
    let (kk, ru, en) = (all(|w| &w.kk), all(|w| &w.ru), all(|w| &w.en));
    if trial.is_good_by_voice() {
        return say(
            format!("дыбыс иә, бірақ {kk}"),
            format!("голос да, но {ru}"),
            format!("voice yes, but {en}"),
        );
    }
    say(
        format!("жоқ: {kk}"),
        format!("нет: {ru}"),
        format!("no: {en}"),
    )
}

/// What went wrong, for a person.
pub(super) fn limit_words(limit: Limit) -> Words {
    match limit {
        Limit::Joined => say(
            "бәрі кіре алмады немесе ештеңе естімеді",
            "не все смогли войти и услышать",
            "not everybody got in and heard",
        ),
        Limit::JoinTime => say(
            "кіру тым ұзаққа созылды",
            "вход занимает слишком много времени",
            "joining takes too long",
        ),
        Limit::Voice => say(
            "дыбыстың бір бөлігі естілмейді",
            "часть речи не слышна",
            "part of the speech is not heard",
        ),
        Limit::VoiceDelay => say(
            "дыбыс кешігіп жетеді",
            "голос запаздывает",
            "voices come late",
        ),
        Limit::Loss => say("пакеттер жоғалады", "теряются пакеты", "packets are lost"),
        Limit::Picture => say("сурет қатып қалады", "картинка замирает", "pictures freeze"),
        Limit::PictureDelay => say(
            "сурет кешігіп жетеді",
            "картинка запаздывает",
            "pictures come late",
        ),
        Limit::Sharpness => say(
            "сурет кішірейіп кетеді",
            "картинка становится мелкой",
            "pictures become small",
        ),
        Limit::Wrong => say(
            "бөтен немесе бүлінген дыбыс пен сурет келеді",
            "приходят чужие или испорченные звук и картинка",
            "foreign or broken sound and pictures arrive",
        ),
    }
}

/// Why a run proves nothing.
pub(super) fn doubt_words(doubt: Doubt) -> Words {
    match doubt {
        Doubt::GeneratorBusy => say(
            "жүктеме жасаушы компьютердің қуаты жетпеді",
            "не хватило мощности компьютера, создающего нагрузку",
            "the computer that makes the load had no power left",
        ),
        Doubt::GeneratorLate => say(
            "жүктеме жасаушы компьютер үлгермеді",
            "компьютер, создающий нагрузку, не успевал",
            "the computer that makes the load did not keep up",
        ),
        Doubt::GeneratorDropped => say(
            "жүктеме жасаушы компьютер пакеттерді өзі жоғалтты",
            "компьютер, создающий нагрузку, сам терял пакеты",
            "the computer that makes the load lost packets itself",
        ),
        Doubt::Others => say(
            "бұл компьютерде сол кезде басқа бағдарламалар да жұмыс істеді",
            "на этом компьютере в то же время работали другие программы",
            "other programs used this computer at the same time",
        ),
        Doubt::Interrupted => say(
            "сынақ тоқтатылды",
            "проверка была прервана",
            "the test was interrupted",
        ),
    }
}

/// What should be known.
pub(super) fn remark_words(remark: Remark) -> Words {
    match remark {
        Remark::Others => say(
            "Сынақ кезінде бұл компьютерде басқа бағдарламалар да жұмыс істеді: нақты мүмкіндік одан жоғары болуы мүмкін.",
            "Во время проверки на компьютере работали и другие программы: настоящая вместимость может быть выше.",
            "Other programs used the computer during the test: the real capacity may be higher.",
        ),
        Remark::NoServerCost => say(
            "Сервер өз шығыны туралы айтпады (оны тек өз компьютеріне айтады).",
            "Сервер не сообщил о своём расходе (он сообщает его только своему компьютеру).",
            "The server did not say what it used (it tells only its own computer).",
        ),
        Remark::SharedCores => say(
            "Жүктеме мен сервер бір процессорды бөлісті: нақты мүмкіндік одан жоғары.",
            "Нагрузка и сервер делили один процессор: настоящая вместимость выше.",
            "Load and server shared the processor: the real capacity is higher.",
        ),
        Remark::Strained => say(
            "Жүктеме жасаушы компьютер шегіне жақын жұмыс істеді, соған қарамастан бәрі жақсы өтті: оның кешігуі серверге тек зиян келтіре алады.",
            "Компьютер, создающий нагрузку, работал почти на пределе, и всё равно всё прошло хорошо: его опоздания могли только ухудшить результат.",
            "The computer that makes the load was near its own limits, and all went well in spite of it: its delays can only make a server look worse.",
        ),
    }
}

/// What was done to the lesson while it was measured, a sentence for each.
pub(super) fn meanwhile_words(meanwhile: &Meanwhile) -> Vec<Words> {
    let Meanwhile {
        passers,
        turned_away,
        hands,
        told: _,
        rubbish,
    } = *meanwhile;
    let mut sentences = Vec::new();
    match (passers, turned_away) {
        (0, _) => {}
        (_, 0) => sentences.push(say(
            format!("Сол уақытта тағы {passers} оқушы кіріп-шықты, бәріне дыбыс жетті."),
            format!("За это время пришли и ушли ещё {passers} учеников, звук был у всех."),
            format!("Meanwhile {passers} more students came and went, and all of them had sound."),
        )),
        _ => sentences.push(say(
            format!(
                "Сол уақытта тағы {passers} оқушы кіріп-шықты. Кіре алмағаны немесе ештеңе естімегені: {turned_away}."
            ),
            format!(
                "За это время пришли и ушли ещё {passers} учеников. Не смогли войти или ничего не услышали: {turned_away}."
            ),
            format!(
                "Meanwhile {passers} more students came and went. Who did not get in or heard nothing: {turned_away}."
            ),
        )),
    }
    if hands > 0 {
        sentences.push(say(
            format!("Сол уақытта қол {hands} рет көтеріліп не түсірілді."),
            format!("За это время руки поднимали и опускали {hands} раз."),
            format!("Meanwhile hands went up or down {hands} times."),
        ));
    }
    if rubbish > 0 {
        sentences.push(say(
            format!("Сол уақытта бұзық клиенттер {rubbish} рет қосылып, қоқыс жіберді."),
            format!("За это время вредные клиенты подключились {rubbish} раз и слали мусор."),
            format!("Meanwhile hostile clients connected {rubbish} times and sent rubbish."),
        ));
    }
    sentences
}

/// Who had to come twice, where anybody had.
pub(super) fn returned_words(returned: usize) -> Option<Words> {
    (returned > 0).then(|| {
        say(
            format!(
                "Сервер кейбір оқушылардан сәл күте тұруды сұрап, сосын кіргізді: {returned}. Олардың күткені кіру уақытына қосылған."
            ),
            format!(
                "Некоторых учеников сервер попросил чуть подождать и потом впустил: {returned}. Их ожидание учтено во времени входа."
            ),
            format!(
                "The server asked some students to wait a moment and then let them in: {returned}. Their wait counts in the times of joining."
            ),
        )
    })
}

/// A shape of lessons.
pub(super) fn shape_words(shape: Shape, lessons: usize, students: usize) -> Words {
    match shape {
        Shape::Lecture => say(
            format!("Дәріс, {students} тыңдаушы, сурет 720p"),
            format!("Лекция, {students} слушателей, картинка 720p"),
            format!("Lecture, {students} listeners, picture 720p"),
        ),
        Shape::Classes => say(
            format!("{lessons} сабақ × {students} оқушы, сурет 360p"),
            format!("{lessons} уроков × {students} учеников, картинка 360p"),
            format!("{lessons} lessons × {students} students, picture 360p"),
        ),
        Shape::Seminar if lessons == 1 => say(
            format!("Семинар, {students} оқушы, экранда 9 сурет"),
            format!("Семинар, {students} учеников, 9 картинок на экране"),
            format!("Seminar, {students} students, 9 pictures on screen"),
        ),
        Shape::Seminar => say(
            format!("{lessons} семинар × {students} оқушы, экранда 9 сурет"),
            format!("{lessons} семинаров × {students} учеников, 9 картинок на экране"),
            format!("{lessons} seminars × {students} students, 9 pictures on screen"),
        ),
        Shape::Audio => say(
            format!("Тек дыбыс, {students} тыңдаушы"),
            format!("Только голос, {students} слушателей"),
            format!("Voice only, {students} listeners"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{report, trial};

    #[track_caller]
    fn check(trial: &Trial, en: &str) {
        assert_eq!(outcome(trial, 720).en, en);
    }

    #[test]
    fn each_number_gets_a_plain_sentence() {
        check(&trial(300, &[], &[]), "yes");
        let mut small = trial(500, &[], &[]);
        small.height = 360;
        check(&small, "yes, with pictures at 360p");
        let frozen = trial(500, &[Limit::Picture], &[]);
        check(&frozen, "voice yes, but pictures freeze");
        let bad = trial(800, &[Limit::Voice, Limit::Picture], &[]);
        check(&bad, "no: part of the speech is not heard; pictures freeze");
        let doubtful = trial(800, &[Limit::Voice], &[Doubt::GeneratorBusy]);
        assert!(outcome(&doubtful, 720).en.starts_with("unknown: "));
    }

    #[test]
    fn what_went_on_beside_a_lesson_is_said_where_something_did() {
        let said = |meanwhile: Meanwhile| {
            let sentences = meanwhile_words(&meanwhile).into_iter();
            sentences.map(|words| words.en).collect::<Vec<_>>()
        };
        let told = Meanwhile {
            told: 9,
            ..Meanwhile::default()
        };
        assert!(said(told).is_empty());
        let of = |turned_away| Meanwhile {
            passers: 50,
            turned_away,
            rubbish: 7,
            ..told
        };
        assert!(said(of(0))[0].ends_with("all of them had sound."));
        assert!(said(of(3))[0].ends_with("heard nothing: 3."));
        assert_eq!(said(of(0)).len(), 2);
    }

    #[test]
    fn who_had_to_wait_at_the_door_is_told_of() {
        assert_eq!(returned_words(0), None);
        let Words { kk, ru, en } = returned_words(26).expect("is said");
        assert!([kk, ru, en].iter().all(|text| text.contains("26")));
    }

    #[test]
    fn the_smallest_number_comes_first_and_the_headline_has_the_answer() {
        let bad = trial(500, &[Limit::Picture], &[]);
        let report = report(vec![trial(300, &[], &[]), bad, trial(400, &[], &[])]);
        let lines: Vec<String> = verdict(&report).into_iter().map(|line| line.en).collect();
        assert_eq!(lines[0], "300 students: yes");
        assert_eq!(lines[2], "500 students: voice yes, but pictures freeze");
        let Words { kk, ru, en } = headline(&report);
        assert!([kk, ru, en].iter().all(|text| text.contains("400")));
    }
}
