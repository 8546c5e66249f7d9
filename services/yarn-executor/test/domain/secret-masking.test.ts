import t from 'tap'
import { NO_SETTINGS } from '../../src/domain/launching.ts'
import {
  allSecrets,
  lineMask,
  maskArguments,
  maskConfig,
  maskSecrets,
  secretsIn
} from '../../src/domain/secret-masking.ts'
import { configFindings } from '../../src/launchers/config-findings.ts'
import { requestFor } from '../support/launching.ts'

t.test('values of keys that are named like a secret, of four characters and more', async (t) => {
  const config = `
    env { spark.ssl.keyPassword = "env-pass", spark.app.name = "not-secret" }
    source { Jdbc { password = hunter22, user = "etl", accessKey: "AK-1", pin_token = ["tok-one", "tok-two"] } }
    sink { S3 { secret = """multi
line secret""", "secret key" = "a b c d", key = "abc", token = true, password = \${PASS} } }
    # password = "in a comment"
  `
  t.same([...secretsIn(config)].sort(), [
    'AK-1',
    'a b c d',
    'a%20b%20c%20d',
    'env-pass',
    'hunter22',
    'line secret',
    'line%20secret',
    'multi',
    'tok-one',
    'tok-two'
  ])
})

t.test(
  'every spelling is masked, and what stands behind a secret’s name in any output',
  async (t) => {
    const secrets = secretsIn('x { password = "pa\\"ss/word" }')
    const texts: [string, string][] = [
      ['login with pa"ss/word failed', 'login with ****** failed'],
      ['{"password":"pa\\"ss/word"}', '{"password":"******"}'],
      [
        'jdbc:mysql://h/db?user=a&password=pa%22ss%2Fword',
        'jdbc:mysql://h/db?user=a&password=******'
      ],
      ['other.secret = swordfish, x', 'other.secret = ******, x'],
      ['"apiKey" : "swordfish"', '"apiKey" : "******"'],
      ['key=value', 'key=value'],
      ['nothing here', 'nothing here']
    ]
    for (const [text, masked] of texts) t.equal(maskSecrets(text, secrets), masked)
  }
)

t.test('a longer secret is not left over by a shorter one in it', async (t) => {
  const secrets = secretsIn('x { password = "swordfish", token = "swordfish-2" }')
  t.equal(maskSecrets('a swordfish-2 b swordfish', secrets), 'a ****** b ******')
})

t.test('a config that cannot be read hides what can be', async (t) => {
  t.same(secretsIn('x { password = "swordfish" } }'), ['swordfish'])
  t.same(secretsIn('\ud800 { token = "\ud800xyz" }').length > 0, true)
})

t.test('a config that others may see, however its secrets are spelled', async (t) => {
  const spellings = [
    'sink { Jdbc { password = hunter22 } }',
    'sink { Jdbc { "password" : "hunter22" } }',
    '{"sink": {"Jdbc": {"password": "hunter22"}}}',
    'sink.Jdbc.password = hunter22',
    'a { credentials { user = etl, value = "hunter22" } }',
    'a { password { value = "hunter22" } }',
    'a { secret.value = hunter22 }',
    'a { tokens = ["hunter22", "and hunter22"] }',
    'a { password = "hun"ter22 }',
    'a { password = hun ter22 }',
    'a { password = "\\u0068unter 22hunter" }',
    'a { password = """hunter22\nhunter22""" }',
    'a { password += hunter22 }',
    'a { url = "jdbc:mysql://h/db?user=a&password=hunter22" }',
    'a { url = "mongodb://etl:hunter22@h:27017/db" }',
    'a { url = "https://etl:p%40hunter22@h/x" }',
    'a { sasl.jaas.config = "Plain required username=\\"u\\" password=\\"hunter22\\";" }',
    'a { headers { Authorization = "Basic hunter22" } }',
    'a { passphrase = hunter22 } # password = hunter22',
    'a { es.net.http.auth.pass = "hunter22", dbPass = "hunter22" }',
    'a { Redis { auth = "hunter22" } }',
    'a { email_authorization_code = "hunter22" }',
    'a { headers { Cookie = "sid=hunter22" } }',
    'a { url = "jdbc:oracle:thin:scott/hunter22@//h:1521/x" }',
    'a { url = "mongodb://root:p@hunter22@h:27017/x" }',
    `pin = hunter22\na { password = \${pin} }`,
    `vars { pin = "hunter22" }\na { other = \${"vars"->pin}, password = "x"\${?a->other} }`
  ]
  for (const text of spellings) {
    const masked = maskConfig(text)
    t.notMatch(masked, /hunter|ter22|unter/, text)
    t.match(masked, /\*{6}/, text)
  }
  const harmless =
    'env { spark.app.name = "x", primary_key = "id", token = no, url = "jdbc:hive2://h:1/x" }'
  t.equal(maskConfig(harmless), harmless)
})

