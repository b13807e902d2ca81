//! The page: one file with everything in it, in three languages, to be read, printed and sent.
//!
//! Invariant: no script, nothing fetched; every text from outside is escaped.

use super::plot::{COLOURS, Plot};
use super::words::{doubt_words, headline, outcome, remark_words, say, shape_words};
use super::{Question, Report};
use crate::scenario::Words;
use crate::trial::{MAX_DISAGREEMENT_PERCENT, Second, Trial};
use anyhow::Result;
use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

const STYLE: &str = include_str!("page.css");

/// The whole page.
pub(super) fn page(report: &Report) -> Result<String> {
    let mut out = String::new();
    let title = headline(report);
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"kk\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{}</title><style>{STYLE}</style></head><body>",
        escape(&title.ru)
    );
    for (code, checked) in [("kk", " checked"), ("ru", ""), ("en", "")] {
        let _ = write!(
            out,
            "<input type=\"radio\" name=\"language\" id=\"{code}\"{checked}>"
        );
    }
    out.push_str(
        "<nav><label for=\"kk\">Қазақша</label><label for=\"ru\">Русский</label>\
         <label for=\"en\">English</label></nav><main>",
    );
    head(&mut out, report, &title);
    verdict(&mut out, report);
    limits(&mut out, report);
    table(&mut out, report);
    plots(&mut out, report)?;
    projections(&mut out, report);
    certificate(&mut out, report)?;
    foot(&mut out);
    out.push_str("</main></body></html>\n");
    Ok(out)
}

fn head(out: &mut String, report: &Report, title: &Words) {
    let kind = match report.question {
        Question::Run => say("Сервер сынағы", "Проверка сервера", "Server test"),
        Question::Capacity => say(
            "Сервердің сыйымдылығы",
            "Вместимость сервера",
            "Server capacity",
        ),
    };
    let class = match (report.valid, report.students) {
        (true, 0) => "no",
        (true, _) => "yes",
        (false, _) => "part",
    };
    let about = &report.scenario.about;
    let _ = write!(
        out,
        "<header><p>Homeroom · {} · {}</p><h1 class=\"{class}\">{}</h1><p>{}</p></header>",
        t(&kind),
        date(report.began_ms),
        t(title),
        t(about)
    );
    let Some(trial) = report.shown() else { return };
    out.push_str("<dl class=\"facts\">");
    let n = trial.students;
    let mut fact = |words: Words, value: String, unit: &Words| {
        let (words, unit) = (t(&words), t(unit));
        let _ = write!(
            out,
            "<div><dt>{words}</dt><dd>{value} <small>{unit}</small></dd></div>"
        );
    };
    let none = say("", "", "");
    fact(
        say(
            format!("Оқушыға 45 минуттық сабаққа ({n} оқушы)"),
            format!("На ученика за урок 45 минут ({n} учеников)"),
            format!("To a student in a lesson of 45 minutes ({n} students)"),
        ),
        figure(trial.mb_per_lesson),
        &say("МБ", "МБ", "MB"),
    );
    fact(
        say(
            "Сервердің интернет арнасы",
            "Канал сервера наружу",
            "The server's line out",
        ),
        figure(trial.kbit * trial.joined as f64 / 1e3),
        &say("Мбит/с", "Мбит/с", "Mbit/s"),
    );
    fact(
        say(
            "Дыбыс кешігуі (100 пакеттің 99-ы)",
            "Задержка голоса (99 из 100 пакетов)",
            "Delay of voices (99 of 100 packets)",
        ),
        figure(trial.voice_ms.p99),
        &say("мс", "мс", "ms"),
    );
    fact(
        say(
            "Басқаннан дыбысқа дейін (100 оқушының 95-і)",
            "От нажатия до звука (95 из 100 учеников)",
            "From a tap to sound (95 of 100 students)",
        ),
        figure(trial.sound_p95_ms / 1e3),
        &say("с", "с", "s"),
    );
    if let Some(server) = trial.server {
        fact(
            say(
                "Сервер процессоры",
                "Процессор сервера",
                "The server's processor",
            ),
            figure(server.cores),
            &say("ядро", "ядра", "cores"),
        );
        fact(
            say("Сервер жады", "Память сервера", "The server's memory"),
            figure(server.memory_mb),
            &say("МБ", "МБ", "MB"),
        );
    }
    if trial.height > 0 {
        fact(
            say("Суреттің биіктігі", "Высота картинки", "Height of pictures"),
            format!("{}p", trial.height),
            &none,
        );
    }
    out.push_str("</dl>");
}

