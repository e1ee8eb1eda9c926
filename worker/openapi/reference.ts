/** The OpenAPI document as Markdown: docs/http-reference.md. */
import type { Described, DescribedOperation, JsonSchema, OpenApi } from './document.ts';
import { membersOf, short } from './shown.ts';

const HEAD = `# Every request and its answers

Made by \`npm run docs\` from the OpenAPI document that each edge serves at \`/openapi.json\`, and as a page at \`/openapi\`. The same with examples
in \`curl\`: [http.md](http.md). Each refusal is a problem document (\`application/problem+json\`, RFC 9457) with the word that stands here in its \`type\`.`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');

const code = (text: string): string => `\`${text}\``;

const bodyText = (type: string, schema: JsonSchema | undefined): string => {
  const members = membersOf(schema).map(([name, kind]) => `${code(name)} ${kind}`);
  return members.length === 0 ? code(type) : `${code(type)}: ${members.join('; ')}`;
};

const PROBLEM = 'application/problem+json';

/** That a refusal is a problem document goes without saying each time. */
const replyText = ({ description, headers = {}, content = {} }: Described): string =>
  [
    description,
    ...(Object.keys(headers).length > 0 ? [`Headers: ${Object.keys(headers).map(code).join(', ')}`] : []),
    ...Object.entries(content).flatMap(([type, { schema }]) => (type === PROBLEM ? [] : [bodyText(type, schema)])),
  ].join('<br>');

const operationText = (method: string, path: string, operation: DescribedOperation): string => {
  const { summary, description, parameters, requestBody, responses } = operation;
  const query = parameters?.map((one) => [code(one.name), short(one.schema), one.description]) ?? [];
  const bodies = Object.entries(requestBody?.content ?? {}).map(([type, { schema }]) => bodyText(type, schema));
  return [
    `## ${method.toUpperCase()} ${path}`,
    `${summary}${/[.?]$/.test(summary) ? '' : '.'}${description ? ` ${description}` : ''}`,
    ...(query.length > 0 ? [table(['query', 'is', ''], query)] : []),
    ...(bodies.length > 0 ? [`Body: ${bodies.join(' or ')}`] : []),
    table(
      ['status', 'answer'],
      Object.entries(responses).map(([status, reply]) => [status, replyText(reply)]),
    ),
  ].join('\n\n');
};

export const httpReference = ({ info, paths }: OpenApi): string => {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationText(method, path, operation)),
  );
  return `${[HEAD, info.description, ...operations].join('\n\n')}\n`;
};
