import assert from 'node:assert/strict';
import sinon from 'sinon';
import { BpfError, ClosedError, PrivilegeError, ProgramError } from '../../src/bpf/errors.js';
import { BpfObject, OpenedObject } from '../../src/bpf/object.js';
import { BpfProgram } from '../../src/bpf/program.js';
import { attachTool } from '../../src/trace/attach.js';
import { stepsOf } from '../../src/trace/features/run-steps.js';
import type { Steps } from '../../src/trace/features/steps.js';
import { objectPath } from '../../src/trace/object-path.js';
import { parseTraceOptions } from '../../src/trace/options.js';
import type { ToolDefinition } from '../../src/trace/tool.js';
import { needs } from '../capability.js';

const OPENSNOOP = {
  name: 'opensnoop',
  hooks: { opens: { ways: [{ programs: ['handle_openat'] }, { programs: ['handle_any'] }] } },
} as unknown as ToolDefinition;

describe('cli: attaching a tool', () => {
  const opened: OpenedObject[] = [];
  const loaded: BpfObject[] = [];
  let steps: readonly Steps[];
  before(async function () {
    needs(this, 'root');
    const { flags, label } = parseTraceOptions({ pid: ['1'] }, (name) => name);
    steps = await stepsOf(OPENSNOOP, { flags, label, warn: () => undefined, hasCommand: false });
  });
  afterEach(() => {
    sinon.restore();
    for (const object of [...opened.splice(0), ...loaded.splice(0)]) object.close();
  });

  function open(): OpenedObject {
    const object = BpfObject.open(objectPath('opensnoop'));
    const { load } = object;
    object.load = () => {
      const result = load.call(object);
      loaded.push(result);
      return result;
    };
    opened.push(object);
    return object;
  }
  const attach = (first: OpenedObject) => {
    return attachTool(OPENSNOOP, first, open, { steps, launched: undefined, hasCgroups: false, bufferSize: 1 << 16 });
  };
  const taken = ({ choices }: ReturnType<typeof attach>) => choices.map(({ kinds }) => kinds).join();

  it('takes the first way', () => {
    const attached = attach(open());
    assert.equal(taken(attached), 'tracepoint');
    assert.equal(attached.object, loaded[0]);
    attached.ring.close();
  });

  it('takes the next when a program is refused at load', () => {
    const first = open();
    const error = new ProgramError('cannot load opensnoop', 'handle_openat', 1, '');
    sinon.stub(first, 'load').throws(error);
    const attached = attach(first);
    assert.equal(taken(attached), 'tp_btf');
    assert.deepEqual(attached.choices[0]?.refused, [error]);
    assert.equal(attached.object, loaded[0]);
    assert.equal(opened.length, 2);
    attached.ring.close();
  });

  it('takes the next when a program is refused as it is attached, and lets go of the first', () => {
    const error = new BpfError('cannot attach', 2);
    const original = BpfProgram.prototype.attach;
    sinon.stub(BpfProgram.prototype, 'attach').callsFake(function (this: BpfProgram) {
      if (this.name === 'handle_openat') throw error;
      return original.call(this);
    });
    const attached = attach(open());
    assert.equal(taken(attached), 'tp_btf');
    assert.equal(attached.object, loaded[1]);
    assert.throws(() => loaded[0]?.programs.need('handle_openat').fd, ClosedError);
    attached.ring.close();
  });

  it('tells why there is none left', () => {
    let tried = 0;
    sinon.stub(OpenedObject.prototype, 'load').callsFake(() => {
      const program = tried++ === 0 ? 'handle_openat' : 'handle_any';
      throw new ProgramError('cannot load opensnoop', program, 1, '');
    });
    const first = open();
    assert.throws(() => attach(first), {
      message:
        'opensnoop: no usable hook for opens on this kernel: ' +
        'cannot load opensnoop: program handle_openat was rejected: operation not permitted (EPERM); ' +
        'cannot load opensnoop: program handle_any was rejected: operation not permitted (EPERM)',
    });
  });

  it('does not try around missing rights, nor what is no program of its own', () => {
    for (const error of [
      new PrivilegeError('cannot load opensnoop', 1, ['CAP_BPF']),
      new BpfError('cannot load opensnoop', 12),
      new ProgramError('cannot load opensnoop', 'follow_exit', 1, ''),
    ]) {
      const first = open();
      sinon.stub(first, 'load').throws(error);
      assert.throws(
        () => attach(first),
        (thrown) => thrown === error,
      );
      assert.equal(opened.at(-1), first);
    }
  });
});