fn verdict(out: &mut String, report: &Report) {
    heading(out, &say("Нәтиже", "Что получилось", "What came out"));
    out.push_str("<ul class=\"verdict\">");
    for trial in sorted(report) {
        let (class, mark) = class_of(trial);
        let n = trial.students;
        let count = say(
            format!("{n} оқушы"),
            format!("{n} учеников"),
            format!("{n} students"),
        );
        let what = outcome(trial, report.scenario.class.height);
        let _ = write!(
            out,
            "<li class=\"{class}\"><span class=\"mark\">{mark}</span> <b>{}</b>: {}</li>",
            t(&count),
            t(&what)
        );
    }
    out.push_str("</ul>");
    let doubts: Vec<_> = report.trials.iter().flat_map(|t| &t.doubts).collect();
    if let Some(doubt) = doubts.first() {
        let why = doubt_words(**doubt);
        let note = say(
            format!("Сынақтың бір бөлігі жарамсыз: {}.", why.kk),
            format!("Часть проверки недействительна: {}.", why.ru),
            format!("Part of this test is invalid: {}.", why.en),
        );
        let _ = write!(out, "<p class=\"note\">{}</p>", t(&note));
    }
    let mut remarks: Vec<_> = report
        .trials
        .iter()
        .flat_map(|t| t.remarks.clone())
        .collect();
    remarks.sort_unstable();
    remarks.dedup();
    for remark in remarks {
        let _ = write!(out, "<p class=\"note\">{}</p>", t(&remark_words(remark)));
    }
}

fn limits(out: &mut String, report: &Report) {
    let limits = &report.scenario.limits;
    let text = say(
        format!(
            "«Жақсы» деген мынаны білдіреді: оқушылардың {}% кірді; 100 оқушының 95-і үшін дыбыс {} секундта келді, сөздің {}%-дан азы жоғалды, сурет уақыттың {}%-дан азында қатып қалды; дыбыс {} мс-тан, сурет {} мс-тан көп кешікпеді.",
            figure(limits.joined_percent),
            figure(limits.join_ms / 1e3),
            figure(limits.concealed_percent),
            figure(limits.frozen_percent),
            figure(limits.voice_ms),
            figure(limits.picture_ms)
        ),
        format!(
            "«Хорошо» значит: вошли {} % учеников; для 95 из 100 звук появился за {} с, потеряно меньше {} % речи, картинка стояла меньше {} % времени; голос опаздывал не больше чем на {} мс, картинка — на {} мс.",
            figure(limits.joined_percent),
            figure(limits.join_ms / 1e3),
            figure(limits.concealed_percent),
            figure(limits.frozen_percent),
            figure(limits.voice_ms),
            figure(limits.picture_ms)
        ),
        format!(
            "“Well” means: {} % of the students got in; for 95 of 100 there was sound within {} s, less than {} % of the speech was missing and pictures stood still for less than {} % of the time; voices came at most {} ms late, pictures {} ms.",
            figure(limits.joined_percent),
            figure(limits.join_ms / 1e3),
            figure(limits.concealed_percent),
            figure(limits.frozen_percent),
            figure(limits.voice_ms),
            figure(limits.picture_ms)
        ),
    );
    let _ = write!(out, "<p>{}</p>", t(&text));
}

