import assert from 'node:assert/strict';
import { MASK, redactWords } from '../../../src/otlp/redact/words.js';

/** Each word by itself: `sh -c` has one of several. */
type Case = readonly [words: string | readonly string[], shown?: string | readonly string[]];

const wordsOf = (words: string | readonly string[]) => (typeof words === 'string' ? words.split(' ') : [...words]);

/** `shown` is omitted if nothing is masked. `*` stands for masked text. */
const CASES: Readonly<Record<string, readonly Case[]>> = {
  'options and variables with such a name': [
    ['mysql --password=hunter2 -u root', 'mysql --password=* -u root'],
    ['tool --token abc --verbose', 'tool --token * --verbose'],
    ['tool --token --verbose'],
    ['env PGPASSWORD=x AWS_SECRET_ACCESS_KEY=y psql', 'env PGPASSWORD=* AWS_SECRET_ACCESS_KEY=* psql'],
    ['java -Dapi.key=1 -Ddb.password=2 -jar a.jar', 'java -Dapi.key=* -Ddb.password=* -jar a.jar'],
    ['ssh -i key --api-key k', 'ssh -i key --api-key *'],
    ['aws configure set aws_secret_access_key abc', 'aws configure set aws_secret_access_key *'],
    ['docker run -e DB_PASSWORD=x -eTOKEN=y img', 'docker run -e DB_PASSWORD=* -eTOKEN=* img'],
    ['kubectl create secret generic s --from-literal=k=v', 'kubectl create secret generic s --from-literal=k=*'],
    [
      ['tool', '--password=a b&c "d"'],
      ['tool', '--password=*'],
    ],
  ],
  'an assignment as the value of an option': [
    ['docker run --env=API_KEY=x --env=A=b img', 'docker run --env=API_KEY=* --env=A=b img'],
    ['terraform apply -var=db_token=x -var=n=1', 'terraform apply -var=db_token=* -var=n=1'],
    [
      'helm install --set=auth.password=x --build-arg=TOKEN=y',
      'helm install --set=auth.password=* --build-arg=TOKEN=*',
    ],
    ['tool --a=--b=--c=d=e'],
  ],
  'statements of SQL': [
    [
      ['psql', '-c', "ALTER ROLE me WITH ENCRYPTED PASSWORD 'it''s'"],
      ['psql', '-c', "ALTER ROLE me WITH ENCRYPTED PASSWORD '*'"],
    ],
    [
      ['mysql', '-e', "CREATE USER me IDENTIFIED BY 'secret'; SELECT 'x'"],
      ['mysql', '-e', "CREATE USER me IDENTIFIED BY '*'; SELECT 'x'"],
    ],
    [
      ['mysql', '-e', "SET PASSWORD = 'secret'"],
      ['mysql', '-e', "SET PASSWORD = '*'"],
    ],
    [
      ['sqlcipher', 'a.db', "PRAGMA key = 'secret'; PRAGMA cache_size = 1"],
      ['sqlcipher', 'a.db', "PRAGMA key = '*'; PRAGMA cache_size = 1"],
    ],
    [['psql', '-c', 'SELECT password FROM users']],
  ],
  'names and options of more programs': [
    ['tailscale up --auth-key=x --authkey y', 'tailscale up --auth-key=* --authkey *'],
    ['ffmpeg -decryption_key x -i a', 'ffmpeg -decryption_key * -i a'],
    ['redis-cli -h h AUTH default secret', 'redis-cli -h h AUTH default *'],
    ['redis-cli CONFIG SET requirepass secret', 'redis-cli CONFIG SET requirepass *'],
    ['redis-cli get auth'],
    ['mongosh -u me -psecret', 'mongosh -u me -p*'],
    ['twine upload -u me -p secret', 'twine upload -u me -p *'],
    ['kubectl create secret generic s --from-literal k=v', 'kubectl create secret generic s --from-literal k=*'],
    ['npm config set //registry.example/:_authToken x', 'npm config set //registry.example/:_authToken *'],
    ['nmcli dev wifi connect net password x', 'nmcli dev wifi connect net password *'],
    ['nmcli con mod net wifi-sec.psk x', 'nmcli con mod net wifi-sec.psk *'],
    ['wpa_passphrase net secret', 'wpa_passphrase net *'],
    ['wpa_passphrase net'],
    ['openssl passwd -6 secret', 'openssl passwd -6 *'],
    ['ssh-keygen -N secret -f key', 'ssh-keygen -N * -f key'],
    ['ab -A me:secret http://h/', 'ab -A me:* http://h/'],
    ['sqlplus -s me/secret@db', 'sqlplus -s me/*'],
    ['ngrok config add-authtoken x', 'ngrok config add-authtoken *'],
    [
      ['curl', '-sHAuthorization: Basic secret', '-HCookie: a=b'],
      ['curl', '-sHAuthorization: *', '-HCookie: *'],
    ],
  ],
  'short names of passwords': [
    ['x --pw=secret', 'x --pw=*'],
    ['plink -ssh h -pw secret', 'plink -ssh h -pw *'],
    ['x db_pw=secret --admin-pw secret BINDPW=y', 'x db_pw=* --admin-pw * BINDPW=*'],
    ['x --pwm=3 --bpw=8 --pw-file=/run/x -pwr 5 npw=7'],
  ],
  'what comes after a subcommand': [
    ['vault login secret', 'vault login *'],
    ['vault login -no-print -path x secret', 'vault login -no-print -path x *'],
    ['sudo -E /opt/bin/vault login -address=https://h secret', 'sudo -E /opt/bin/vault login -address=https://h *'],
    ['vault token revoke secret', 'vault token revoke *'],
    ['vault operator unseal c2VjcmV0Cg==', 'vault operator unseal *'],
    ['bao unwrap secret', 'bao unwrap *'],
    ['env VAULT_ADDR=x vault login secret', 'env VAULT_ADDR=x vault login *'],
    [
      ['sh', '-c', 'cd /x && vault login secret && vault kv get a'],
      ['sh', '-c', 'cd /x && vault login * && vault kv get a'],
    ],
    ['sudo htpasswd -b file user secret', 'sudo htpasswd -b file user *'],
    ['kubectl exec vault -- vault login secret', 'kubectl exec vault -- vault login *'],
    ['mosquitto_passwd -b file user secret', 'mosquitto_passwd -b file user *'],
    ['mosquitto_passwd -D file user'],
    ['rabbitmqctl add_user me secret', 'rabbitmqctl add_user me *'],
    ['vault login -method=oidc role=reader'],
    ['vault login -'],
    ['vault kv get app/config'],
    ['vault token lookup'],
    ['mkpasswd -m sha-512 secret', 'mkpasswd -m sha-512 *'],
    ['mkpasswd secret salt', 'mkpasswd * salt'],
    ['qpdf --encrypt user owner 256 -- in.pdf out.pdf', 'qpdf --encrypt * * 256 -- in.pdf out.pdf'],
    ['qpdf --empty --encrypt user owner 256 -- out.pdf', 'qpdf --empty --encrypt * * 256 -- out.pdf'],
    ['qpdf --decrypt in.pdf out.pdf'],
    ['ansible-vault encrypt_string --name x secret', 'ansible-vault encrypt_string --name x *'],
    ['ansible-vault edit group_vars/all'],
    ['rclone obscure secret', 'rclone obscure *'],
    ['mc alias set me https://h access secret', 'mc alias set me https://h * *'],
    ['mc ls me/bucket'],
    ['samba-tool user create bob secret --surname=x', 'samba-tool user create bob * --surname=x'],
    ['ejabberdctl register bob h secret', 'ejabberdctl register bob h *'],
    ['composer config --global http-basic.h.org me secret', 'composer config --global http-basic.h.org me *'],
    ['poetry config http-basic.h me secret', 'poetry config http-basic.h me *'],
    ['pulumi config set --secret key value', 'pulumi config set --secret * *'],
    ['pulumi config set key value --secret', 'pulumi config set key * --secret'],
    ['pulumi config set key value'],
    ['grep -r vault login notes.txt'],
    ['man vault login'],
  ],
  'a name and a password in one': [
    ['curl -u user:secret http://x', 'curl -u user:* http://x'],
    ['curl -su user:se:cret http://x', 'curl -su user:* http://x'],
    ['curl -uuser:secret http://x', 'curl -uuser:* http://x'],
    ['curl --user user:secret --proxy-user p:q -U a:b', 'curl --user user:* --proxy-user p:* -U a:*'],
    ['/usr/bin/curl --user=user:secret', '/usr/bin/curl --user=user:*'],
    ['curl -u user http://x'],
    ['curl -E cert.pem:secret x', 'curl -E cert.pem:* x'],
    ['curl -sSLEcert.pem:secret x', 'curl -sSLEcert.pem:* x'],
    ['curl --cert c.pem:s --proxy-cert p.pem:s x', 'curl --cert c.pem:* --proxy-cert p.pem:* x'],
    ['curl -E cert.pem --cert other.pem --key k.pem x'],
    ['wget --user me --password x', 'wget --user me --password *'],
    ['http -a user:secret x', 'http -a user:* x'],
    ['smbclient -U user%secret //h/s', 'smbclient -U user%* //h/s'],
    ['lftp -u user,secret h', 'lftp -u user,* h'],
    ['docker run -u 1000:1000 img'],
  ],
  'options of certain programs': [
    ['mysql -psecret -u root', 'mysql -p* -u root'],
    ['mysqldump -uroot -psecret db', 'mysqldump -uroot -p* db'],
    ['sudo -n mariadb-dump -psecret db', 'sudo -n mariadb-dump -p* db'],
    ['docker exec db mysql -psecret', 'docker exec db mysql -p*'],
    ['mysqladmin -u root password new', 'mysqladmin -u root password *'],
    ['mysql -p -P 3306'],
    ['sshpass -p secret ssh -p 22 h', 'sshpass -p * ssh -p * h'],
    ['sshpass -psecret ssh h', 'sshpass -p* ssh h'],
    ['redis-cli -h x -a secret ping', 'redis-cli -h x -a * ping'],
    ['7z a -psecret x.7z f', '7z a -p* x.7z f'],
    ['rar a -hpsecret x f', 'rar a -hp* x f'],
    ['zip -P secret x f', 'zip -P * x f'],
    ['ldapsearch -D cn=a -w secret', 'ldapsearch -D cn=a -w *'],
    ['mongosh -u a -p secret', 'mongosh -u a -p *'],
    ['docker login -u a -p secret', 'docker login -u a -p *'],
    ['docker run -p 80:80 img'],
    ['openssl enc -k secret -pass pass:secret', 'openssl enc -k * -pass *'],
    ['openssl rsa -passin pass:x', 'openssl rsa -passin *'],
    ['htpasswd -bc file user secret', 'htpasswd -bc file user *'],
    ['ipmitool -H h -U a -P secret power', 'ipmitool -H h -U a -P * power'],
    ['xfreerdp /u:a /p:secret /v:h', 'xfreerdp /u:a /p:* /v:h'],
    ['snmpwalk -A authpass -X privpass -c public h', 'snmpwalk -A * -X * -c * h'],
    ['useradd -p hash bob', 'useradd -p * bob'],
    ['curl -b session=secret x', 'curl -b * x'],
    ['sudo curl -sb sid=secret;b=c -L x', 'sudo curl -sb * -L x'],
    ['curl -bsid=secret x', 'curl -b* x'],
    ['curl -b jar.txt -c jar.txt --data-binary a=b x'],
    ['curl -o a=b -Ab=c x'],
    ['mosquitto_pub -u me -P secret -p 1883 -t a', 'mosquitto_pub -u me -P * -p 1883 -t a'],
    ['mosquitto_sub -Psecret -t a/b -P *', 'mosquitto_sub -P* -t a/b -P *'],
    ['aws ssm put-parameter --name a --value secret', 'aws ssm put-parameter --name a --value *'],
    ['aws ssm put-parameter --value=secret --type x', 'aws ssm put-parameter --value=* --type x'],
    ['aws dynamodb get-item --value x'],
    ['az keyvault secret set --vault-name v -n a --value s', 'az keyvault secret set --vault-name v -n a --value *'],
    ['gh secret set NAME --body x', 'gh secret set NAME --body *'],
    ['gh issue create --body text'],
    ['vault kv put app/config value=secret other=b', 'vault kv put app/config value=* other=*'],
    ['fly secrets set A=secret B=c', 'fly secrets set A=* B=*'],
    ['heroku config:set A=secret -a app', 'heroku config:set A=* -a app'],
    ['impdp me/secret@db tables=a', 'impdp me/* tables=a'],
    ['p4 -P secret sync', 'p4 -P * sync'],
    ['slappasswd -s secret', 'slappasswd -s *'],
    ['kadmin -p me -w secret -q x', 'kadmin -p me -w * -q x'],
    ['pdftotext -upw secret a.pdf', 'pdftotext -upw * a.pdf'],
    ['pdftk a.pdf input_pw secret output b.pdf', 'pdftk a.pdf input_pw * output b.pdf'],
    ['wpa_cli set_network 0 psk secret', 'wpa_cli set_network 0 psk *'],
    ['iwconfig wlan0 key secret', 'iwconfig wlan0 key *'],
    ['db2 connect to d user me using secret', 'db2 connect to d user me using *'],
    ['rclone config create r webdav user me pass secret', 'rclone config create r webdav user me pass *'],
    ['rsync -P file h:'],
    ['mkdir -pv a/b'],
    ['ps -p123'],
    ['ssh -p22 h'],
    ['cp -pr a b'],
  ],
  'JSON and other texts': [
    [
      ['curl', '-d', '{"password":"secret","user":"a"}'],
      ['curl', '-d', '{"password":"*","user":"a"}'],
    ],
    [
      ['x', '{ "db": {"Passwd" : "a\\"b", "port": 1}, \'api_key\': \'k\', "n":2}'],
      ['x', '{ "db": {"Passwd" : "*", "port": 1}, \'api_key\': \'*\', "n":2}'],
    ],
    [
      ['x', '{"pin":1,"token":12345,"secret":null}'],
      ['x', '{"pin":1,"token":*,"secret":*}'],
    ],
    [
      ['x', '{\\"password\\":\\"secret\\",\\"user\\":\\"a\\"}'],
      ['x', '{\\"password\\":\\"*\\",\\"user\\":\\"a\\"}'],
    ],
    [
      ['x', '{"tokens":["a","b"],"a":1}'],
      ['x', '{"tokens":*,"a":1}'],
    ],
    [
      ['x', '{"password":"it was cut he'],
      ['x', '{"password":"*"'],
    ],
    [
      ['x', 'user=a&password=b&c=d'],
      ['x', 'user=a&password=*&c=d'],
    ],
    [
      ['psql', 'host=h user=u password=secret dbname=d'],
      ['psql', 'host=h user=u password=* dbname=d'],
    ],
    [
      ['x', "Server=s;Uid=u;Pwd='a b';Port=1"],
      ['x', "Server=s;Uid=u;Pwd='*';Port=1"],
    ],
    [
      ['mount', '-o', 'username=u,password=p,vers=3'],
      ['mount', '-o', 'username=u,password=*,vers=3'],
    ],
    [
      ['x', 'db:\n  password: secret\n  port: 1'],
      ['x', 'db:\n  password: *\n  port: 1'],
    ],
    [
      ['x', '<user>a</user><password>b</password>'],
      ['x', '<user>a</user><password>*</password>'],
    ],
    [
      ['x', '-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END'],
      ['x', '-----BEGIN RSA PRIVATE KEY-----*-----END'],
    ],
  ],
  URLs: [
    ['curl https://user:pw@example.org/a?b=c', 'curl https://user:*@example.org/a?b=c'],
    ['psql postgres://u:p@ss@h:5432/d', 'psql postgres://u:*@h:5432/d'],
    ['redis-cli -u redis://:pw@h', 'redis-cli -u redis://:*@h'],
    ['curl http://h:80/@x'],
    ['git clone https://sometoken@host/x', 'git clone https://*@host/x'],
    ['pip install git+https://some.token%40x@host/x.git', 'pip install git+https://*@host/x.git'],
    ['git clone http://token:x-oauth-basic@host/x', 'git clone http://*:*@host/x'],
    ['curl HTTPS://token:@[::1]:80/', 'curl HTTPS://*:@[::1]:80/'],
    ['x --url=https://token@host', 'x --url=https://*@host'],
    ['git clone ssh://git@host/x'],
    ['git clone git@host:x/y'],
    ['curl https://host/@scope/package?mail=a@b.org#c@d'],
    ['curl https://host?mail=a@b.org https://host:443/a@b'],
    ['npm install @scope/a@https://host/a.tgz user@host'],
    ['curl http://h/?access_token=abc&x=1#f', 'curl http://h/?access_token=*&x=1#f'],
    ['curl http://h/?sv=1&sig=abc%3D', 'curl http://h/?sv=1&sig=*'],
  ],
  headers: [
    [
      ['curl', '-H', 'Authorization: Bearer abc', '-H', 'X-Auth-Token: t', '-H', 'Accept: x'],
      ['curl', '-H', 'Authorization: *', '-H', 'X-Auth-Token: *', '-H', 'Accept: x'],
    ],
    [
      ['git', '-c', 'http.extraHeader=Authorization: Basic abc='],
      ['git', '-c', 'http.extraHeader=Authorization: *'],
    ],
  ],
  'tokens that are known by their form': [
    [`git clone https://ghp_${'a1'.repeat(18)}@github.com/x`, 'git clone https://*@github.com/x'],
    ['x glpat-abcdefghij0123456789', 'x *'],
    ['x AKIAIOSFODNN7EXAMPLE', 'x *'],
    [`x eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.sig`, 'x *'],
    [`vault kv get -header ${'hvs.CAESI'.padEnd(40, 'aB3_-')}`, 'vault kv get -header *'],
    [`x hvb.${'Ab1'.repeat(30)} hvr.${'Ab1'.repeat(30)}`, 'x * *'],
    [`x ghp_${'aB1'.repeat(12)} ghs_${'aB1'.repeat(12)} github_pat_${'11AAAAAA0_'.repeat(5)}`, 'x * * *'],
    ['x xoxb-123456789012 xapp-1-A0123456789 gldt-a1b2c3d4e5f6g7h8i9j0', 'x * * *'],
    [`x npm_${'aB1'.repeat(12)} hf_${'aBc'.repeat(12)} dop_v1_${'0a'.repeat(32)}`, 'x * * *'],
    [`x SG.${'aB1'.repeat(7)}.${'aB1'.repeat(14)} pypi-AgEIcHlwaS5vcmcC${'aB1'.repeat(9)}`, 'x * *'],
    [`x dckr_pat_${'aB-'.repeat(9)}c shpat_${'0a'.repeat(16)} rubygems_${'0a'.repeat(24)}`, 'x * * *'],
    ['x hvs.my-long-internal-host-name hvs.example.org'],
    ['x ghp_settings_for_every_repository glpat-rotation-service-worker'],
    ['env npm_config_the_folder_of_all_its_caches=/x'],
    ['x xoxo-hugs-and-kisses hf_transfer_of_a_model_that_is_large AKIAMAR SG.x.y'],
    ['x sk-proj-abcdefghijklmnopqrst', 'x *'],
  ],
  'command lines in a word': [
    [
      ['sh', '-c', 'mysql -psecret db | head'],
      ['sh', '-c', 'mysql -p* db | head'],
    ],
    [
      ['sh', '-c', 'curl -u user:secret "http://x"; ls'],
      ['sh', '-c', 'curl -u user:* "http://x"; ls'],
    ],
    [
      ['bash', '-c', "tool --token 'a b' -v"],
      ['bash', '-c', "tool --token '*' -v"],
    ],
    [
      ['ssh', 'h', `sh -c "mysql -psecret"`],
      ['ssh', 'h', `sh -c "mysql -p*"`],
    ],
    [
      ['sh', '-c', `curl -H "Authorization: Bearer abc" -d '{"password":"x"}' y`],
      ['sh', '-c', `curl -H "Authorization: *" -d '{"password":"*"}' y`],
    ],
    [
      ['sh', '-c', 'export DB_PASSWORD=x; run'],
      ['sh', '-c', 'export DB_PASSWORD=* run'],
    ],
    [['sh', '-c', 'echo "it\'s fine"  and   \\"odd\\" \' left']],
  ],
  'nothing that is none': [
    ['ls -l --color=auto /etc/passwd'],
    ['git log --author=me'],
    ['make -j4 CFLAGS=-O2'],
    ['env PWD=/root OLDPWD=/ pwd'],
    ['tool --password-file /run/x --tokenizer gpt2'],
    [['sh', '-c', 'for i in 1 2; do echo "$i: done"; done']],
    [['python3', '-c', 'import json\nprint({"a": 1, "b": [2]})']],
    [['awk', '{print $1 ":" $2}']],
    ['rsync -av host:/a /b'],
    ['date +%H:%M:%S'],
  ],
};

