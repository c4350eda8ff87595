import { requireTracingRights } from '../bpf/errors.js';
import { setLog } from '../bpf/log.js';
import { bootTime, bootToRealtime, exitNow } from '../bpf/system.js';
import { SnoopkitError } from '../errors.js';
import type { OtlpSink } from '../otlp/sink.js';
import { STALLED } from '../output/byte-sink.js';
import type { GivenFlags } from '../trace/flags/flag.js';
import { KeptBtf } from '../trace/kept-btf.js';
import { LiveSource } from '../trace/live-source.js';
import { objectPath } from '../trace/object-path.js';
import { prepare } from '../trace/prepare.js';
import { TraceRun } from '../trace/run.js';
import type { ToolDefinition } from '../trace/tool.js';
import { keepBytecode } from './bytecode.js';
import { TracedCommand } from './command.js';
import type { RunOptions } from './flags/options.js';
import { watchKeys } from './keys.js';
import { quietNotice } from './notice.js';
import { type Outputs, outputsOf } from './outputs.js';
import { heedSignals } from './signals.js';
import { leaveLine, reportError, say, sayLater } from './talk.js';

const EXIT_LOST = 3;
const notices = { info: say, warn: say, error: (error: unknown) => void reportError(error) };

/**
 * Installs signal handlers, before anything is attached, so that a signal always ends the run gracefully. The result
 * removes them.
 */
function handleSignals(run: TraceRun, name: string, { bytes, reports }: Outputs): () => void {
  return heedSignals({
    end(signal) {
      if (signal === 'SIGINT' || signal === 'SIGQUIT') leaveLine();
      run.interrupt();
    },
    reopen: () => bytes?.reopen() ?? false,
    progress() {
      const what = `${reports ? 'report' : 'event'}${run.events === 1 ? '' : 's'}`;
      say(`${name}: ${run.events} ${what} so far, ${run.lost} lost`);
    },
  });
}

/** Traces at a terminal until the run ends, and returns the exit status. Throws SnoopkitError if tracing fails. */
async function traceHere(
  tool: ToolDefinition,
  options: RunOptions,
  given: GivenFlags,
  otlp: OtlpSink | undefined,
): Promise<number> {
  const { command, out, output, verbose, failOnLost } = options;
  const hasCommand = command.length > 0;
  const prepared = await prepare(tool, options, { ...given, ...otlp?.impliedFlags(tool) }, { hasCommand, notices });
  const cleanups: (() => void)[] = [() => prepared.object.close()];
  try {
    const outputs = outputsOf(prepared, options, otlp);
    const { sinks, reports, hasCgroups } = outputs;
    const run: TraceRun = new TraceRun({
      source: new LiveSource(prepared, { reports, hasCgroups, verbose, notices }),
      sinks: [sinks],
      most: reports?.isOnce ? 1 : options.maxEvents,
      duration: options.duration,
      notices,
      label: options.label,
      launch: hasCommand
        ? () => TracedCommand.start(command, out !== undefined || output === 'otlp', otlp?.environment)
        : undefined,
      onAttached() {
        const notice = quietNotice(tool, options, reports);
        if (notice !== undefined) say(notice);
        if (reports?.isScreen && !hasCommand) cleanups.push(watchKeys(() => run.stop()));
      },
    });
    cleanups.push(handleSignals(run, tool.name, outputs));
    const { status, lateStatus } = await run.run();
    const lost = failOnLost && run.lost + run.undelivered > 0 ? EXIT_LOST : 0;
    return status || lost || lateStatus || 0;
  } finally {
    for (const cleanup of cleanups.reverse()) cleanup();
    // Closed already, unless the run did not begin.
    await otlp?.abandon();
  }
}

/** Runs a tool and returns its exit status. Errors have been reported on standard error. */
export async function runTool(tool: ToolDefinition, options: RunOptions, given: GivenFlags): Promise<number> {
  if (options.verbose) setLog((level, text) => sayLater(`libbpf ${level}: ${text.trimEnd().replace(/^libbpf: /, '')}`));
  try {
    requireTracingRights();
    const clock = { boot: bootTime, offset: () => bootToRealtime().offset };
    // Loaded only on request.
    const otlp =
      options.otlp &&
      new (await import('../otlp/sink.js')).OtlpSink(options.otlp, {
        command: options.command,
        env: process.env,
        notices,
        clock,
      });
    const status = await traceHere(tool, options, given, otlp);
    keepBytecode();
    if (options.btf === undefined) new KeptBtf().keep(objectPath(tool.name));
    return status;
  } catch (error) {
    const status = reportError(error, options.verbose);
    if (error instanceof SnoopkitError && error.code === `ERR_SNOOPKIT_${STALLED}`) exitNow(status);
    return status;
  }
}
