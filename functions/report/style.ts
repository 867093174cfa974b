/** The page's only style sheet. Colours are named by what they mean, so that a chart never holds one itself. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --surface: #ffffff; --text: #1c1b1a; --muted: #5e5a55; --line: #e4e2de; --axis: #a8a49d;
  --accent: #1f5f9e; --alarm: #b3261e; --alarm-soft: #fdf0ee; --good: #1e6b3c; --warn: #8a5300;
  --delivered: #3f7cb8; --bounced: #d99a2b; --open: #c6c2bb; --hard: #c0392b; --complaint: #7d4fb5; --opened: #1d7f78;
  --clicked: #b0561a; --p50: #12385e; --p90: #3f7cb8; --p99: #d99a2b; --unsubscribed: #75706a; --sent: #55606c;
  --heat-0: #e9edf1; --heat-1: #eeece0; --heat-2: #f2e7c9; --heat-3: #f0d594; --heat-4: #e9a955; --heat-5: #d2603a;
  --heat-6: #8e1b2c;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #131416; --surface: #1b1d20; --text: #e9e7e3; --muted: #a9a59e; --line: #303338; --axis: #62666d;
    --accent: #86b9ec; --alarm: #ff8f82; --alarm-soft: #2e1c1b; --good: #74cf97; --warn: #e9b45e;
    --delivered: #5b9bd9; --bounced: #d9a441; --open: #4d5158; --hard: #f0776a; --complaint: #b792ea; --opened: #4fbfb5;
    --clicked: #e59a60; --p50: #cfe4fa; --p90: #5b9bd9; --p99: #d9a441; --unsubscribed: #a19b93; --sent: #a8b3bf;
    --heat-0: #24272b; --heat-1: #2f302d; --heat-2: #403b2b; --heat-3: #5a4a26; --heat-4: #8a6226; --heat-5: #cd5a36;
    --heat-6: #ff8d86;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto,
  "Helvetica Neue", Arial, sans-serif; }
header, main, footer { max-width: 976px; margin: 0 auto; padding: 0 32px; }
header { padding-top: 40px; }
h1 { font-size: 1.9rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; margin: 0 0 6px; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; line-height: 1.3; font-weight: 650; margin: 0 0 12px; letter-spacing: -0.005em; }
h3 { font-size: 0.95rem; line-height: 1.35; font-weight: 600; margin: 0; }
p { margin: 0 0 10px; }
p, li, bdi { overflow-wrap: anywhere; }
section { margin: 44px 0 0; }
a { color: var(--accent); text-underline-offset: 3px; }
code { font: 0.875em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.period, .note, .description, .of, footer { color: var(--muted); }
.period strong { color: var(--text); font-weight: 600; }
.note, .description { font-size: 0.875rem; max-width: 90ch; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 16px; top: 12px; background: var(--surface); padding: 6px 12px; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 14px 0 0; padding: 10px 0;
  border-block: 1px solid var(--line); font-size: 0.875rem; }
nav a { text-decoration: none; display: inline-block; padding: 3px 0; }
nav a:hover { text-decoration: underline; }

.incidents { list-style: none; padding: 0; margin: 0 0 12px; display: grid; gap: 12px; }
.incident { position: relative; border-left: 4px solid var(--alarm); background: var(--alarm-soft); padding: 12px 16px 12px 48px;
  border-radius: 0 6px 6px 0; max-width: 84ch; }
.incident p { margin: 0; overflow-wrap: anywhere; } .incident p + p { margin-top: 4px; }
.incident .mark { position: absolute; left: 14px; top: 13px; width: 22px; height: 22px; border-radius: 50%; background: var(--alarm);
  color: var(--page); font-size: 0.75rem; font-weight: 700; line-height: 22px; text-align: center; }
.incident.earlier { border-left-color: var(--axis); background: none; }
.incident.earlier .mark { background: var(--muted); }
.standing { list-style: none; padding: 0; margin: 12px 0 0; display: grid; gap: 6px; }
.badge { display: inline-block; font-size: 0.75rem; font-weight: 650; padding: 1px 9px; border-radius: 99px;
  border: 1px solid currentColor; margin-right: 6px; }
.ok, .better { color: var(--good); } .watch { color: var(--warn); } .act, .worse { color: var(--alarm); }
.unknown, .none { color: var(--muted); }

.tiles { list-style: none; padding: 0; margin: 0 0 12px; display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; }
.tile { background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px 12px; display: grid;
  grid-template-rows: auto auto 1fr auto auto; }
.tile h3 { color: var(--muted); font-weight: 500; font-size: 0.875rem; }
.tile .figure { font-size: 1.75rem; line-height: 1.2; font-weight: 600; letter-spacing: -0.02em; margin: 2px 0;
  font-variant-numeric: tabular-nums; }
.tile .of { font-size: 0.8125rem; line-height: 1.35; margin: 0; }
.tile .change { font-size: 0.8125rem; font-weight: 550; margin: 6px 0 0; font-variant-numeric: tabular-nums; }
.verdict { font-weight: 450; }
.spark { margin-top: 8px; }
.spark svg { width: 100%; height: 32px; display: block; }
.spark path { vector-effect: non-scaling-stroke; }

figure { margin: 0 0 28px; }
figure .description { margin: 2px 0 8px; }
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px 32px; }
.pair figure { display: grid; grid-template-rows: subgrid; grid-row: span 3; gap: 0; }
.triple { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 8px 28px; }
.triple figure { display: grid; grid-template-rows: subgrid; grid-row: span 3; gap: 0; }
.chart { overflow: visible; }
.chart.narrow { display: none; }
.plot { --plot-background: var(--page); display: block; height: auto; max-width: 100%; overflow: visible;
  color: var(--muted); }
.plot text { white-space: pre; }
.legend { list-style: none; padding: 0; margin: 0 0 6px; display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 0.8125rem;
  color: var(--muted); }
.swatch { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 6px; background: currentColor; }
.is-delivered { color: var(--delivered); } .is-bounced { color: var(--bounced); } .is-open { color: var(--open); }
.is-hard { color: var(--hard); } .is-opened { color: var(--opened); } .is-clicked { color: var(--clicked); }
.is-p50 { color: var(--p50); } .is-p90 { color: var(--p90); } .is-p99 { color: var(--p99); }
.is-heat-0 { color: var(--heat-0); } .is-heat-1 { color: var(--heat-1); } .is-heat-2 { color: var(--heat-2); }
.is-heat-3 { color: var(--heat-3); } .is-heat-4 { color: var(--heat-4); } .is-heat-5 { color: var(--heat-5); }
.is-heat-6 { color: var(--heat-6); }

details summary { cursor: pointer; font-size: 0.8125rem; color: var(--accent); width: fit-content; padding: 4px 0; }
details .scroll { max-height: 380px; overflow-y: auto; }
.scroll { overflow-x: auto; }
.scroll + .scroll, .scroll + figure, figure + .scroll { margin-top: 28px; } .scroll + .note { margin-top: 10px; }
.note + figure { margin-top: 24px; }
table { border-collapse: collapse; width: 100%; font-size: 0.875rem; line-height: 1.4; }
th, td { text-align: left; vertical-align: top; padding: 8px 14px 8px 0; border-bottom: 1px solid var(--line); font-weight: 400; }
thead th { font-weight: 600; font-size: 0.8125rem; color: var(--muted); vertical-align: bottom; }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
thead .number { white-space: normal; }
.days { white-space: nowrap; color: var(--muted); }
tbody th { min-width: 9.5rem; }
.data { overflow-wrap: anywhere; font-weight: 500; }
.link { display: block; min-width: 16rem; font-weight: 400; font-size: 0.8125rem; font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.treatment { display: block; padding-left: 14px; color: var(--muted); overflow-wrap: anywhere; font-size: 0.8125rem; }
.id { font-size: 0.8125rem; }
.results { margin: 0 0 10px; padding-left: 20px; } .results:empty { display: none; } .results li { margin-bottom: 4px; }
.estimate { display: flex; gap: 8px; align-items: center; font-variant-numeric: tabular-nums; white-space: nowrap; }
.estimate .plot { flex: none; width: 84px; }
.estimate + .of, .difference + .of { display: block; font-size: 0.75rem; white-space: nowrap; }
.difference { white-space: nowrap; font-variant-numeric: tabular-nums; }
.multiples { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 18px 16px; }
.multiple h4 { font-size: 0.8125rem; font-weight: 600; margin: 0; overflow-wrap: anywhere; }
.multiple p { font-size: 0.75rem; color: var(--muted); margin: 2px 0 0; }
@media (min-width: 480px) { p code { white-space: nowrap; } }
.filter { margin: 0 0 4px; }
.age { font-weight: 400; color: var(--muted); white-space: nowrap; }
.bar { margin-right: 8px; vertical-align: 0.05em; } .bar + span { display: inline-block; min-width: 3.3em; }
.bar rect { fill: var(--opened); } .bar.clicks rect { fill: var(--clicked); }
.advice { display: block; min-width: 24ch; max-width: 46ch; }
.kind { font-weight: 600; color: var(--text); }
.meaning { display: block; min-width: 24ch; }
.example summary { padding: 0; }
.example code { display: block; margin: 4px 0 2px; max-width: 60ch; color: var(--muted); }
footer { font-size: 0.8125rem; padding-block: 36px 48px; }

@media (max-width: 720px) {
  header, main, footer { padding-inline: 16px; }
  header { padding-top: 24px; }
  h1 { font-size: 1.5rem; }
  section { margin-top: 36px; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; }
  .tile { padding: 10px 12px; }
  .tile .figure { font-size: 1.4rem; }
  .pair, .triple { grid-template-columns: minmax(0, 1fr); }
  .multiples { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .pair figure, .triple figure { display: block; }
  .chart.wide { display: none; }
  .chart.narrow { display: block; }
  .plot { width: 100%; }
}
@page { margin: 14mm 12mm; }
@media print {
  :root { color-scheme: light; }
  body { font-size: 11pt; background: none; }
  header, main, footer { max-width: none; padding: 0; }
  nav, .skip, details { display: none; }
  section { margin-top: 24px; }
  figure, .tile, .incident, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; }
  table { font-size: 8.5pt; } th, td { padding: 4px 8px 4px 0; } thead th { font-size: 8pt; }
  .id, .link, .treatment { font-size: 7.5pt; } .link { min-width: 0; } .advice, .meaning { min-width: 0; } tbody th { min-width: 6rem; }
  .tiles { grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 8px; } .tile { padding: 8px 10px; } .tile .figure { font-size: 15pt; }
  .pair { grid-template-columns: repeat(2, minmax(0, 1fr)); } .pair figure { display: grid; }
  .triple { grid-template-columns: repeat(3, minmax(0, 1fr)); } .triple figure { display: grid; }
  .multiples { grid-template-columns: repeat(4, minmax(0, 1fr)); } .multiple { break-inside: avoid; }
  .chart.wide { display: block; } .chart.narrow { display: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
