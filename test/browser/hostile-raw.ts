/** Raw objects with hostile texts in every field that reaches a page, a spreadsheet or a terminal. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HOUR_MS } from '#lake/days.ts';
import { ndjson, rawKey, SENT, sesBounce, sesClick, sesDelivery, sesOpen, sesSend } from '#test/records.ts';

/** What would do something if a page, a spreadsheet or a terminal took it for more than text. */
export const HOSTILE = {
  markup: '"><script>document.title="owned"</script><img src=x onerror=alert(1)>',
  formula: `=HYPERLINK("https://evil.example/","click")`,
  ansi: '\x1b[2J\x1b[31mred\x07\u202egnp.exe',
  address: 'javascript:alert(document.domain)//"><svg onload=alert(2)>',
  remote: 'https://evil.example/pixel.png?"><link rel=stylesheet href=https://evil.example/x.css>',
} as const;

const MAILS = 60;

/** Raw objects of a sender whose subjects, tags, links and answers are hostile. */
export function writeHostileRaw(folder: string): void {
  const texts = Object.values(HOSTILE);
  const records = Array.from({ length: MAILS }, (_, i) => {
    const text = texts[i % texts.length] ?? '';
    const parts = {
      messageId: `m${i}`,
      to: [`reader${i}@gmail.com`],
      tags: { campaign: [text], treatment: [i % 2 === 0 ? text : 'control'] },
    };
    if (i % 6 === 0) return [sesSend(parts), answered(sesBounce(parts), text)];
    return [
      sesSend(parts),
      sesDelivery(parts),
      sesOpen({ ...parts, at: SENT + HOUR_MS }),
      sesClick({ ...parts, at: SENT + 3_700_000, link: text }),
    ];
  });
  const subjects = records.flat().map((record, i) => titled(record, texts[i % texts.length] ?? ''));
  const path = join(folder, rawKey(SENT + 7_200_000, 'hostile'));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, ndjson(...subjects));
}

const titled = (record: object, subject: string): object =>
  JSON.parse(JSON.stringify(record).replaceAll('"Hello"', JSON.stringify(subject)));

const answered = (record: object, text: string): object =>
  JSON.parse(
    JSON.stringify(record).replaceAll('"smtp; 550 5.1.1 no such mailbox"', JSON.stringify(`smtp; 550 5.1.1 ${text}`)),
  );
