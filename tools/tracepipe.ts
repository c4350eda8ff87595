import { defineTool } from '../src/trace/define-tool.js';

export default defineTool({
  name: 'tracepipe',
  summary: 'trace lines that BPF programs write with bpf_printk()',
  description:
    'Report each line that a BPF program writes with bpf_printk() or bpf_trace_printk(), with the program that wrote it. Readers of /sys/kernel/tracing/trace_pipe still get every line.',
  event: { struct: 'tracepipe_event', name: 'printk' },
  columns: ['pid', 'comm', 'cpu', 'program', 'message'],
  fields: {
    cpu: 'processor that ran the program',
    program: 'BPF program that wrote the line, by name; absent if it is unknown',
    message: 'the line, without the newline at its end; the kernel limits its length',
  },
  otlp: { event: 'bpf.printk' },
  hooks: { lines: { ways: [{ programs: ['handle_line'] }] } },
  examples: [
    { summary: 'All lines', command: '' },
    { summary: 'Lines written while a command runs, in its processes', command: '-f -- ./test.sh' },
    {
      summary: 'Lines of one program',
      command: `<%= config.bin %> tracepipe --json | jq 'select(.program == "drop_packet")'`,
    },
  ],
  caveats: [
    'The process is the one that was interrupted if the program runs in an interrupt, as XDP and tc programs do: filters on processes then match at random.',
    'program needs CAP_SYS_ADMIN, the JIT compiler and visible kernel addresses (kernel.kptr_restrict). It is absent for a program that is unloaded right after its line.',
    'Lines of trace_printk() in the kernel and its modules are not shown.',
    'The kernel has this tracepoint since Linux 5.9.',
  ],
  overhead:
    'One event per line, about three microseconds each. bpf_printk() itself is slow: it is meant for debugging.',
});
