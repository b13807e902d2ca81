/**
 * One photograph per language and size of what a page shows now.
 *
 * Invariant: the page is left in English.
 */
import { join } from "node:path";

const LANGUAGES = ["kk", "ru", "en"];
const SIZES = { phone: [360, 640], desktop: [1280, 800] };

export async function photograph(person, folder, name, { fullPage = false } = {}) {
  const { page } = person;
  for (const [size, [width, height]] of Object.entries(SIZES)) {
    await page.setViewport({ width, height });
    for (const language of LANGUAGES) {
      await person.speaks(language);
      await page.screenshot({ path: join(folder, `${name}-${size}-${language}.png`), fullPage });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (over > 0) console.warn(`${name} (${size}, ${language}) is ${over} px too wide`);
    }
  }
  await person.speaks("en");
}
