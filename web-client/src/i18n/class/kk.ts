/**
 * What the teacher's tools and the chat say, in Kazakh.
 *
 * Invariant: says everything `en` says.
 */
import type { ClassWords } from "./en";

export const kk: ClassWords = {
  tools: "Сынып",
  muteAll: "Бәрін үнсіз ету",
  lockMicrophones: "Микрофондарды жабу",
  lockMicrophonesHint: "Тек сөз берілген адам сөйлей алады.",
  lowerAll: (count) => `Қолдарды түсіру (${count})`,
  door: "Кіру және чат",
  lobby: "Күту бөлмесі",
  lobbyHint: "Қонақтар сіз кіргізгенше күтеді.",
  lockLesson: "Кіруді жабу",
  lockLessonHint: "Жаңадан ешкім кіре алмайды.",
  chatRule: "Оқушылар кімге жаза алады",
  chatRules: { everyone: "барлығына", teachers_only: "тек мұғалімге", off: "ешкімге" },

  menuOf: (name) => `Әрекеттер: ${name}`,
  mute: "Микрофонын өшіру",
  giveFloor: "Сөз беру",
  giveFloorTo: (name) => `Сөз беру: ${name}`,
  takeFloor: "Сөзді қайтарып алу",
  takeFloorFrom: (name) => `Сөзді қайтарып алу: ${name}`,
  lowerHand: "Қолын түсіру",
  allowSharing: "Көрсетуге рұқсат",
  allowSharingFor: (name) => `Көрсетуге рұқсат: ${name}`,
  remove: "Сабақтан шығару",
  removeAsk: (name) =>
    `${name} сабақтан шығарылсын ба? Сіз рұқсат бермесеңіз, бұл сабаққа қайта кіре алмайды.`,
  removeYes: "Шығару",
  cancel: "Болдырмау",
  removed: "Шығарылғандар",
  readmit: "Қайта кіргізу",
  readmitOne: (name) => `Қайта кіргізу: ${name}`,

  waiting: (names, count) =>
    count === 1 ? `${names} кіруге рұқсат күтіп тұр` : `${count} адам күтіп тұр: ${names}`,
  andMore: (count) => `және тағы ${count}`,
  admit: "Кіргізу",
  admitOne: (name) => `Кіргізу: ${name}`,
  admitAll: "Барлығын кіргізу",
  oneByOne: "Бір-бірлеп",
  turnAway: "Қазір емес",
  turnAwayOne: (name) => `Қазір емес: ${name}`,
  waitingFor: (minutes) => (minutes < 1 ? "жаңа ғана" : `${minutes} мин`),

  programs: {
    title: "OBS арқылы трансляция",
    hint: "OBS немесе басқа бағдарлама сабаққа өз бейнесі мен дыбысын жібереді.",
    server: "Сервер (WHIP)",
    key: "Трансляция кілті",
    keyHint:
      "OBS-та: «Баптаулар» → «Трансляция» → WHIP қызметі; кілтті «Bearer Token» өрісіне жазыңыз. Ол басқа ештеңені ашпайды.",
    makeKey: "Кілт жасау",
    keyElsewhere: (time) =>
      `Кілт жасалған уақыт: ${time}. Оны тек жасалған жерінен көруге болады; жоғалса, жаңасын жасаңыз.`,
    newKey: "Жаңа кілт",
    newKeyAsk: "Бұрынғы кілт бірден жарамсыз болады, онымен қосылған бағдарламалар ажыратылады.",
    show: "Көрсету",
    hide: "Жасыру",
    copy: "Көшіру",
    player: "Залдағы экран үшін (WHEP)",
    playerHint: "Сабақты залда көрсететін бағдарламаға осы мекенжай мен сол кілт керек.",
    nobody: "Бірде-бір бағдарлама қосылмаған.",
    publishing: (name, time) => `${name}: трансляция жүріп жатыр, басталғаны ${time}`,
    playing: (name, time) => `${name}: сабақты көрсетіп тұр, басталғаны ${time}`,
  },

  chat: {
    empty: "Әзірге хабарлама жоқ.",
    log: "Хабарламалар",
    write: "Хабарлама",
    to: "Кімге",
    everyone: "Барлығына",
    teachers: "Мұғалімге",
    colleagues: "Тек мұғалімдерге",
    toTeachers: "мұғалімге",
    you: "Сіз",
    send: "Жіберу",
    left: (count) => `${count} таңба қалды`,
    remove: (name) => `Хабарламаны өшіру: ${name}`,
    removeYes: "Өшіру",
    newest: "Жаңа хабарламалар",
    closed: "Мұғалім чатты жапты.",
    onlyTeachers: "Жазғаныңызды тек мұғалім көреді.",
    state: {
      waits: "Байланыс қалпына келгенде жіберіледі",
      sent: "Жіберілуде…",
      failed: "Жіберілмеді",
    },
    again: "Қайта жіберу",
    discard: "Алып тастау",
    observer: "Сіз мұнда бақылаушысыз.",
  },
};
