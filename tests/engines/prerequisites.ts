import { join } from 'node:path'
import { runCommand } from './run-command.ts'
import { javaRange, pythonFrom } from './versions.ts'

/** What the machine brings along. */
export type Prerequisites = Readonly<{
  javaHome: string
  java: string
  maven: string
  python: string
}>

/** Names everything that is missing at once, with the Debian package that brings it. */
export class MissingPrerequisites extends Error {
  constructor(missing: readonly string[]) {
    super(
      `The engines need more than this machine has:\n${missing.map((m) => `- ${m}`).join('\n')}`
    )
    this.name = 'MissingPrerequisites'
  }
}

type Check<T> = { value: T } | { missing: string }

/**
 * Looks for Java, Maven, Python 3 and Linux. `JAVA_HOME` decides which Java is taken, else the PATH.
 * Throws {@link MissingPrerequisites}.
 */
export async function checkPrerequisites(
  variables: Record<string, string | undefined>
): Promise<Prerequisites> {
  const [java, maven, python] = await Promise.all([
    findJava(variables),
    findMaven(variables),
    findPython(variables)
  ])
  const system: Check<true> =
    process.platform === 'linux'
      ? { value: true }
      : { missing: `Linux (this is ${process.platform}): processes are followed through /proc` }
  const missing = [system, java, maven, python].flatMap((check) =>
    'missing' in check ? [check.missing] : []
  )
  if ('missing' in java || 'missing' in maven || 'missing' in python || missing.length > 0) {
    throw new MissingPrerequisites(missing)
  }
  return { ...java.value, maven: maven.value, python: python.value }
}

async function findJava(
  variables: Record<string, string | undefined>
): Promise<Check<Pick<Prerequisites, 'java' | 'javaHome'>>> {
  const program = variables.JAVA_HOME ? join(variables.JAVA_HOME, 'bin', 'java') : 'java'
  const install = 'apt-get install openjdk-17-jre-headless, or set JAVA_HOME to one that is there'
  const wanted = `Java ${javaRange.from} to ${javaRange.to}`
  const text = await said(program, ['-XshowSettings:properties', '-version'], variables)
  if (text === undefined) return { missing: `${wanted}: ${program} cannot be run (${install})` }
  const version = /java\.specification\.version = (\S+)/.exec(text)?.[1] ?? 'unknown'
  const javaHome = /java\.home = (.+)/.exec(text)?.[1]?.trim()
  const number = Number(version)
  if (!javaHome || !(number >= javaRange.from && number <= javaRange.to)) {
    return { missing: `${wanted}: ${program} is ${version} (${install})` }
  }
  return { value: { javaHome, java: join(javaHome, 'bin', 'java') } }
}

async function findMaven(variables: Record<string, string | undefined>): Promise<Check<string>> {
  const text = await said('mvn', ['--version'], variables)
  return text === undefined
    ? { missing: 'Maven: mvn cannot be run (apt-get install maven)' }
    : { value: 'mvn' }
}

async function findPython(variables: Record<string, string | undefined>): Promise<Check<string>> {
  const install = 'apt-get install python3 python3-venv'
  const text = await said(
    'python3',
    ['-c', 'import sys; print("version", ".".join(map(str, sys.version_info[:2])))'],
    variables
  )
  const version = /version (\d+\.\d+)/.exec(text ?? '')?.[1]
  if (!version) return { missing: `Python ${pythonFrom} or newer: no python3 (${install})` }
  if (Number(version.split('.')[0]) !== 3 || minor(version) < minor(pythonFrom)) {
    return { missing: `Python ${pythonFrom} or newer: python3 is ${version} (${install})` }
  }
  if ((await said('python3', ['-c', 'import venv, ensurepip'], variables)) === undefined) {
    return { missing: `Python's venv with pip: python3 cannot import them (${install})` }
  }
  return { value: 'python3' }
}

function minor(version: string): number {
  return Number(version.split('.')[1])
}

/** Everything that a short command says; `undefined` when it fails or is not there. */
async function said(
  program: string,
  args: readonly string[],
  environment: Record<string, string | undefined>
): Promise<string | undefined> {
  try {
    return await runCommand(program, args, { environment, limitMs: 60_000 })
  } catch {
    return undefined
  }
}
