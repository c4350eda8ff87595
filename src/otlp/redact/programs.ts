/** Options that are secret only because of the program that has them: `-p` is a port here, and a password there. */

export interface SecretOption {
  readonly option: RegExp;
  /** The value follows in the same word; the group before it is kept. */
  readonly isAttached?: true;
  /** Only where one of the words is this. */
  readonly needs?: string;
  /** Of the value only what is behind this sign. */
  readonly after?: string;
  /** Only a value like this. */
  readonly only?: RegExp;
}

const next = (option: RegExp, more: Omit<SecretOption, 'option'> = {}): SecretOption => ({ option, ...more });
const attached = (option: RegExp, more: Omit<SecretOption, 'option'> = {}): SecretOption => ({
  option,
  isAttached: true,
  ...more,
});

/** Letters of curl(1) that take no value: another option may follow in the same word. */
const CURL_LETTERS = '-[#:0-46BGIJLMNORSVZafgijklnpqsv]*';
/** The value of `-b` is cookies if it has a `=`, otherwise a file. */
const CURL: readonly SecretOption[] = [
  next(new RegExp(`^(?:${CURL_LETTERS}[uUE]|--(?:proxy-)?cert)$`), { after: ':' }),
  attached(new RegExp(`^(${CURL_LETTERS}[uUE]|--(?:proxy-)?cert=)(.+)$`, 's'), { after: ':' }),
  next(new RegExp(`^${CURL_LETTERS}b$`), { only: /=/ }),
  attached(new RegExp(`^(${CURL_LETTERS}b)(.+)$`, 's'), { only: /=/ }),
];

/** By the name of the program. What takes a value in the next word takes it in the same one, too, where both are here. */
const PROGRAMS: readonly (readonly [name: RegExp, options: readonly SecretOption[]])[] = [
  [/^(?:mysql|mariadb)/, [attached(/^(-p)(.+)$/s), next(/^password$/)]],
  [/^sshpass$/, [next(/^-[a-z]*p$/), attached(/^(-p)(.+)$/s)]],
  [/^curl$/, CURL],
  [/^(?:https?|xhs?)$/, [next(/^-[a-z]*a$/, { after: ':' }), attached(/^(-a)(.+)$/s, { after: ':' })]],
  [/^(?:redis|valkey|keydb)-cli$/, [next(/^-a$/)]],
  [/^(?:7z\w*|rar|unrar)$/, [attached(/^(-h?p)(.+)$/s)]],
  [/^(?:zip|unzip|ipmitool|sqlcmd|bcp|tsql)$/, [next(/^-[a-z]*P$/), attached(/^(-P)(.+)$/s)]],
  [/^ldap/, [next(/^-w$/), attached(/^(-w)(.+)$/s)]],
  [/^mongo/, [next(/^-p$/)]],
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
  [/freerdp$|^rdesktop$/, [attached(/^(\/p:)(.+)$/s), next(/^-p$/)]],
  [/^kubectl$|^oc$/, [attached(/^(--from-literal=[^=]*=)(.+)$/s)]],
];

/** Nearly all words are the names of none of these. */
const ANY = new RegExp(PROGRAMS.map(([{ source }]) => source).join('|'));

/** What of a program's words is secret by its name alone. */
export const secretOptions = (program: string): readonly SecretOption[] =>
  ANY.test(program) ? PROGRAMS.flatMap(([name, options]) => (name.test(program) ? options : [])) : [];
