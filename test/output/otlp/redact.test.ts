import assert from 'node:assert/strict';
import { MASK, redactWords } from '../../../src/output/otlp/redact.js';

describe('output: OTLP, arguments of commands', () => {
  for (const [words, shown] of [
    ['mysql --password=hunter2 -u root', `mysql --password=${MASK} -u root`],
    ['tool --token abc --verbose', `tool --token ${MASK} --verbose`],
    ['tool --token --verbose', 'tool --token --verbose'],
    ['env PGPASSWORD=x AWS_SECRET_ACCESS_KEY=y psql', `env PGPASSWORD=${MASK} AWS_SECRET_ACCESS_KEY=${MASK} psql`],
    ['curl https://user:pw@example.org/a?b=c', `curl https://user:${MASK}@example.org/a?b=c`],
    ['java -Dapi.key=1 -Ddb.password=2 -jar a.jar', `java -Dapi.key=${MASK} -Ddb.password=${MASK} -jar a.jar`],
    ['ls -l --color=auto /etc/passwd', 'ls -l --color=auto /etc/passwd'],
    ['git log --author=me', 'git log --author=me'],
    ['make -j4 CFLAGS=-O2', 'make -j4 CFLAGS=-O2'],
    ['ssh -i key --api-key k', `ssh -i key --api-key ${MASK}`],
  ] as const)
    it(words, () => assert.deepEqual(redactWords(words.split(' ')).join(' '), shown));

  it('headers', () => {
    assert.deepEqual(
      redactWords(['curl', '-H', 'Authorization: Bearer abc', '-H', 'X-Auth-Token: t', '-H', 'Accept: x']),
      ['curl', '-H', `Authorization: ${MASK}`, '-H', `X-Auth-Token: ${MASK}`, '-H', 'Accept: x'],
    );
  });
});
