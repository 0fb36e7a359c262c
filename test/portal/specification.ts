import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';

/** Folder of HubSpot's OpenAPI files; without it nothing is validated. */
export const SPECIFICATION = process.env['HUBSPOT_OPENAPI'];

/** A request and its answer. */
export interface Exchange {
  method: string;
  path: string;
  query: Record<string, string>;
  /** As text; empty for a GET. */
  body: string;
  status: number;
  answer: string;
}

interface Operation {
  method: string;
  pattern: RegExp;
  /** Names of the parameters in the query. */
  parameters: Set<string>;
  /** Names of schemas for ajv: of the body asked with, of the answer, of an error. */
  request: string | undefined;
  answer: string;
  error: string;
}

/** A schema of a body, as the documents give it: always a reference. */
interface Content {
  content?: { 'application/json'?: { schema: { $ref: string } } };
}

/**
 * Reads the specifications in a folder and returns what says where an exchange breaks them: an empty list when nowhere,
 * or a line saying that no specification has such an operation.
 */
export async function readSpecification(folder: string): Promise<(one: Exchange) => string[]> {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
  formats.default(ajv);
  // Formats of OpenAPI that JSON schemas do not have.
  for (const name of ['int32', 'int64', 'double', 'float', 'binary']) ajv.addFormat(name, true);
  const operations: Operation[] = [];
  for (const file of await readdir(folder)) {
    const document = JSON.parse(await readFile(path.join(folder, file), 'utf8'));
    ajv.addSchema({ ...document, $id: file });
    const nameOf = (body: Content | undefined): string | undefined => {
      const schema = body?.content?.['application/json']?.schema;
      return schema && `${file}${schema.$ref}`;
    };
    for (const [url, methods] of Object.entries<object>(document.paths)) {
      for (const [method, { parameters = [], requestBody, responses }] of Object.entries(methods)) {
        const answer = nameOf(responses['200']);
        if (answer === undefined) continue;
        const inQuery = parameters.filter((one: { in: string }) => one.in === 'query');
        operations.push({
          method: method.toUpperCase(),
          pattern: new RegExp(`^${url.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
          parameters: new Set(inQuery.map(({ name }: { name: string }) => name)),
          request: nameOf(requestBody),
          answer,
          error: `${file}#/components/schemas/Error`,
        });
      }
    }
  }
  return (exchange) => findBreaches(exchange, operations, ajv);
}

function findBreaches(
  { method, path: asked, query, body, status, answer }: Exchange,
  operations: readonly Operation[],
  ajv: Ajv,
): string[] {
  const operation = operations.find((one) => one.method === method && one.pattern.test(asked));
  if (operation === undefined) return [`${method} ${asked} is in no specification`];
  const breaches = Object.keys(query)
    .filter((name) => !operation.parameters.has(name))
    .map((name) => `query ${name} is unknown`);
  const check = (what: string, schema: string, text: string): void => {
    ajv.validate({ $ref: schema }, JSON.parse(text));
    for (const { instancePath, message } of ajv.errors ?? []) {
      // One line for the same breach in all items of a list.
      const place = instancePath.replaceAll(/\/\d+(?=\/|$)/g, '/*');
      breaches.push(`${what}${place} ${message}`);
    }
  };
  if (operation.request !== undefined) check('request', operation.request, body);
  check(`answer ${status}`, status < 300 ? operation.answer : operation.error, answer);
  return [...new Set(breaches)].map((breach) => `${method} ${asked}: ${breach}`);
}