t.test('keys of data are no secrets, keys of stores and the like are', async (t) => {
  const keysOfData =
    'primary_keys primary-key primaryKey sharding_key partition.split-key chunk-key rowkey unique_key sort.key bucketKeys'
  for (const name of keysOfData.split(' ')) {
    t.same(secretsIn(`sink { Jdbc { ${name} = ["order_id"] } }`), [], name)
  }
  const keysOfStores =
    'access_key fs.s3a.secret.key apiKey security_key key keys hash_key primary_secret_key x.auth'
  for (const name of keysOfStores.split(' ')) {
    t.same(secretsIn(`sink { Jdbc { ${name} = ["order_id"] } }`), ['order_id'], name)
  }
})

t.test(
  'a variable that a secret refers to is one, and what a word of argv gives to a secret',
  async (t) => {
    const settings = { ...NO_SETTINGS, variables: { pin: 'hunter22', city: 'Paris' } }
    const config = `env { spark.x.password = "ab,"\${pin}",de" }\nsink { jdbc { user = \${city} } }`
    const secrets = allSecrets(config, settings)
    const argv = [
      '-i',
      'pin=hunter22',
      '-i',
      'city=Paris',
      '--conf',
      'spark.x.password=ab,hunter22,de'
    ]
    t.strictSame(maskArguments(argv, secrets), [
      ...['-i', 'pin=******', '-i', 'city=Paris'],
      ...['--conf', 'spark.x.password=******']
    ])
    t.strictSame(maskArguments(['--token', 'swordfish', '--x=swordfish'], []), [
      '--token',
      '******',
      '--x=******'
    ])
  }
)

t.test('the offending line hides a secret that lacks its sign', async (t) => {
  for (const text of [
    'password hunter22',
    'x { "password" "hunter22" }',
    'x { my.pass hunter22 }'
  ]) {
    const request = requestFor('a1', { config: Buffer.from(text) })
    const findings = configFindings(request, { generation: 'seatunnel-2.3' })
    t.ok(findings.length > 0)
    t.notMatch(JSON.stringify(findings), /hunter/, text)
  }
})

t.test('single lines of a config are masked as the whole is', async (t) => {
  const text = [
    'sink {',
    `  jdbc { user = "etl", password = "hun" \${tail} "ter2" }`,
    '  Console { }',
    '  es {',
    '    "api-token" = """first part',
    'second part"""',
    '    password =',
    '      "\\u0068unter22"',
    '  }',
    '  # not hunter22 again',
    '  Consol { }',
    '}'
  ].join('\n')
  const mask = lineMask(text)
  const shown = text.split('\n').map((line, index) => mask(line, index + 1))
  t.strictSame(shown, [
    'sink {',
    '  jdbc { user = "etl", password = ******',
    '  Console { }',
    '  es {',
    '    "api-token" = ******',
    '******',
    '    password =******',
    '******',
    '  }',
    '  # not ****** again',
    '  Consol { }',
    '}'
  ])
})