fn table(out: &mut String, report: &Report) {
    heading(out, &say("Өлшемдер", "Измерения", "Measured"));
    let columns = [
        say("Оқушы", "Учеников", "Students"),
        say("Кірді", "Вошло", "Joined"),
        say("Дыбысқа дейін, с", "До звука, с", "To sound, s"),
        say(
            "Естілмеген сөз, %",
            "Не слышно речи, %",
            "Speech missing, %",
        ),
        say(
            "Дыбыс кешігуі, мс",
            "Задержка голоса, мс",
            "Voice delay, ms",
        ),
        say("Қатып қалу, %", "Замирание, %", "Frozen, %"),
        say(
            "Сурет кешігуі, мс",
            "Задержка картинки, мс",
            "Picture delay, ms",
        ),
        say("Сурет", "Картинка", "Picture"),
        say("Жоғалған пакет, %", "Потеря пакетов, %", "Packets lost, %"),
        say("Сервер, ядро", "Сервер, ядра", "Server, cores"),
        say(
            "Оқушыға, кбит/с",
            "На ученика, кбит/с",
            "To a student, kbit/s",
        ),
    ];
    out.push_str("<div class=\"wide\"><table><thead><tr>");
    for column in &columns {
        let _ = write!(out, "<th>{}</th>", t(column));
    }
    out.push_str("</tr></thead><tbody>");
    for trial in sorted(report) {
        let (class, mark) = class_of(trial);
        let height = match trial.height {
            0 => "—".to_owned(),
            height => format!("{height}p"),
        };
        let cores = trial
            .server
            .map_or("—".to_owned(), |server| figure(server.cores));
        let cells = [
            trial.joined.to_string(),
            figure(trial.sound_p95_ms / 1e3),
            figure(
                trial
                    .concealed_p95_percent
                    .max(trial.full.concealed_percent),
            ),
            figure(trial.voice_ms.p99),
            figure(trial.frozen_p95_percent),
            figure(trial.picture_ms.p99),
            height,
            figure(trial.loss_percent),
            cores,
            figure(trial.kbit),
        ];
        let _ = write!(
            out,
            "<tr class=\"{class}\"><td><span class=\"mark\">{mark}</span> {}</td>",
            trial.students
        );
        for cell in cells {
            let _ = write!(out, "<td>{cell}</td>");
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
}

fn plots(out: &mut String, report: &Report) -> Result<()> {
    let limits = &report.scenario.limits;
    let trials: Vec<&Trial> = sorted(report)
        .into_iter()
        .filter(|t| t.seconds > 0.0)
        .collect();
    if trials.len() > 1 {
        heading(
            out,
            &say(
                "Оқушы саны өскенде",
                "С ростом числа учеников",
                "As more students come",
            ),
        );
        out.push_str("<div class=\"plots\">");
        let by = |of: &dyn Fn(&Trial) -> f64| -> Vec<(f64, f64)> {
            trials
                .iter()
                .map(|trial| (trial.students as f64, of(trial)))
                .collect()
        };
        let mut plot = |caption: &Words, keys: &[Words], limit, lines: &[Vec<(f64, f64)>]| {
            let plot = Plot {
                lines,
                has_points: true,
                limit,
                window: None,
            };
            draw(out, caption, keys, &plot)
        };
        plot(
            &say("Кешігу, мс", "Задержка, мс", "Delay, ms"),
            &[voice_99(), picture_99()],
            Some(limits.voice_ms),
            &[by(&|t| t.voice_ms.p99), by(&|t| t.picture_ms.p99)],
        )?;
        plot(
            &say("Жетпегені, %", "Чего не хватало, %", "What was missing, %"),
            &[missing_speech(), frozen(), lost()],
            Some(limits.concealed_percent),
            &[
                by(&|t| t.concealed_p95_percent),
                by(&|t| t.frozen_p95_percent),
                by(&|t| t.loss_percent),
            ],
        )?;
        plot(
            &say("Процессор, ядро", "Процессор, ядра", "Processor, cores"),
            &[server(), generator()],
            None,
            &[
                by(&|t| t.server.map_or(0.0, |server| server.cores)),
                by(&|t| t.generator.cores),
            ],
        )?;
        plot(
            &say("Арна, Мбит/с", "Канал, Мбит/с", "Line, Mbit/s"),
            &[say("барлық оқушыға", "всем ученикам", "to all students")],
            None,
            &[by(&|t| t.kbit * t.joined as f64 / 1e3)],
        )?;
        out.push_str("</div>");
    }
    if let Some(trial) = report.shown() {
        timeline(out, report, trial)?;
    }
    // Where it broke is worth seeing too.
    let broken = sorted(report)
        .into_iter()
        .find(|t| t.is_valid() && !t.is_good());
    if let Some(trial) = broken.filter(|t| {
        report
            .shown()
            .is_some_and(|shown| shown.students != t.students)
    }) {
        timeline(out, report, trial)?;
    }
    Ok(())
}

fn timeline(out: &mut String, report: &Report, trial: &Trial) -> Result<()> {
    let n = trial.students;
    let limits = &report.scenario.limits;
    heading(
        out,
        &say(
            format!("{n} оқушымен сабақтың барысы, секунд"),
            format!("Ход урока с {n} учениками, секунды"),
            format!("The lesson with {n} students, by the second"),
        ),
    );
    out.push_str("<div class=\"plots\">");
    let end = trial.timeline.last().map_or(0.0, |second| second.at);
    let window = (trial.seconds > 0.0).then_some((end - trial.seconds, end));
    let by = |of: &dyn Fn(&Second) -> f64| -> Vec<(f64, f64)> {
        trial
            .timeline
            .iter()
            .map(|second| (second.at, of(second)))
            .collect()
    };
    let mut plot = |caption: &Words, keys: &[Words], limit, lines: &[Vec<(f64, f64)>]| {
        let plot = Plot {
            lines,
            has_points: false,
            limit,
            window,
        };
        draw(out, caption, keys, &plot)
    };
    plot(
        &say("Оқушылар", "Ученики", "Students"),
        &[
            say("кірді", "вошли", "joined"),
            say(
                "дыбыс пен сурет бар",
                "есть звук и картинка",
                "have sound and pictures",
            ),
        ],
        None,
        &[by(&|s| s.joined as f64), by(&|s| s.connected as f64)],
    )?;
    plot(
        &say(
            "Дыбыс кешігуі, мс",
            "Задержка голоса, мс",
            "Delay of voices, ms",
        ),
        &[half(), most()],
        Some(limits.voice_ms),
        &[by(&|s| s.voice_ms[0]), by(&|s| s.voice_ms[1])],
    )?;
    if trial.height > 0 {
        plot(
            &say(
                "Сурет кешігуі, мс",
                "Задержка картинки, мс",
                "Delay of pictures, ms",
            ),
            &[half(), most()],
            Some(limits.picture_ms),
            &[by(&|s| s.picture_ms[0]), by(&|s| s.picture_ms[1])],
        )?;
    }
    plot(
        &say("Жетпегені, %", "Чего не хватало, %", "What was missing, %"),
        &[missing_speech(), frozen(), lost()],
        Some(limits.concealed_percent),
        &[
            by(&|s| s.concealed_percent),
            by(&|s| s.frozen_percent),
            by(&|s| s.loss_percent),
        ],
    )?;
    plot(
        &say("Процессор, ядро", "Процессор, ядра", "Processor, cores"),
        &[server(), generator()],
        None,
        &[
            by(&|s| s.server_cores.unwrap_or(0.0)),
            by(&|s| s.generator_cores),
        ],
    )?;
    plot(
        &say("Арна, Мбит/с", "Канал, Мбит/с", "Line, Mbit/s"),
        &[say("барлық оқушыға", "всем ученикам", "to all students")],
        None,
        &[by(&|s| s.mbit)],
    )?;
    out.push_str("</div>");
    Ok(())
}

fn draw(out: &mut String, caption: &Words, keys: &[Words], plot: &Plot<'_>) -> Result<()> {
    if plot.is_empty() {
        return Ok(());
    }
    let _ = write!(out, "<figure><figcaption>{}<small>", t(caption));
    for (key, colour) in keys.iter().zip(COLOURS) {
        let _ = write!(
            out,
            "<span class=\"key\" style=\"background:{colour}\"></span>{}",
            t(key)
        );
    }
    let _ = write!(out, "</small></figcaption>{}</figure>", plot.draw()?);
    Ok(())
}

fn projections(out: &mut String, report: &Report) {
    let Some(model) = &report.model else { return };
    heading(
        out,
        &say(
            "Басқа сабақтарға не керек",
            "Что нужно для других уроков",
            "What other lessons need",
        ),
    );
    let columns = [
        say("Сабақ", "Уроки", "Lessons"),
        say("Процессор, ядро", "Процессор, ядра", "Processor, cores"),
        say("Арна, Мбит/с", "Канал, Мбит/с", "Line, Mbit/s"),
        say(
            "Оқушыға, кбит/с",
            "На ученика, кбит/с",
            "To a student, kbit/s",
        ),
        say("Сабаққа, МБ", "За урок, МБ", "A lesson, MB"),
    ];
    out.push_str("<div class=\"wide\"><table><thead><tr>");
    for column in &columns {
        let _ = write!(out, "<th>{}</th>", t(column));
    }
    out.push_str("</tr></thead><tbody>");
    for shape in &model.projections {
        let words = shape_words(shape.shape, shape.lessons, shape.students);
        let mb = shape.kbit / 8.0 * 45.0 * 60.0 / 1e3;
        let _ = write!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            t(&words),
            figure(shape.cores),
            figure(shape.mbit),
            figure(shape.kbit),
            figure(mb)
        );
    }
    out.push_str("</tbody></table></div>");
    let each = figure(model.us_per_packet);
    let text = match model.error_percent {
        Some(error) => {
            let error = figure(error);
            say(
                format!(
                    "Бұл есептеу: осы процессор бір пакетке {each} мкс жұмсады. Өлшенген нүктелерден ең үлкен ауытқу {error}%."
                ),
                format!(
                    "Это расчёт: на один пакет такой процессор тратит {each} мкс. Наибольшее расхождение с измеренным — {error} %."
                ),
                format!(
                    "This is computed: such a processor spends {each} µs on a packet. What was measured is at most {error} % off."
                ),
            )
        }
        None => say(
            format!(
                "Бұл есептеу: осы процессор бір пакетке {each} мкс жұмсады. Бір ғана өлшем болғандықтан, қателігі белгісіз."
            ),
            format!(
                "Это расчёт: на один пакет такой процессор тратит {each} мкс. Измерение было одно, поэтому погрешность неизвестна."
            ),
            format!(
                "This is computed: such a processor spends {each} µs on a packet. There was one measurement, so its error is not known."
            ),
        ),
    };
    let _ = write!(out, "<p>{}</p>", t(&text));
}

fn certificate(out: &mut String, report: &Report) -> Result<()> {
    heading(out, &say("Куәлік", "Свидетельство", "Certificate"));
    out.push_str("<table class=\"seal\"><tbody>");
    let mut row = |words: Words, value: String| {
        let _ = write!(out, "<tr><td>{}</td><td>{value}</td></tr>", t(&words));
    };
    let machine = &report.machine;
    let of = format!(
        "{} · {} × · {} MB · {}",
        escape(&machine.processor),
        machine.cores,
        machine.memory_mb,
        escape(&machine.kernel)
    );
    row(
        say(
            "Жүктеме жасаған компьютер",
            "Компьютер, создавший нагрузку",
            "Load came from",
        ),
        of,
    );
    row(
        say("Бағдарлама нұсқасы", "Версия программы", "Release"),
        escape(&report.server_version),
    );
    if let Some(trial) = report.shown() {
        checks(&mut row, trial);
    }
    row(
        say(
            "Есептің іздері (SHA-256)",
            "Отпечаток отчёта (SHA-256)",
            "Digest of the report (SHA-256)",
        ),
        format!("<code>{}</code>", report.digest()?),
    );
    match report.verify() {
        Ok(statement) => {
            let key = report.seal.as_ref().map(|seal| escape(&seal.public_key));
            row(
                say("Сервер", "Сервер", "Server"),
                format!(
                    "{} · {} × · {} MB",
                    escape(&statement.processor),
                    statement.cores,
                    statement.memory_mb
                ),
            );
            row(
                say("Мөр қойылды", "Запечатано", "Sealed"),
                format!(
                    "{} · {}",
                    date(statement.sealed_ms),
                    escape(&statement.lesson)
                ),
            );
            row(
                say(
                    "Сервер кілті (Ed25519)",
                    "Ключ сервера (Ed25519)",
                    "The server's key (Ed25519)",
                ),
                format!("<code>{}</code>", key.unwrap_or_default()),
            );
        }
        Err(_) => row(
            say("Мөр", "Печать", "Seal"),
            t(&say(
                "Бұл есепте сервердің мөрі жоқ.",
                "На этом отчёте нет печати сервера.",
                "This report has no seal of the server.",
            )),
        ),
    }
    out.push_str("</tbody></table>");
    let text = say(
        "Мөр есептің осы серверде осы уақытта жасалғанын және кейін өзгертілмегенін білдіреді. Тексеру: <code>homeroom-loadtest verify report.json</code>.",
        "Печать говорит, что отчёт сделан на этом сервере в это время и потом не изменён. Проверка: <code>homeroom-loadtest verify report.json</code>.",
        "The seal says that the report was made on this server at this time and not changed since. To check it: <code>homeroom-loadtest verify report.json</code>.",
    );
    let _ = write!(out, "<p>{}</p>", raw(&text));
    Ok(())
}

/// How far independent counts agree.
fn checks(row: &mut impl FnMut(Words, String), trial: &Trial) {
    let mark = |percent: f64| match percent <= MAX_DISAGREEMENT_PERCENT {
        true => "✓",
        false => "✗",
    };
    if let Some(server) = trial.server {
        row(
            say(
                "Сервер санағымен айырма",
                "Расхождение со счётом сервера",
                "Apart from the server's own count",
            ),
            format!(
                "{} {} %",
                mark(server.disagreement_percent),
                figure(server.disagreement_percent)
            ),
        );
    }
    if let Some(kernel) = trial.kernel {
        row(
            say(
                "Жүйе ядросының санағымен айырма",
                "Расхождение со счётом ядра системы",
                "Apart from the kernel's count",
            ),
            format!(
                "{} {} %",
                mark(kernel.disagreement_percent),
                figure(kernel.disagreement_percent)
            ),
        );
    }
    if trial.full.bots > 0 {
        let bots = trial.full.bots;
        row(
            say(
                "Дыбысты нақты тыңдаған боттар",
                "Боты, слушавшие звук по-настоящему",
                "Bots that decoded all they heard",
            ),
            bots.to_string(),
        );
    }
}

fn foot(out: &mut String) {
    let text = say(
        "Оқушылар — нақты WebRTC қосылымдары бар бағдарламалар: дыбысы шынайы Opus, суреті шынайы VP8. Оқушы үйіндегі интернет пен телефон бұл сынаққа кірмейді.",
        "Ученики здесь — программы с настоящими соединениями WebRTC, настоящим звуком Opus и картинкой VP8. Домашний интернет и телефон ученика в проверку не входят.",
        "The students here are programs with real WebRTC connections, real Opus sound and VP8 pictures. A student's line at home and their phone are not part of the test.",
    );
    let _ = write!(out, "<footer><p>{}</p></footer>", t(&text));
}

fn heading(out: &mut String, words: &Words) {
    let _ = write!(out, "<h2>{}</h2>", t(words));
}

fn sorted(report: &Report) -> Vec<&Trial> {
    let mut trials: Vec<&Trial> = report.trials.iter().collect();
    trials.sort_by_key(|trial| trial.students);
    trials
}

fn class_of(trial: &Trial) -> (&'static str, &'static str) {
    if !trial.is_valid() {
        ("unknown", "?")
    } else if trial.is_good() {
        ("yes", "✓")
    } else if trial.is_good_by_voice() {
        ("part", "◐")
    } else {
        ("no", "✗")
    }
}

fn half() -> Words {
    say("жартысы бұдан аз", "половина меньше", "half are below")
}

fn most() -> Words {
    say(
        "100-ден 99-ы бұдан аз",
        "99 из 100 меньше",
        "99 of 100 are below",
    )
}

fn voice_99() -> Words {
    say("дыбыс", "голос", "voices")
}

fn picture_99() -> Words {
    say("сурет", "картинка", "pictures")
}

fn missing_speech() -> Words {
    say("естілмеген сөз", "не слышная речь", "speech not heard")
}

fn frozen() -> Words {
    say("қатып қалған сурет", "замершая картинка", "frozen pictures")
}

fn lost() -> Words {
    say("жоғалған пакет", "потерянные пакеты", "lost packets")
}

fn server() -> Words {
    say("сервер", "сервер", "server")
}

fn generator() -> Words {
    say("жүктеме жасаушы", "создатель нагрузки", "load test itself")
}

/// In three languages, of which the page shows one.
fn t(words: &Words) -> String {
    let Words { kk, ru, en } = words;
    if kk == ru && ru == en {
        return escape(kk);
    }
    let (kk, ru, en) = (escape(kk), escape(ru), escape(en));
    raw(&Words { kk, ru, en })
}

fn raw(words: &Words) -> String {
    let Words { kk, ru, en } = words;
    format!(
        "<span lang=\"kk\">{kk}</span><span lang=\"ru\">{ru}</span><span lang=\"en\">{en}</span>"
    )
}

fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

/// As many digits as a person reads.
fn figure(value: f64) -> String {
    let digits = match value.abs() {
        a if a >= 100.0 || a == 0.0 => 0,
        a if a >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// Day and minute, UTC.
fn date(ms: u64) -> String {
    let at = UNIX_EPOCH + Duration::from_millis(ms);
    let at = time::OffsetDateTime::from(at);
    format!(
        "{:02}.{:02}.{} {:02}:{:02} UTC",
        at.day(),
        u8::from(at.month()),
        at.year(),
        at.hour(),
        at.minute()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{report, trial};
    use crate::trial::Limit;

    #[test]
    fn a_page_stands_alone_and_says_everything_in_three_languages() {
        let mut report = report(vec![
            trial(100, &[], &[]),
            trial(200, &[], &[]),
            trial(400, &[Limit::Picture], &[]),
        ]);
        report.machine.processor = "<script>\"x\"".to_owned();
        let page = page(&report).expect("draws");
        for text in [
            "Бұл сервер 200 оқушыны жақсы көтереді",
            "Этот сервер хорошо выдерживает 200 учеников",
            "This server holds 200 students well",
            "voice yes, but pictures freeze",
        ] {
            assert!(page.contains(text), "{text}");
        }
        assert!(page.contains("<svg") && !page.contains("<script"));
        let outside = page.matches("http").count();
        assert_eq!(outside, page.matches("http://www.w3.org/2000/svg").count());
        let count = |lang: &str| page.matches(&format!("<span lang=\"{lang}\">")).count();
        assert_eq!((count("kk"), count("kk")), (count("ru"), count("en")));
        if let Ok(path) = std::env::var("HOMEROOM_REPORT_PAGE") {
            std::fs::write(path, page).expect("writes");
        }
    }

    #[test]
    fn figures_are_short_and_dates_are_read() {
        assert_eq!(
            (figure(0.0), figure(1.5), figure(123.4)),
            ("0".into(), "1.5".into(), "123".into())
        );
        assert_eq!(date(1_800_000_000_000), "15.01.2027 08:00 UTC");
    }
}
