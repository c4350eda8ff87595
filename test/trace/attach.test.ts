import assert from 'node:assert/strict';
import sinon from 'sinon';
import { BpfError, PrivilegeError, ProgramError } from '../../src/bpf/errors.js';
import { BpfObject } from '../../src/bpf/object.js';
import { parseOptions } from '../../src/cli/flags/options.js';
import { attachTool } from '../../src/trace/attach.js';
import { objectPath } from '../../src/trace/object-path.js';
import type { ToolDefinition } from '../../src/trace/tool.js';
import { needs } from '../capability.js';

const OPENSNOOP = {
  name: 'opensnoop',
  hooks: { opens: { ways: [{ programs: ['handle_openat'] }, { programs: ['handle_any'] }] } },
} as unknown as ToolDefinition;

describe('cli: attaching a tool', () => {
  const opened: BpfObject[] = [];
  before(function () {
    needs(this, 'root');
  });
  afterEach(() => {
    sinon.restore();
    for (const object of opened.splice(0)) object.close();
  });

  function open(): BpfObject {
    const object = BpfObject.open(objectPath('opensnoop'));
    opened.push(object);
    return object;
  }
  const attach = (first: BpfObject) => {
    const { filters } = parseOptions({ pid: ['1'] }, []);
    return attachTool(OPENSNOOP, first, open, { filters, launched: undefined, hasCgroups: false, bufferSize: 1 << 16 });
  };
  const taken = ({ choices }: ReturnType<typeof attach>) => choices.map(({ kinds }) => kinds).join();

  it('takes the first way', () => {
    const attached = attach(open());
    assert.equal(taken(attached), 'tracepoint');
    assert.equal(attached.object, opened[0]);
    attached.ring.close();
  });

  it('takes the next when a program is refused at load', () => {
    const first = open();
    const error = new ProgramError('cannot load opensnoop', 'handle_openat', 1, '');
    sinon.stub(first, 'load').throws(error);
    const attached = attach(first);
    assert.equal(taken(attached), 'tp_btf');
    assert.deepEqual(attached.choices[0]?.refused, [error]);
    assert.equal(attached.object, opened[1]);
    attached.ring.close();
  });

  it('takes the next when a program is refused as it is attached, and lets go of the first', () => {
    const first = open();
    const error = new BpfError('cannot attach', 2);
    sinon.stub(first.programs.need('handle_openat'), 'attach').throws(error);
    const attached = attach(first);
    assert.equal(taken(attached), 'tp_btf');
    assert.throws(() => first.programs.need('handle_openat').fd);
    attached.ring.close();
  });

  it('tells why there is none left', () => {
    const first = open();
    sinon.stub(BpfObject.prototype, 'load').callsFake(function (this: BpfObject) {
      const program = this === first ? 'handle_openat' : 'handle_any';
      throw new ProgramError('cannot load opensnoop', program, 1, '');
    });
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
