/** Secrets inside a text, recognized by a preceding name or by their own form. */

export const MASK = '[REDACTED]';

/** Names of options, variables, members and headers with secret values. */
const SECRET = new RegExp(
  [
    'pass(?:w(?:or)?ds?|phrase|code|in|out)?$|passw|pwd$|secret|token(?!iz)|credential|cookie|bearer|jwt|auth(?:orization)?$',
    '(?:api|access|auth|private|account|(?:en|de)cryption|license|master|session|shared|signing|storage)[-_.]?key',
    '(?:^|[-_.])(?:sig|signature|otp|pat|psk|psw|pswd)$|(?:^|[-_.]|user|root|admin|bind|key|store|login)pw$',
    'connection[-_.]?string',
  ].join('|'),
  'i',
);
/** Suffixes of names whose value is a location. */
const ELSEWHERE = /[-_.](?:file|path|dir|folder)$/i;
/** Working directories in a shell's environment. */
const FOLDER = /^(?:OLD)?PWD$/;

export const isSecretName = (name: string): boolean => SECRET.test(name) && !ELSEWHERE.test(name) && !FOLDER.test(name);

/**
 * These patterns run on untrusted text of up to 128 KiB. To avoid excessive backtracking, each repetition before an
 * optional part is bounded.
 */
const NAME = '[\\w.-]{2,64}';
/** User and password in a URL, as opposed to a port. */
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/@:]{0,256}):(?!\d{1,5}(?:[/?#\s"']|$))[^\s"']{1,2048}@/gi;
/** Userinfo of an HTTP URL without a password: a token or a user name. */
const URL_USER = /(\bhttps?:\/\/)[^\s/@:?#"'<>]{1,2048}(:(?:x-oauth-basic)?)?@/gi;
/** `&password=x` of a form or query, `;Pwd=x` of a connection string, ` password='x y'`. */
const MEMBER = new RegExp(`(^|[?&;,\\s"'{(:@])(${NAME})=("(?:[^"\\\\]|\\\\.)*"?|'[^']*'?|[^&;,\\s"'})]+)`, 'g');
/** `"password": "x"`, also with escaped quotation marks. */
const JSON_MEMBER = new RegExp(
  `((\\\\{0,7}["'])(${NAME})\\2\\s{0,20}:\\s{0,20})("(?:[^"\\\\]|\\\\.)*"?|'(?:[^'\\\\]|\\\\.)*'?|\\\\+["'][^"']*["']?|\\[[^\\]]*\\]?|[^\\s,}\\]"'\\\\]+)`,
  'g',
);
/** `password: x`, as in YAML and headers. */
const COLON = new RegExp(
  `(^|[\\s,{;&"'])(${NAME})([ \\t]{0,4}:[ \\t]{1,20})("(?:[^"\\\\]|\\\\.)*"?|'[^']*'?|[^\\s,}"']+)`,
  'g',
);
/** Headers whose values contain blanks, up to the end of the line or quotation. */
const HEADER =
  /((?:^|[\s"',;{=])(?:proxy-)?authorization|(?:^|[\s"',;{=])(?:set-)?cookie)(["']?\s{0,4}[:=]\s{0,20}["']?)[^"'\n]+/gi;
const BEARER = /\b(bearer)(\s{1,4})[\w.~+/=-]{8,}/gi;
const ELEMENT = new RegExp(`<(${NAME})>[^<]+`, 'g');
/** `IDENTIFIED BY 'x'`, `PASSWORD 'x'`, `PASSWORD = 'x'` and `PRAGMA key = 'x'` of SQL. */
const SQL_PASSWORD =
  /\b(identified\s{1,9}by\s{1,9}|pragma\s{1,9}(?:re)?key\s{0,9}=\s{0,9}|password\s{0,9}=?\s{0,9}\(?)'(?:[^'\\]|\\.|'')*'?/gi;
const PRIVATE_KEY = /(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)[^-]+/g;
/** Prefixes of services' tokens, before random characters. */
const TOKEN = new RegExp(
  `\\b(?:${[
    // GitHub, GitLab, Docker Hub, PyPI, npm, RubyGems
    'gh[pousr]_[A-Za-z0-9]{20,255}',
    'github_pat_\\w{20,255}',
    'gl(?:pat|ptt|dt|rt|cbt|ft|soat|imt|agent|oas)-(?=[\\w-]{0,32}[A-Z0-9])[\\w.-]{16,255}',
    'dckr_[po]at_[\\w-]{20,255}',
    'pypi-AgE[\\w-]{30,512}',
    'npm_[A-Za-z0-9]{30,255}',
    'rubygems_[0-9a-f]{32,255}',
    // Slack
    'xox[a-z]-(?=[\\w-]{0,32}[A-Z0-9])[\\w-]{12,255}',
    'xapp-\\d-[\\w-]{10,255}',
    // HashiCorp Vault
    'hv[sbr]\\.(?=[\\w-]{0,32}[A-Z0-9])[\\w-]{20,512}',
    // Stripe, OpenAI, Anthropic, SendGrid, Hugging Face, Shopify
    '(?:sk|rk)[-_](?:[a-z]+[-_]){0,2}[A-Za-z0-9]{16,255}',
    'sk-ant-[a-z]{1,16}\\d\\d-[\\w-]{20,255}',
    'SG\\.[\\w-]{16,64}\\.[\\w-]{16,128}',
    'hf_[A-Za-z0-9]{30,255}',
    'shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32,255}',
    // Google, AWS, DigitalOcean
    'AIza[\\w-]{30,255}',
    'ya29\\.[\\w.-]{20,512}',
    '(?:AKIA|ASIA)[A-Z0-9]{16}',
    'do[opr]_v1_[0-9a-f]{32,255}',
    // JWT, age
    'eyJ[\\w-]{8,4096}\\.eyJ[\\w-]{8,4096}\\.[\\w-]{0,4096}',
    'AGE-SECRET-KEY-1[A-Z0-9]{20,255}',
  ].join('|')})`,
  'g',
);

/** Masks a value inside its quotation marks. */
function maskValue(value: string): string {
  const [mark = ''] = /^\\*["']/.exec(value) ?? [];
  return `${mark}${MASK}${mark}`;
}

/** Most words contain no possible start of a match. */
const POSSIBLE = /[:=<]|[\w.-]{16}|bearer|private key|password|identified/i;

/** Masks likely secrets in a text. */
export function redactText(text: string): string {
  if (!POSSIBLE.test(text)) return text;
  return text
    .replace(PRIVATE_KEY, `$1${MASK}`)
    .replace(URL_USER, `$1${MASK}$2@`)
    .replace(URL_PASSWORD, `$1:${MASK}@`)
    .replace(HEADER, `$1$2${MASK}`)
    .replace(JSON_MEMBER, (all, before: string, _mark, name: string, value: string) =>
      isSecretName(name) ? `${before}${maskValue(value)}` : all,
    )
    .replace(MEMBER, (all, before: string, name: string, value: string) =>
      isSecretName(name) ? `${before}${name}=${maskValue(value)}` : all,
    )
    .replace(COLON, (all, before: string, name: string, colon: string, value: string) =>
      isSecretName(name) ? `${before}${name}${colon}${maskValue(value)}` : all,
    )
    .replace(ELEMENT, (all, name: string) => (isSecretName(name) ? `<${name}>${MASK}` : all))
    .replace(BEARER, `$1$2${MASK}`)
    .replace(SQL_PASSWORD, `$1'${MASK}'`)
    .replace(TOKEN, MASK);
}
