import { ed25519Line, type Row, rowsOf, rsaLine } from './objects.ts';

const { taken, refused, condition } = rowsOf('SSHKey');
const userRef = { name: 'alice' };
const key = (more: object) => ({ publicKey: ed25519Line(), userRef, ...more });
const publicKey = (text: unknown) => ({ publicKey: text, userRef });
const deployKey = (repositoryRefs: unknown) => ({ publicKey: ed25519Line(), repositoryRefs });
const refs = (length: number): readonly object[] =>
  Array.from({ length }, (_, at) => ({ name: at === 0 ? 'app' : `r-${at}` }));
const expiresAt = (text: unknown) => key({ expiresAt: text });
const ranges = (...sourceRanges: readonly unknown[]) => key({ sourceRanges });
const manyRanges = (length: number) => ranges(...Array.from({ length }, (_, at) => `10.0.${at}.0/24`));
/** What nobody may repeat. */
export const privateKeyBody = 'MC4CAQAwBQYDK2VwBCIEIA==';

const pem = (kind: string) => `-----BEGIN ${kind}-----\n${privateKeyBody}\n-----END ${kind}-----\n`;

/** A line with a comment, of so many characters in all. */
const lineOf = (length: number): string => `${ed25519Line()} `.padEnd(length, 'c');

