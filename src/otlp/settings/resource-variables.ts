import type { Environment } from './environment.js';
import type { TextAttribute } from './flag-values.js';

const VARIABLE = 'OTEL_RESOURCE_ATTRIBUTES';
const SERVICE = 'service.name';
const DEFAULT_SERVICE = 'snoopkit';

function parsePair(pair: string): TextAttribute {
  const [key = '', value, ...more] = pair.split('=').map((part) => part.trim());
  if (value === undefined) throw new SyntaxError('has no =');
  if (more.length > 0) throw new SyntaxError('has more than one =, encode = in a value as %3D');
  if (key === '') throw new SyntaxError('has no name');
  try {
    return { key: decodeURIComponent(key), value: decodeURIComponent(value) };
  } catch {
    throw new SyntaxError('has invalid percent-encoding');
  }
}

/** `name=value,name=value`, percent-encoded. Throws SyntaxError for the first pair that is none. */
export function parseResource(text: string): TextAttribute[] {
  return text.split(',').flatMap((pair, i) => {
    if (pair.trim() === '') return [];
    try {
      return [parsePair(pair)];
    } catch (error) {
      throw new SyntaxError(`pair ${i + 1} ${(error as Error).message}`);
    }
  });
}

/** The variable's, or none of it, as the specification has it (resource/sdk.md). */
function variableAttributes(environment: Environment): TextAttribute[] {
  try {
    return parseResource(environment.first(VARIABLE)?.text ?? '');
  } catch (error) {
    environment.warn(`${VARIABLE}: ignored, ${(error as Error).message}`);
    return [];
  }
}

/** What the user says of where events come from; the last of those with the same key counts. */
export function resourceOf(
  environment: Environment,
  flags: readonly TextAttribute[] = [],
): { readonly resource: readonly TextAttribute[]; readonly serviceName: string } {
  const service = environment.first('OTEL_SERVICE_NAME')?.text;
  const given = [...variableAttributes(environment), ...(service ? [{ key: SERVICE, value: service }] : []), ...flags];
  const values = new Map(given.map(({ key, value }) => [key, value]));
  const serviceName = values.get(SERVICE) || DEFAULT_SERVICE;
  values.delete(SERVICE);
  return { resource: [...values].map(([key, value]) => ({ key, value })), serviceName };
}
