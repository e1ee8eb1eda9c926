/** What the pages about OpenAPI show of a schema: in a line, for people. The document itself has it in full. */
import type { JsonSchema } from './document.ts';

export const short = (schema: JsonSchema): string => {
  if (Array.isArray(schema.anyOf)) return schema.anyOf.map(short).join(' or ');
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(', ');
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.type === 'array') return `array of ${short(schema.items as JsonSchema)}`;
  return String(schema.type ?? 'anything');
};

/** The members of an object, or of each object in an array: name and kind; none of anything else. */
export const membersOf = (schema: JsonSchema | undefined): readonly (readonly [name: string, kind: string])[] => {
  const { type, properties, required = [] } = { ...(schema?.type === 'array' ? (schema.items as JsonSchema) : schema) };
  if (type !== 'object' || !properties) return [];
  const isOptional = (name: string) => !(required as readonly string[]).includes(name);
  return Object.entries(properties as Record<string, JsonSchema>).map(([name, member]) => [
    name,
    `${short(member)}${isOptional(name) ? ', optional' : ''}`,
  ]);
};
