import { DNS_CAVEATS } from './shared-fields.js';
import type { ToolDefinition } from './tool.js';

/** Completes the definition of a tool: `export default defineTool({...})` in tools/<name>.ts. */
export function defineTool(definition: ToolDefinition): ToolDefinition {
  const { sockets, caveats } = definition;
  return sockets ? { ...definition, caveats: [...caveats, ...DNS_CAVEATS] } : definition;
}
