import { defineTool } from '../src/cli/define-tool.js';

const SIGNAL = 'the signal, such as SIGTERM; the number where that is none; not there for kill(pid, 0)';
const ORIGIN =
  'the system call that sent it: kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo or pidfd_send_signal; else kernel; or timer, which interrupts whoever runs';
const TARGET_COMM = 'name of the process that it is for; empty when the call failed';
const RESULT =
  "delivered; ignored; continued, a SIGCONT without a handler that let a stopped process go on; already_pending, to which it adds nothing; lose_info, delivered without the sender's data; overflow_fail; probed, where there was none to send; or the call's error";

export default defineTool({
  name: 'sigsnoop',
  summary: 'trace signals: who sends which to whom, and what becomes of it',
  description:
    'Shows each signal as it is sent, by a process with kill(2) and its like or by the kernel, and each such call that is refused. Filters are about both ends: a signal is shown when its sender or its target passes all of them; --sender-* and --target-* are about the one alone. With --kill it is what killsnoop was.',
  event: { struct: 'sigsnoop_event', name: 'signal' },
  columns: ['pid', 'comm', 'signal', 'target_pid', 'target_comm', 'result'],
  fields: {
    signal: SIGNAL,
    origin: `${ORIGIN}: pid is 0 then`,
    code: 'what the receiver is told of the reason (si_code), such as SI_USER, SI_KERNEL, SEGV_MAPERR or CLD_EXITED; not there when nothing was sent',
    target_pid:
      'process that it is for; when the call failed, what was given: of kill(2) -N is a process group; 0 where only a thread or a pidfd was given',
    target_tid:
      'the thread that it is for; of a signal for a process the one that the kernel found by the pid, any may take it; 0 when the call failed and gave none',
    target_comm: TARGET_COMM,
    target_thread_comm: 'name of the thread that it is for; empty when it is for its process, or the call failed',
    to_thread: 'whether it is for this thread alone, not for its process',
    result: RESULT,
    ret: 'what the call returned: 0, or the error: its name in a table, a negative number in JSON; 0 for what the kernel sent',
    error: "the error's name; not there when the call succeeded",
  },
  flags: {
    count: {
      summary: 'in place of each signal, how often who sent which one to whom, by the names of the processes',
      sets: 'want_counts',
    },
    signal: {
      takes: 'signals',
      summary: 'only these signals, by name or number, such as KILL,TERM',
      sets: 'only_signals',
    },
    'sender-pid': { takes: 'pids', summary: 'only what these processes send', sets: 'sender_pids' },
    'sender-comm': {
      takes: 'comms',
      summary: 'only what is sent by commands whose name contains it',
      sets: 'sender_comms',
    },
    'target-pid': { takes: 'pids', summary: 'only what is for these processes', sets: 'target_pids' },
    'target-comm': {
      takes: 'comms',
      summary: 'only what is for commands whose name contains it',
      sets: 'target_comms',
    },
    kill: {
      summary: 'only what processes send with kill(2) and its like, not what the kernel sends by itself',
      sets: 'only_calls',
    },
    probes: {
      summary: 'show kill(pid, 0) and its like, too, which send nothing but ask whether the process is there',
      sets: 'want_probes',
    },
  },
  tally: {
    metrics: {
      count: { name: 'snoopkit.signals', unit: '{signal}', description: 'Signals that were sent' },
    },
    flag: 'count',
    event: { struct: 'sigsnoop_count', name: 'signal_count' },
    columns: ['count', 'comm', 'signal', 'target_comm', 'result'],
    fields: {
      comm: 'name of the process that sent them; empty for a timer',
      target_comm: TARGET_COMM,
      signal: SIGNAL,
      origin: ORIGIN,
      result: RESULT,
      count: 'how many there were',
    },
    sort: 'count',
    sums: ['count'],
  },
  otlp: { event: 'process.signal' },
  hooks: {
    signals: { ways: [{ programs: ['handle_signal'] }, { programs: ['handle_signal_typed'] }] },
    refusals: {
      ways: [
        {
          programs: ['handle_kill', 'handle_tkill', 'handle_tgkill', 'handle_queue', 'handle_tgqueue', 'handle_pidfd'],
        },
        { programs: ['handle_any'], caveat: 'each system call is looked at, which costs it 0.1 to 0.2 us' },
      ],
      without: 'calls that fail, and those of --probes, are not shown',
    },
  },
  examples: [
    { summary: 'All signals', command: '' },
    { summary: 'Who kills whom: no signals that the kernel sends', command: '--kill' },
    { summary: 'Signals that a process sends or gets, with their origin', command: '-p 1234 -F +origin,+code' },
    { summary: 'Who ends a service, or tries to', command: '--signal KILL,TERM --target-comm nginx' },
    { summary: 'Who sends what to whom, and how often, each second', command: '--count -i 1' },
  ],
  caveats: [
    'The shared filters (--pid, --comm, --uid and so on) must all hold for the same end, the sender or the target, not one for this and one for that; --sender-pid, --sender-comm, --target-pid and --target-comm narrow it further.',
    'What the kernel sends is shown as sent by the task that it runs for then: of a fault, of SIGPIPE or SIGCHLD that is who caused it; of SIGIO it may be anybody, and of keys such as Ctrl-C it is a thread of the kernel. A timer has no sender: process 0, without a name; filters pass it only by its target.',
    'SIGKILL for the other threads of a process that ends is not seen: the kernel sends it in another way.',
    'When a call fails its target is shown as the caller counts processes, in a container by its own numbers; of pidfd_send_signal(2) it is not known. So --target-comm leaves them out, and of the shared filters only --pid, where it stands alone, finds them by their target.',
    'For 32-bit programs what they send has the origin kernel, and refusals are not seen.',
  ],
  overhead:
    'One event for each signal, one or two microseconds each: not to be noticed, but where programs send many thousand a second.',
});
