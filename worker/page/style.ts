/** Looks, of all pages here: the system's own fonts, light or dark as the reader has it, one colour for what matters. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ink: #1c1b19; --soft: #67635b; --line: #e2ded6; --paper: #faf9f6; --raised: #ffffff;
  --mark: #b4540a; --band: rgb(180 84 10 / .14); --good: #1d7440; --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #eceae5; --soft: #a19c92; --line: #33302b; --paper: #161513; --raised: #1e1c1a;
    --mark: #f0a04b; --band: rgb(240 160 75 / .16); --good: #5fc98a; --bad: #ff8a80;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 42rem; margin: 0 auto; padding: clamp(1.5rem, 7vw, 5rem) 1.25rem 3rem; }
h1 { margin: 0; font-size: 1rem; font-weight: 600; letter-spacing: .02em; }
h1::before { content: ''; display: inline-block; width: .55em; height: .55em; margin-right: .5em; border-radius: 50%; background: var(--mark); }
h2 { margin: 3rem 0 .5rem; font-size: .875rem; font-weight: 600; color: var(--soft); }
p { margin: .25rem 0; }
a { color: inherit; text-underline-offset: .2em; text-decoration-color: var(--mark); }
:focus-visible { outline: 2px solid var(--mark); outline-offset: 2px; border-radius: 2px; }
footer { margin-top: 3rem; color: var(--soft); font-size: .875rem; }
footer a { margin-right: 1rem; white-space: nowrap; }
`;

/** Of the page at `/`. */
export const PAGE_STYLE = `${STYLE}
body > header, main, body > footer { max-width: 68rem; margin: 0 auto; padding-inline: clamp(1.25rem, 4vw, 3rem); }
body > header { display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; padding-block: 1.5rem; }
body > header span { color: var(--soft); font-size: .875rem; overflow-wrap: anywhere; }
body > footer { padding-block: 2rem 3rem; margin-top: 3rem; }
main { padding-block: 0; display: grid; gap: clamp(3rem, 6vw, 4.5rem) clamp(2rem, 5vw, 4rem); }
main > * { min-width: 0; }
@media (min-width: 60rem) { main { grid-template-columns: repeat(2, minmax(0, 1fr)); } .wide { grid-column: 1 / -1; } }
h2 { margin: 0 0 1rem; padding-top: .75rem; border-top: 1px solid var(--line); letter-spacing: .02em; }
h3 { margin: 0; font-size: .875rem; font-weight: 500; }
.column { display: grid; gap: inherit; align-content: start; }
h2 + .snippet { margin-top: 0; }
.face { padding-top: clamp(1rem, 5vw, 3.5rem); }
.now { margin: 0 0 0 -.04em; font-size: clamp(3.25rem, 16.5vw, 12.5rem); line-height: 1; font-weight: 200; letter-spacing: -.045em; font-variant-numeric: tabular-nums; white-space: nowrap; }
#now:not([datetime]) { opacity: .25; }
#tenths { display: inline-block; width: 1.1em; font-size: .4em; letter-spacing: 0; color: var(--mark); font-weight: 300; }
.under { color: var(--soft); }
.now + .under { margin-top: 1rem; font-size: 1.125rem; }
#bound { color: var(--ink); font-variant-numeric: tabular-nums; white-space: nowrap; }
#status:not(:empty), .warning { margin-top: 1rem; padding-left: .875rem; border-left: 3px solid var(--mark); max-width: 46rem; }
.now:has([datetime]) ~ .untold, .untold:has(~ #status:not(:empty)) { display: none; }
.skew { font-size: clamp(1.5rem, 4vw, 2.25rem); line-height: 1.2; font-weight: 300; letter-spacing: -.015em; font-variant-numeric: tabular-nums; }
figure { margin: 1.5rem 0 0; }
figcaption { margin-bottom: .5rem; font-size: .875rem; color: var(--soft); }
#band, #trips { overflow: hidden; }
#band { height: 170px; }
#trips { height: 110px; }
ol { list-style: none; margin: 0; padding: 0; }
li { display: grid; grid-template-columns: 1.75rem 6.5rem 1fr; padding: .5rem 0; }
li + li { border-top: 1px solid var(--line); }
li strong { font-weight: 500; }
li > span:last-child { color: var(--soft); }
.mark { font-weight: 700; }
.good .mark { color: var(--good); }
.bad .mark, .bad strong { color: var(--bad); }
.open .mark { color: var(--soft); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
form { margin-top: 1.5rem; }
label { display: block; margin-bottom: .375rem; font-size: .875rem; }
.row { display: flex; flex-wrap: wrap; gap: .5rem; }
input, button { padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--raised); color: inherit; font: inherit; font-size: .875rem; }
input { flex: 1 1 14rem; min-width: 0; border-color: var(--soft); font-family: ui-monospace, monospace; }
input[aria-invalid=true] { border-color: var(--bad); }
button { cursor: pointer; border-color: var(--soft); }
button:hover { border-color: var(--mark); }
form .under { min-height: 1.5em; margin-top: .5rem; font-size: .875rem; }
.snippet { display: flex; justify-content: space-between; align-items: end; margin: 1.25rem 0 .375rem; }
.snippet button { padding: .125rem .625rem; font-size: .75rem; border-color: var(--line); }
pre { margin: 0; padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--raised); font: .8125rem/1.7 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
pre code { font: inherit; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .5rem 1.5rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
@media (scripting: none) { figure, #links, form { display: none } }
@media (max-width: 30rem) { li { grid-template-columns: 1.75rem 1fr; } li > span:last-child { grid-column: 2; } dl { gap: .25rem 1rem; } }
`;
