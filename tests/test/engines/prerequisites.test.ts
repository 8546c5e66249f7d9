import { chmodSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { checkPrerequisites } from '../../engines/prerequisites.ts'

const java = (version: string) => `#!/bin/sh
echo "    java.home = /opt/java" >&2
echo "    java.specification.version = ${version}" >&2
`
const maven = '#!/bin/sh\necho Apache Maven\n'
const python = (version: string, hasVenv = true) => `#!/bin/sh
case "$2" in
  *ensurepip*) exit ${hasVenv ? 0 : 1} ;;
  *) echo version ${version} ;;
esac
`

/** The environment of a machine that has these programs and a shell, nothing else. */
function machine(t: Test, programs: Record<string, string>) {
  const directory = t.testdir(programs)
  for (const name of Object.keys(programs)) chmodSync(join(directory, name), 0o755)
  return { PATH: directory }
}

t.test('a machine that has everything', async (t) => {
  const variables = machine(t, { java: java('17'), mvn: maven, python3: python('3.11') })
  t.strictSame(await checkPrerequisites(variables), {
    java: '/opt/java/bin/java',
    javaHome: '/opt/java',
    maven: 'mvn',
    python: 'python3'
  })
})

t.test('JAVA_HOME goes before the PATH', async (t) => {
  const whole = { java: java('11'), mvn: maven, python3: python('3.11') }
  const { PATH } = machine(t, { ...whole, 'jdk-java': java('21') })
  mkdirSync(join(PATH, 'jdk/bin'), { recursive: true })
  renameSync(join(PATH, 'jdk-java'), join(PATH, 'jdk/bin/java'))
  await t.resolves(checkPrerequisites({ JAVA_HOME: join(PATH, 'jdk'), PATH }))
})

t.test('an empty machine is told everything at once', async (t) => {
  await t.rejects(checkPrerequisites(machine(t, {})), {
    name: 'MissingPrerequisites',
    message: /openjdk-17-jre-headless.*install maven.*python3-venv/s
  })
})

const lacking: Array<[string, Record<string, string>, RegExp]> = [
  ['too old a Java', { java: java('11') }, /Java 17 to 22: java is 11 .*openjdk-17-jre-headless/],
  ['Java 8, which calls itself 1.8', { java: java('1.8') }, /java is 1\.8/],
  ['too new a Java', { java: java('24') }, /java is 24/],
  ['a Java that fails', { java: '#!/bin/sh\nexit 1\n' }, /java cannot be run/],
  ['too old a Python', { python3: python('3.6') }, /python3 is 3\.6/],
  ['Python 2', { python3: python('2.9') }, /python3 is 2\.9/],
  ['a Python without venv', { python3: python('3.11', false) }, /apt-get install.*python3-venv/]
]
for (const [what, programs, message] of lacking) {
  t.test(`refused: ${what}`, async (t) => {
    const whole = { java: java('17'), mvn: maven, python3: python('3.11') }
    await t.rejects(checkPrerequisites(machine(t, { ...whole, ...programs })), { message })
  })
}
