/** Options that are secret depending on the program: `-p` may be a port or a password. */

export interface SecretOption {
  readonly option: RegExp;
  /** The value is in the same word, after the group, which is kept. */
  readonly isAttached?: true;
  /** Only if the command has this word. */
  readonly needs?: string;
  /** Only the part of the value after this separator. */
  readonly after?: string;
  /** Only values that match. */
  readonly only?: RegExp;
}

const next = (option: RegExp, more: Omit<SecretOption, 'option'> = {}): SecretOption => ({ option, ...more });
const attached = (option: RegExp, more: Omit<SecretOption, 'option'> = {}): SecretOption => ({
  option,
  isAttached: true,
  ...more,
});

/** Letters of curl(1) without a value: another option may follow in the same word. */
const CURL_LETTERS = '-[#:0-46BGIJLMNORSVZafgijklnpqsv]*';
/** The value of `-b` is a cookie if it contains `=`, otherwise a file. */
const CURL: readonly SecretOption[] = [
  next(new RegExp(`^(?:${CURL_LETTERS}[uUE]|--(?:proxy-)?cert)$`), { after: ':' }),
  attached(new RegExp(`^(${CURL_LETTERS}[uUE]|--(?:proxy-)?cert=)(.+)$`, 's'), { after: ':' }),
  next(new RegExp(`^${CURL_LETTERS}b$`), { only: /=/ }),
  attached(new RegExp(`^(${CURL_LETTERS}b)(.+)$`, 's'), { only: /=/ }),
];

/**
 * By program name. If a program has both forms of an option, a value in the next word is accepted in the same word,
 * too.
 */
const PROGRAMS: readonly (readonly [name: RegExp, options: readonly SecretOption[]])[] = [
  [/^(?:mysql|mariadb)/, [attached(/^(-p)(.+)$/s), next(/^password$/)]],
  [/^sshpass$/, [next(/^-[a-z]*p$/), attached(/^(-p)(.+)$/s)]],
  [/^curl$/, CURL],
  [/^(?:https?|xhs?)$/, [next(/^-[a-z]*a$/, { after: ':' }), attached(/^(-a)(.+)$/s, { after: ':' })]],
  [/^(?:redis|valkey|keydb)-cli$/, [next(/^(?:-a|requirepass|masterauth)$/i)]],
  [/^(?:7z\w*|rar|unrar)$/, [attached(/^(-h?p)(.+)$/s)]],
  [/^(?:zip|unzip|ipmitool|sqlcmd|bcp|tsql)$/, [next(/^-[a-z]*P$/), attached(/^(-P)(.+)$/s)]],
  [/^ldap/, [next(/^-w$/), attached(/^(-w)(.+)$/s)]],
  [/^mongo/, [next(/^-p$/), attached(/^(-p)(.+)$/s)]],
  [/^(?:cqlsh|rabbitmqadmin|twine)$/, [next(/^-p$/)]],
  [/^ssh-keygen$/, [next(/^-[NP]$/)]],
  [/^(?:p4|conan|netexec|nxc|evil-winrm|hydra|medusa)$/, [next(/^-[pP]$/)]],
  [/^(?:slappasswd|influx)$/, [next(/^-s$/)]],
  [/^kadmin/, [next(/^-(?:w|pw)$/)]],
  [/^pdf/, [next(/^-[uo]pw$/), next(/^(?:user|owner|input)_pw$/i)]],
  [/^wpa_cli$|^iw/, [next(/^(?:psk|password|key)$/)]],
  [/^rclone$/, [next(/^pass2?$/)]],
  [/^db2$/, [next(/^using$/i)]],
  [/^aws$/, [next(/^--value$/, { needs: 'put-parameter' }), attached(/^(--value=)(.+)$/s, { needs: 'put-parameter' })]],
  [/^az$/, [next(/^--value$/, { needs: 'keyvault' }), attached(/^(--value=)(.+)$/s, { needs: 'keyvault' })]],
  [/^gh$/, [next(/^(?:-b|--body)$/, { needs: 'secret' }), attached(/^(-b|--body=)(.+)$/s, { needs: 'secret' })]],
  [/^(?:vault|bao)$/, ['put', 'patch'].map((needs) => attached(/^(\w[\w.-]*=)(.+)$/s, { needs }))],
  [
    /^(?:fly|flyctl|heroku|doppler)$/,
    ['secrets', 'config:set'].map((needs) => attached(/^(\w[\w.-]*=)(.+)$/s, { needs })),
  ],
  [/^ngrok$/, [next(/^(?:add-)?authtoken$/)]],
  [/^nmcli$/, [next(/^password$/)]],
  [/^ab$/, [next(/^-[AP]$/, { after: ':' })]],
  [/^(?:sqlplus|sqlldr|expdp|impdp|rman)$/, [attached(/^(\w[\w.$#]*\/)(.+)$/s)]],
  [/^(?:mosquitto_(?:pub|sub|rr)|mqttx?)$/, [next(/^-P$/), attached(/^(-P)(.+)$/s)]],
  [/^(?:docker|podman|nerdctl|buildah|skopeo|helm|oras|crane|az|oc|cf)$/, [next(/^-p$/, { needs: 'login' })]],
  [
    /^(?:smbclient|rpcclient|net|smbget|winexe)$/,
    [next(/^-U$/, { after: '%' }), attached(/^(-U)(.+)$/s, { after: '%' })],
  ],
  [/^lftp$/, [next(/^-u$/, { after: ',' })]],
  [/^openssl$/, [next(/^-(?:k|K|hmac|passwd)$/)]],
  [/^snmp/, [next(/^-[AXc]$/)]],
  [/^(?:useradd|usermod|groupadd)$/, [next(/^-p$/)]],
  [/^(?:ftp|ncftp\w*)$/, [next(/^-p$/)]],
  [/freerdp$|^rdesktop$/, [attached(/^(\/p(?:assword)?:)(.+)$/s), next(/^-p$/)]],
  [/^kubectl$|^oc$/, [attached(/^(--from-literal=[^=]*=)(.+)$/s), next(/^--from-literal$/, { after: '=' })]],
];

/** Nearly no word is the name of such a program. */
const ANY = new RegExp(PROGRAMS.map(([{ source }]) => source).join('|'));

/** Secret options of a program. */
export const secretOptions = (program: string): readonly SecretOption[] =>
  ANY.test(program) ? PROGRAMS.flatMap(([name, options]) => (name.test(program) ? options : [])) : [];
