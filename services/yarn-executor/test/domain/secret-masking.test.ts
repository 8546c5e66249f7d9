import t from 'tap'
import { maskSecrets, secretsIn } from '../../src/domain/secret-masking.ts'

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