export const sshKeyRows: readonly Row[] = [
  refused('no spec', undefined, 'spec'),
  taken("a user's key", key({})),
  taken('every field', {
    ...key({ access: 'ReadOnly', sourceRanges: ['10.0.0.0/8'] }),
    ...{ notBefore: '2026-01-01T00:00:00Z', expiresAt: '2099-01-01T00:00:00Z' },
  }),
  taken('a deploy key', deployKey([{ name: 'app' }])),
  refused('a user and repositories', key({ repositoryRefs: [{ name: 'app' }] }), 'spec.userRef'),
  refused('neither of them', { publicKey: ed25519Line() }, 'spec.userRef'),
  refused('a user without a value', { publicKey: ed25519Line(), userRef: null }, 'spec.userRef'),
  refused('a misspelt field', key({ expireAt: '2099-01-01T00:00:00Z' }), 'spec.expireAt'),

  refused('no publicKey', { userRef }, 'spec.publicKey'),
  refused('an empty publicKey', publicKey(''), 'spec.publicKey'),
  refused('a list for a publicKey', publicKey([ed25519Line()]), 'spec.publicKey'),
  taken('a line with its end', publicKey(`${ed25519Line()}\n`)),
  taken('a line with blanks around', publicKey(`\n \t${ed25519Line()} \r\n\u00a0`)),
  taken('a comment of many scripts', publicKey(`${ed25519Line()}\tZoë's laptop 👩‍💻 `)),
  taken('a line of 16384 characters', publicKey(lineOf(16_384))),
  refused('a line of 16385 characters', publicKey(lineOf(16_385)), 'spec.publicKey'),
  refused('two lines', publicKey(`${ed25519Line()}\n${ed25519Line()}\n`), 'spec.publicKey'),
  refused('options in front', publicKey(`no-pty ${ed25519Line()}`), 'spec.publicKey'),
  refused('a private key', publicKey(pem('OPENSSH PRIVATE KEY')), 'spec.publicKey'),
  refused('a private key in PEM', publicKey(pem('PRIVATE KEY')), 'spec.publicKey'),
  refused(
    'a private key behind a good line',
    publicKey(`${ed25519Line()} ${pem('RSA PRIVATE KEY')}`),
    'spec.publicKey',
  ),
  refused('the file of PuTTY', publicKey('PuTTY-User-Key-File-3: ssh-ed25519'), 'spec.publicKey'),
  refused('a public key in PEM', publicKey(pem('PUBLIC KEY')), 'spec.publicKey'),
  refused('a certificate', publicKey('ssh-ed25519-cert-v01@openssh.com AAAA'), 'spec.publicKey'),
  refused('a DSA key', publicKey('ssh-dss AAAAB3NzaC1kc3M='), 'spec.publicKey'),
  refused('a fingerprint', publicKey('SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU'), 'spec.publicKey'),
  refused('a type alone', publicKey('ssh-ed25519'), 'spec.publicKey'),
  refused('base64 of another alphabet', publicKey('ssh-ed25519 AAAA-_'), 'spec.publicKey'),
  refused('a control character', publicKey(`${ed25519Line()} a\u0007`), 'spec.publicKey'),
  condition('a damaged key', publicKey('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA=='), 'spec.publicKey'),
  condition('a key of another type than it says', publicKey(ed25519Line().replace('ed25519', 'rsa')), 'spec.publicKey'),
  condition('RSA with 1024 bits', publicKey(rsaLine(1024)), 'WeakKey'),
  taken('RSA with 2048 bits', publicKey(rsaLine(2048))),

  refused('a userRef without a name', key({ userRef: {} }), 'spec.userRef.name'),
  refused('a userRef with a namespace', key({ userRef: { ...userRef, namespace: 'b' } }), 'spec.userRef.namespace'),
  refused('a userRef in capitals', key({ userRef: { name: 'Alice' } }), 'spec.userRef.name'),
  refused('a name for a userRef', key({ userRef: 'alice' }), 'spec.userRef'),
  condition('a user who does not exist', key({ userRef: { name: 'nobody' } }), 'UserNotFound'),

  refused('no repositories', deployKey([]), 'spec.repositoryRefs'),
  taken('64 repositories', deployKey(refs(64))),
  refused('65 repositories', deployKey(refs(65)), 'spec.repositoryRefs'),
  refused('a repository twice', deployKey([{ name: 'app' }, { name: 'app' }]), 'spec.repositoryRefs'),
  refused('names for repositories', deployKey(['app']), 'spec.repositoryRefs[0]'),
  refused('a repository in capitals', deployKey([{ name: 'App' }]), 'spec.repositoryRefs[0].name'),
  condition('a repository that does not exist', deployKey([{ name: 'none' }]), 'RepositoryNotFound'),

  refused('access in other letters', key({ access: 'readonly' }), 'spec.access'),
  taken('access without a value', key({ access: null })),

  taken('a time with an offset', expiresAt('2099-01-31T12:00:00+05:30')),
  taken('a time with nanoseconds', expiresAt('2099-01-31T12:00:00.123456789Z')),
  taken('a leap day', expiresAt('2096-02-29T00:00:00Z')),
  taken('the last time of all', expiresAt('9999-12-31T23:59:59.999Z')),
  refused('a word for a time', expiresAt('tomorrow'), 'spec.expiresAt'),
  refused('an empty time', expiresAt(''), 'spec.expiresAt'),
  refused('a number for a time', expiresAt(4_073_587_200), 'spec.expiresAt'),
  refused('a date', expiresAt('2099-01-31'), 'spec.expiresAt'),
  refused('a time without seconds', expiresAt('2099-01-31T12:00Z'), 'spec.expiresAt'),
  refused('a time without a zone', expiresAt('2099-01-31T12:00:00'), 'spec.expiresAt'),
  refused('a time in small letters', expiresAt('2099-01-31t12:00:00z'), 'spec.expiresAt'),
  refused('a blank for the T', expiresAt('2099-01-31 12:00:00Z'), 'spec.expiresAt'),
  refused('the 30th of February', expiresAt('2099-02-30T00:00:00Z'), 'spec.expiresAt'),
  refused('a leap day in another year', expiresAt('2099-02-29T00:00:00Z'), 'spec.expiresAt'),
  refused('hour 24', expiresAt('2099-01-31T24:00:00Z'), 'spec.expiresAt'),
  refused('a leap second', expiresAt('2098-12-31T23:59:60Z'), 'spec.expiresAt'),
  refused('an offset of a day', expiresAt('2099-01-31T12:00:00+24:00'), 'spec.expiresAt'),
  refused('an offset without a colon', expiresAt('2099-01-31T12:00:00+0530'), 'spec.expiresAt'),
  refused('a comma for the fraction', expiresAt('2099-01-31T12:00:00,5Z'), 'spec.expiresAt'),
  refused('ten digits of a second', expiresAt('2099-01-31T12:00:00.1234567890Z'), 'spec.expiresAt'),
  condition('the year 0', expiresAt('0000-01-01T00:00:00Z'), 'Expired'),
  condition('the year 1', expiresAt('0001-01-01T00:00:00+14:00'), 'Expired'),
  taken('the last time of all, in another zone', expiresAt('9999-12-31T23:59:59-12:00')),
  taken('years apart', key({ notBefore: '0000-02-29T00:00:00Z', expiresAt: '9999-12-31T23:59:59.999999999Z' })),
  refused('an offset of 60 minutes', expiresAt('2099-01-31T12:00:00+01:60'), 'spec.expiresAt'),
  refused('a year of five digits', expiresAt('10000-01-01T00:00:00Z'), 'spec.expiresAt'),
  condition('a time that is over', expiresAt('2001-01-01T00:00:00Z'), 'Expired'),
  refused(
    'an end before the beginning',
    key({ notBefore: '2099-01-02T00:00:00Z', expiresAt: '2099-01-01T00:00:00Z' }),
    'spec.expiresAt',
  ),
  refused(
    'an end at the beginning, in another zone',
    key({ notBefore: '2099-01-01T00:00:00Z', expiresAt: '2099-01-01T02:00:00+02:00' }),
    'spec.expiresAt',
  ),
  taken(
    'an end a nanosecond after the beginning',
    key({ notBefore: '2099-01-01T00:00:00.000000001Z', expiresAt: '2099-01-01T00:00:00.000000002Z' }),
  ),

  taken('ranges', ranges('10.0.0.0/8', '192.0.2.1/32', '0.0.0.0/0', '2001:db8::/32', '::/0', '2001:DB8::1/128')),
  taken('ranges of the same addresses', ranges('10.0.0.0/8', '10.1.0.0/8')),
  refused('a range without a value', ranges(null), 'spec.sourceRanges[0]'),
  refused('::ffff:0:0/96', ranges('::ffff:0:0/96'), 'spec.sourceRanges[0]'),
  refused('a range with a line end', ranges('10.0.0.0/8\n'), 'spec.sourceRanges[0]'),
  refused('a prefix with a sign', ranges('10.0.0.0/+8'), 'spec.sourceRanges[0]'),
  taken('IPv4 beside IPv6, in hexadecimal', ranges('::fffe:a00:0/104', '64:ff9b::a00:0/104')),
  taken('a range with bits of a host', ranges('10.1.2.3/8')),
  taken('the longest range', ranges('2001:0db8:0000:0000:0000:0000:0000:0001/128')),
  refused('no ranges', ranges(), 'spec.sourceRanges'),
  refused('a range twice', ranges('10.0.0.0/8', '10.0.0.0/8'), 'spec.sourceRanges'),
  taken('64 ranges', manyRanges(64)),
  refused('65 ranges', manyRanges(65), 'spec.sourceRanges'),
  refused('an address', ranges('10.0.0.0'), 'spec.sourceRanges[0]'),
  refused('a host', ranges('10.0.0.0/8', 'example.com/8'), 'spec.sourceRanges[1]'),
  refused('a prefix of 33', ranges('10.0.0.0/33'), 'spec.sourceRanges[0]'),
  refused('a prefix of 129', ranges('::/129'), 'spec.sourceRanges[0]'),
  refused('a prefix with a leading zero', ranges('10.0.0.0/08'), 'spec.sourceRanges[0]'),
  refused('a part with a leading zero', ranges('010.0.0.0/8'), 'spec.sourceRanges[0]'),
  refused('three parts', ranges('10.0.0/8'), 'spec.sourceRanges[0]'),
  refused('a mask', ranges('10.0.0.0/255.0.0.0'), 'spec.sourceRanges[0]'),
  refused('a range with a blank', ranges(' 10.0.0.0/8'), 'spec.sourceRanges[0]'),
  refused('a range with a zone', ranges('fe80::%eth0/10'), 'spec.sourceRanges[0]'),
  refused('IPv4 in IPv6', ranges('::ffff:10.0.0.0/104'), 'spec.sourceRanges[0]'),
  refused('IPv4 in IPv6, in hexadecimal', ranges('::ffff:a00:0/104'), 'spec.sourceRanges[0]'),
  refused('an address of NAT64', ranges('64:ff9b::10.0.0.0/104'), 'spec.sourceRanges[0]'),
  refused('two ellipses', ranges('1::2::3/64'), 'spec.sourceRanges[0]'),
  refused('an ellipsis for nothing', ranges('1:2:3:4:5:6:7::8/128'), 'spec.sourceRanges[0]'),
  refused('a part of five digits', ranges('12345::/16'), 'spec.sourceRanges[0]'),
];
