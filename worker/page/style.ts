/** The page's looks: one column, the system's own fonts, light or dark as the reader has it. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c1b19; --soft: #6b675f; --line: #dedad2; --paper: #faf9f6; --mark: #b4540a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eceae5; --soft: #9d988e; --line: #35322d; --paper: #161513; --mark: #f0a04b; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 42rem; margin: 0 auto; padding: clamp(1.5rem, 7vw, 5rem) 1.25rem 3rem; }
h1 { margin: 0; font-size: 1rem; font-weight: 600; letter-spacing: .02em; }
h1::before { content: ''; display: inline-block; width: .55em; height: .55em; margin-right: .5em; border-radius: 50%; background: var(--mark); }
h2 { margin: 3rem 0 .5rem; font-size: .875rem; font-weight: 600; color: var(--soft); }
p { margin: .25rem 0; }
.now { margin: 2rem 0 0; font-size: clamp(3.25rem, 16vw, 7rem); line-height: 1; font-weight: 300; letter-spacing: -.03em; font-variant-numeric: tabular-nums; }
.under { margin-top: .75rem; color: var(--soft); }
.skew { font-size: 1.5rem; font-variant-numeric: tabular-nums; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .375rem 1.5rem; margin: 0; padding: .75rem 0; border-block: 1px solid var(--line); }
dt { color: var(--soft); }
dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
pre { margin: 0; padding: .75rem 1rem; overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; font: .875rem/1.7 ui-monospace, monospace; }
a { color: inherit; text-underline-offset: .2em; text-decoration-color: var(--mark); }
footer { margin-top: 3rem; color: var(--soft); font-size: .875rem; }
footer a { margin-right: 1rem; }
`;
