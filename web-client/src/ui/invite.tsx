/**
 * How students get in: the link, its QR code, the short code.
 *
 * Invariant: shows nothing that a student may not know.
 */
import { useEffect, useState } from "preact/hooks";
import { lessonInfo, qrUrl } from "../api";
import { t } from "../i18n";
import type { LessonCode } from "../protocol";
import { Icon } from "./icons";

const COPIED_MS = 2_000;

export function Invite({ code }: { code: LessonCode }) {
  const joinUrl = useJoinUrl(code);
  const [copied, setCopied] = useState(false);

  async function copy(): Promise<void> {
    if (!(await copyText(joinUrl))) return;
    setCopied(true);
    setTimeout(() => setCopied(false), COPIED_MS);
  }

  return (
    <div class="invite">
      <img class="qr" src={qrUrl(code)} alt={t.value.qrCode} width="148" height="148" />
      <div class="invite-text">
        <p class="code" translate={false}>
          <span class="visually-hidden">{t.value.lessonCode}: </span>
          {code}
        </p>
        <input
          class="link"
          type="text"
          readOnly
          value={joinUrl}
          aria-label={t.value.lessonLink}
          onFocus={(event) => event.currentTarget.select()}
        />
        <button type="button" class="button" onClick={copy}>
          <Icon name={copied ? "check" : "copy"} />
          <span aria-live="polite">{copied ? t.value.copied : t.value.copyLink}</span>
        </button>
        <p class="hint">{t.value.inviteHint}</p>
      </div>
    </div>
  );
}

/** The server knows which address students can reach; ours may be `localhost`. */
function useJoinUrl(code: LessonCode): string {
  const [joinUrl, setJoinUrl] = useState("");
  useEffect(() => {
    void lessonInfo(code).then((answer) => {
      setJoinUrl(answer.ok ? answer.value.join_url : `${window.location.origin}/l/${code}`);
    });
  }, [code]);
  return joinUrl;
}

/** On a page without https there is no clipboard; the selected link can still be copied by hand. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    document.querySelector<HTMLInputElement>("input.link")?.select();
    return document.execCommand("copy");
  }
}
