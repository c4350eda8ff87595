import { needs } from '../capability.js';
import { proves } from '../kernels/types.js';
import { scenariosOf } from './helpers.js';

const happens = scenariosOf('attach-rtnetlink');

describe('bpf: programs of routes, and actions', () => {
  before(function () {
    needs(this, 'root');
    needs(this, 'unshare');
    needs(this, 'ip');
  });

  proves({ lwt_out: 'counted', lwt_in: 'dropped' }).it('count and drop packets of local routes', () =>
    happens('local'),
  );

  proves({ lwt_xmit: 'marked' }).it('mark packets of a route, are replaced, and removed with it', function () {
    needs(this, 'veth');
    happens('route');
  });

  it('leave the routes of others', function () {
    needs(this, 'veth');
    happens('others');
  });

  it('are detached when the process ends, but for a signal', function () {
    needs(this, 'veth');
    happens('ends');
  });

  it('refuse wrong routes, also in the words of the kernel', function () {
    needs(this, 'veth');
    happens('mistakes');
  });

  proves({ lwt_seg6local: 'dropped' }).it('drop packets of a segment', function () {
    needs(this, 'veth');
    needs(this, 'seg6-local');
    happens('segment');
  });

  proves({ sched_act: 'dropped' }).it('drop packets as an action', function () {
    needs(this, 'tc-actions');
    happens('action');
  });
});
