/**
 * The page's entry: draws the app and tells the browser its language.
 *
 * Invariant: everything is loaded from the server that served the page.
 */
import { render } from "preact";
import { tellTheBrowser } from "./i18n";
import "./styles/tokens.css";
import "./styles/controls.css";
import "./styles/pages.css";
import "./styles/lesson.css";
import "./styles/panel.css";
import { App } from "./ui/app";

tellTheBrowser();
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
