/**
 * What the teacher's tools and the chat say, in Russian.
 *
 * Invariant: says everything `en` says.
 */
import type { ClassWords } from "./en";

export const ru: ClassWords = {
  tools: "Класс",
  muteAll: "Заглушить всех",
  lockMicrophones: "Закрыть микрофоны",
  lockMicrophonesHint: "Говорить может только тот, кому дали слово.",
  lowerAll: (count) => `Опустить все руки (${count})`,
  door: "Вход и чат",
  lobby: "Зал ожидания",
  lobbyHint: "Гости ждут, пока вы их не впустите.",
  lockLesson: "Закрыть вход",
  lockLessonHint: "Никто новый не войдёт.",
  chatRule: "Ученики могут писать",
  chatRules: { everyone: "всем", teachers_only: "только учителю", off: "никому" },

  menuOf: (name) => `Действия: ${name}`,
  mute: "Выключить микрофон",
  giveFloor: "Дать слово",
  giveFloorTo: (name) => `Дать слово: ${name}`,
  takeFloor: "Забрать слово",
  takeFloorFrom: (name) => `Забрать слово: ${name}`,
  lowerHand: "Опустить руку",
  allowSharing: "Разрешить показ",
  allowSharingFor: (name) => `Разрешить показ: ${name}`,
  remove: "Удалить с урока",
  removeAsk: (name) =>
    `Удалить с урока: ${name}? Вернуться на этот урок можно будет, только если вы впустите снова.`,
  removeYes: "Удалить",
  cancel: "Отмена",
  removed: "Удалены",
  readmit: "Впустить снова",
  readmitOne: (name) => `Впустить снова: ${name}`,

  waiting: (names, count) =>
    count === 1 ? `Хочет войти: ${names}` : `Ждут входа (${count}): ${names}`,
  andMore: (count) => `и ещё ${count}`,
  admit: "Впустить",
  admitOne: (name) => `Впустить: ${name}`,
  admitAll: "Впустить всех",
  oneByOne: "По одному",
  turnAway: "Не сейчас",
  turnAwayOne: (name) => `Не сейчас: ${name}`,
  waitingFor: (minutes) => (minutes < 1 ? "только что" : `${minutes} мин`),

  programs: {
    title: "Трансляция из OBS",
    hint: "OBS или другая программа передаёт на урок своё изображение и звук.",
    server: "Сервер (WHIP)",
    key: "Ключ потока",
    keyHint:
      "В OBS: «Настройки» → «Трансляция» → сервис WHIP; ключ — в поле «Bearer Token». Ничего другого он не открывает.",
    makeKey: "Создать ключ",
    keyElsewhere: (time) =>
      `Ключ создан в ${time}. Его видно только там, где его создали; если он потерян, создайте новый.`,
    newKey: "Новый ключ",
    newKeyAsk: "Прежний ключ сразу перестанет действовать, и программы с ним отключатся.",
    show: "Показать",
    hide: "Скрыть",
    copy: "Скопировать",
    player: "Для экрана в зале (WHEP)",
    playerHint: "Программе, которая показывает урок в зале, нужны этот адрес и тот же ключ.",
    nobody: "Ни одна программа не подключена.",
    publishing: (name, time) => `${name}: трансляция идёт с ${time}`,
    playing: (name, time) => `${name}: показывает урок с ${time}`,
  },

  chat: {
    empty: "Сообщений пока нет.",
    log: "Сообщения",
    write: "Сообщение",
    to: "Кому",
    everyone: "Всем",
    teachers: "Учителю",
    colleagues: "Только учителям",
    toTeachers: "учителю",
    you: "Вы",
    send: "Отправить",
    left: (count) => `осталось ${count}`,
    remove: (name) => `Удалить сообщение: ${name}`,
    removeYes: "Удалить",
    newest: "Новые сообщения",
    closed: "Учитель закрыл чат.",
    onlyTeachers: "То, что вы пишете, видит только учитель.",
    state: {
      waits: "Отправится, когда вернётся связь",
      sent: "Отправляется…",
      failed: "Не отправлено",
    },
    again: "Отправить снова",
    discard: "Убрать",
    observer: "Вы здесь наблюдатель.",
  },
};