describe('output: OTLP, arguments of commands', () => {
  for (const [what, cases] of Object.entries(CASES))
    describe(what, () => {
      for (const [words, shown = words] of cases)
        it(wordsOf(words).join(' '), () => {
          const expected = wordsOf(shown).map((word) => word.replaceAll('*', MASK));
          assert.deepEqual(redactWords(wordsOf(words)), expected);
        });
    });

  it('takes no more time than a word is long', () => {
    const SIZE = 128 << 10;
    const repeated = (text: string) => text.repeat(Math.ceil(SIZE / text.length));
    for (const part of [
      'a',
      'a.',
      'a:',
      'a://b:',
      '"',
      "'",
      '\\"',
      '"a":',
      '"a" :',
      'a=',
      '{"',
      ' a: ',
      'bearer ',
      '-----BEGIN ',
      'eyJa.',
      'a ',
      '"a ',
      ' ',
      '<a',
      'gh',
      'a b\\ ',
      'https://',
      'https://a@',
      'hvs.',
      'vault login ',
      'vault ',
      'vault ; ',
      'sudo htpasswd ',
      'sk-a-',
    ]) {
      const start = performance.now();
      redactWords(['sh', '-c', repeated(part)]);
      redactWords(['mysql', repeated(part), `-p${repeated(part)}`]);
      assert.ok(performance.now() - start < 3000, `${part}: ${performance.now() - start} ms`);
    }
  });
});
