import { existsSync } from 'node:fs';
import { PrivilegeError, requireTracingRights } from '../../bpf/errors.js';
import { BpfObject } from '../../bpf/object.js';
import { SnoopkitError } from '../../errors.js';
import { missingCapabilities } from '../../kernel/capabilities.js';
import { type AttachOptions, attachTool } from '../../trace/attach.js';
import { stepsOf } from '../../trace/features/run-steps.js';
import { hookKind } from '../../trace/hooks.js';
import { kernelBtf } from '../../trace/kernel-btf.js';
import { objectPath } from '../../trace/object-path.js';
import { parseTraceOptions } from '../../trace/options.js';
import type { ToolDefinition } from '../../trace/tool.js';
import { explain } from '../explain.js';

/** `works`; `reduced`: some events are missing, or a fallback is used; `fails`; `unknown`: not enough privileges to check. */
export type ToolState = 'works' | 'reduced' | 'fails' | 'unknown';

/** Result for one tool on this machine. */
export interface ToolCheck {
  readonly tool: string;
  readonly state: ToolState;
  /** Kinds of hooks by hook point. */
  readonly hooks: Readonly<Record<string, readonly string[]>>;
  /** Differences and gaps. */
  readonly remarks: readonly string[];
  /** Cause of a failure and its remedy. */
  readonly reason?: string;
}

/**
 * Loads and attaches a tool for an instant, filtered so that it reports nothing. With CAP_SYS_ADMIN, tracepoint programs
 * are loaded but not attached: a tracepoint listed in tracefs can be attached, and detaching it takes the kernel 0.1 s.
 * Without it, attaching may be refused: Debian's 5.10 (perf_event_paranoid 3) requires CAP_SYS_ADMIN.
 */
async function rehearse(tool: ToolDefinition, btf: string | undefined) {
  const path = objectPath(tool.name);
  if (!existsSync(path)) throw new SnoopkitError('BUILD', `${path} is missing: run make build`);
  const file = btf === undefined ? undefined : kernelBtf(btf);
  const open = () => BpfObject.open(path, { name: tool.name, trust: 'object', ...(file && { btf: file }) });
  const { flags, label, bufferSize } = parseTraceOptions({ pid: [`${process.pid}`] }, (name) => name);
  const steps = await stepsOf(tool, { flags, label, warn: () => undefined, hasCommand: false });
  const isAdmin = missingCapabilities(['CAP_SYS_ADMIN']).length === 0;
  const spares: AttachOptions['spares'] = (program) => isAdmin && hookKind(program) === 'tracepoint';
  const options = { steps, launched: undefined, hasCgroups: false, bufferSize, spares };
  const { object, ring, ...plan } = attachTool(tool, open(), open, options);
  for (const feature of steps) feature.end?.();
  ring.close();
  object.close();
  return plan;
}

/** Checks whether a tool works here by loading and attaching it. */
async function checkTool(tool: ToolDefinition, btf?: string): Promise<ToolCheck> {
  const { name } = tool;
  try {
    requireTracingRights();
    const { choices, lacks } = await rehearse(tool, btf);
    const caveats = choices.flatMap(({ point, caveat }) => (caveat === undefined ? [] : [`${point}: ${caveat}`]));
    const remarks = [...lacks.map(({ point, without }) => `${point}: ${without}`), ...caveats];
    const isReduced = lacks.length > 0 || choices.some(({ refused }) => refused.length > 0);
    const hooks = Object.fromEntries(choices.map(({ point, kinds }) => [point, kinds]));
    return { tool: name, state: isReduced ? 'reduced' : 'works', hooks, remarks };
  } catch (error) {
    if (!(error instanceof SnoopkitError)) throw error;
    const state = error instanceof PrivilegeError ? 'unknown' : 'fails';
    return { tool: name, state, hooks: {}, remarks: [], reason: explain(error).text };
  }
}

/** Checks several tools, one after the other. */
export async function checkTools(tools: readonly ToolDefinition[], btf?: string): Promise<ToolCheck[]> {
  const checks: ToolCheck[] = [];
  for (const tool of tools) checks.push(await checkTool(tool, btf));
  return checks;
}
