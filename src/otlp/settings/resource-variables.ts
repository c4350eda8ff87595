import type { Environment } from './environment.js';
import type { TextAttribute } from './flag-values.js';
import { VARIABLES } from './variables.js';

const [VARIABLE] = VARIABLES.resource();
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

/** Parses `name=value,name=value`, percent-encoded. Throws SyntaxError for the first invalid pair. */
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

/** Attributes of the variable. All are discarded if one is invalid, as the specification demands (resource/sdk.md). */
function variableAttributes(environment: Environment): TextAttribute[] {
  try {
    return parseResource(environment.first(VARIABLE)?.text ?? '');
  } catch (error) {
    environment.warn(`${VARIABLE}: ignored, ${(error as Error).message}`);
    return [];
  }
}

/** Resource attributes set by the user. The last one of a name applies. */
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
