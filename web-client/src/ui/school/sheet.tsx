/**
 * The sheet to print and cut: a card per student with name, code and what to do with it.
 *
 * Invariant: a card is never torn by the end of a page; the cards speak the school's language,
 * whatever the page does.
 */
import { useState } from "preact/hooks";
import { LANGUAGES } from "../../i18n";
import { words, wordsIn } from "../../i18n/school";
import type { Language, LinkSheet, PersonalLink } from "../../school-protocol";
import { Choice, Go, Qr, Title } from "./parts";
import { classPath } from "./routes";
import type { Staff } from "./staff";

/** Three beside each other, four below: what A4 holds at a size that old phones still read. */
const CARDS_PER_PAGE = 12;

const NAMES = LANGUAGES.map(({ code, name }) => [code, name] as const);

interface SheetProps {
  readonly staff: Staff;
  readonly sheet: LinkSheet;
  /** Puts this one away and asks which links to make. */
  readonly other: () => void;
}

export function Sheet({ staff, sheet, other }: SheetProps) {
  const [language, setLanguage] = useState<Language>(staff.me.language);
  const text = words.value;
  return (
    <>
      <div class="no-print">
        <Title over={sheet.class_name} text={text.sheetTitle(sheet.links.length)} />
        <p class="hint first sheet-hint">{text.sheetHint}</p>
        <div class="sheet-tools">
          <button type="button" class="button primary" onClick={() => window.print()}>
            {text.print}
          </button>
          <Choice
            label={text.sheetLanguage}
            value={language}
            options={NAMES}
            onChange={setLanguage}
            quiet
          />
          <button type="button" class="button" onClick={other}>
            {text.otherLinks}
          </button>
          <Go to={classPath(sheet.class)}>{text.backToClass}</Go>
        </div>
      </div>
      {sheet.links.length === 0 && <p class="hint no-print">{text.noLinksMade}</p>}
      <div
        class="sheet"
        lang={language}
        aria-label={text.sheetTitle(sheet.links.length)}
        role="group"
      >
        {pagesOf(sheet.links).map((cards) => (
          <ul key={cards[0]?.person} class="sheet-page">
            {cards.map((link) => (
              <Card
                key={link.person}
                link={link}
                school={staff.me.school}
                className={sheet.class_name}
                language={language}
              />
            ))}
          </ul>
        ))}
      </div>
    </>
  );
}

interface CardProps {
  readonly link: PersonalLink;
  readonly school: string;
  readonly className: string;
  readonly language: Language;
}

function Card({ link, school, className, language }: CardProps) {
  const text = wordsIn(language);
  return (
    <li class="sheet-card">
      <strong class={link.name.length > 28 ? "long" : undefined}>{link.name}</strong>
      <span class="sheet-class">
        {[className, school].filter((part) => part !== "").join(" · ")}
      </span>
      <Qr qr={link.qr} label={text.qrOf(link.name)} />
      <span class="sheet-how">{text.howToUse}</span>
      <span class="sheet-once">{text.onlyYours}</span>
    </li>
  );
}

function pagesOf(links: readonly PersonalLink[]): PersonalLink[][] {
  const pages: PersonalLink[][] = [];
  for (let at = 0; at < links.length; at += CARDS_PER_PAGE) {
    pages.push(links.slice(at, at + CARDS_PER_PAGE));
  }
  return pages;
}
