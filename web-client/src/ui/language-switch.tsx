/**
 * The language switch, on every screen.
 *
 * Invariant: each language is named in itself.
 */
import type { Language } from "../i18n";
import { LANGUAGES, language, setLanguage, t } from "../i18n";

export function LanguageSwitch() {
  const current = LANGUAGES.find(({ code }) => code === language.value);
  return (
    <div class="language">
      <span aria-hidden="true">{current?.short}</span>
      <select
        aria-label={t.value.language}
        value={language.value}
        onChange={(event) => setLanguage(event.currentTarget.value as Language)}
      >
        {LANGUAGES.map(({ code, name }) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
