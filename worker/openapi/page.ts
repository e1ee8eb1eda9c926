/** The OpenAPI document as a page: made with it, without a script. */
import { html } from 'hono/html';
import { STYLE } from '../page/style.ts';
import type { Described, DescribedOperation, JsonSchema, OpenApi } from './document.ts';
import { membersOf, short } from './shown.ts';

type Html = ReturnType<typeof html>;

/** `openapi.css`, a file of its own so that the page's policy can do without hashes. */
export const DOCUMENT_STYLE = `${STYLE}
main { max-width: 52rem; }
h2 { font-size: 1.125rem; color: inherit; overflow-wrap: anywhere; }
h2 small { margin-right: .5em; font-size: .75em; color: var(--mark); }
h3 { margin: 1rem 0 .25rem; font-size: .875rem; color: var(--soft); }
code { font: .875em ui-monospace, monospace; }
table { width: 100%; border-collapse: collapse; font-size: .875rem; }
td { padding: .25rem .75rem .25rem 0; border-top: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
td:first-child { width: 11rem; }
summary { color: var(--soft); cursor: pointer; }
`;

/** The document's texts are prose with code between backticks. */
const prose = (text: string): Html[] =>
  text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));

const rows = (entries: readonly (readonly [string, Html | Html[] | string])[]): Html =>
  html`<table>${entries.map(([name, what]) => html`<tr><td><code>${name}</code></td><td>${what}</td></tr>`)}</table>`;

const members = (schema: JsonSchema | undefined): Html | string => {
  const entries = membersOf(schema);
  return entries.length === 0 ? '' : html`<details><summary>Members</summary>${rows(entries)}</details>`;
};

const reply = ({ description, headers = {}, content = {} }: Described): Html => html`${prose(description)}
  ${Object.keys(headers).length > 0 ? html`<br>Headers: ${Object.keys(headers).map((name) => html`<code>${name}</code> `)}` : ''}
  ${Object.entries(content).map(([type, { schema }]) => html`<br><code>${type}</code>${members(schema)}`)}`;

const section = (method: string, path: string, operation: DescribedOperation): Html => html`
  <h2><small>${method.toUpperCase()}</small>${path}</h2>
  <p>${operation.summary}. ${prose(operation.description ?? '')}</p>
  ${
    operation.parameters
      ? html`<h3>Query</h3>${rows(operation.parameters.map(({ name, schema, description }) => [name, html`${short(schema)}. ${prose(description)}`]))}`
      : ''
  }
  ${
    operation.requestBody
      ? html`<h3>Body</h3>${Object.entries(operation.requestBody.content).map(
          ([type, { schema }]) => html`<p><code>${type}</code></p>${members(schema)}`,
        )}`
      : ''
  }
  <h3>Answers</h3>
  ${rows(Object.entries(operation.responses).map(([status, described]) => [status, reply(described)]))}`;

export const renderDocument = ({ info, paths }: OpenApi): Html => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>noonmark: every request and its answers</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/openapi.css">
  </head>
  <body>
    <main>
      <h1>noonmark ${info.version}</h1>
      <p>${prose(info.description)}</p>
      ${Object.entries(paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => section(method, path, operation)),
      )}
      <footer><a href="/">the time</a> <a href="/openapi.json">openapi.json</a></footer>
    </main>
  </body>
</html>
`;
