import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Digests } from './digests.ts'
import { onlyEntry } from './install-step.ts'
import { runCommand } from './run-command.ts'
import { versions } from './versions.ts'

/** What the Python environment does for the installation: it fetches packages, and unpacks them. */
export type Pip = Readonly<{
  /** Directory of the environment. */
  environment: string
  digests: Digests
}>

/** A pip of our own that nobody's packages get mixed up with, and what it needs to look at a source package. */
export async function installPython(python: string, to: string, digests: Digests): Promise<void> {
  await runCommand(python, ['-m', 'venv', to])
  const scratch = join(to, 'scratch')
  const { setuptools: version } = versions
  const wheel = `setuptools-${version}-py3-none-any.whl`
  const pip = { environment: to, digests }
  await download(pip, scratch, { name: 'setuptools', version, file: wheel, options: onlyWheels })
  await runPip(to, ['install', '--no-deps', '--no-index', join(scratch, wheel)])
  await rm(scratch, { recursive: true })
}

/**
 * Spark from the source package of `pyspark`, into `<to>/pyspark` as an installation of it looks. By hand: a wheel
 * built from it is another one each time, and takes half a minute.
 */
export async function installSpark(to: string, version: string, pip: Pip): Promise<void> {
  const scratch = join(to, 'scratch')
  const file = `pyspark-${version}.tar.gz`
  await download(pip, scratch, { name: 'pyspark', version, file, options: onlySources })
  await unpack(pip, 'tarfile', join(scratch, file), scratch)
  const unpacked = join(scratch, `pyspark-${version}`)
  const home = join(to, 'pyspark')
  await rename(join(unpacked, 'pyspark'), home)
  for (const name of ['jars', 'bin', 'sbin', 'data', 'licenses']) {
    await rename(join(unpacked, 'deps', name), join(home, name))
  }
  await rename(join(unpacked, 'lib'), join(home, 'python', 'lib'))
  await runCommand('chmod', ['-R', 'u+x', join(home, 'bin')])
  await rm(scratch, { recursive: true })
}

/**
 * Flink's jars are in a source package, its scripts in a wheel. Both are unpacked by hand: installing
 * them would bring Beam, NumPy and more. The wheel is tied to a Python and a platform that do not
 * matter for scripts, so one is named that exists.
 *
 * @param python of the wheel, e.g. `311`
 */
export async function installFlink(
  to: string,
  { version, python }: Readonly<{ version: string; python: string }>,
  pip: Pip
): Promise<void> {
  const scratch = join(to, 'scratch')
  const archive = `apache-flink-libraries-${version}.tar.gz`
  const platform = 'manylinux1_x86_64'
  const wheel = `apache_flink-${version}-cp${python}-cp${python}-${platform}.whl`
  await Promise.all([
    download(pip, scratch, {
      name: 'apache-flink-libraries',
      version,
      file: archive,
      options: onlySources
    }),
    download(pip, scratch, {
      name: 'apache-flink',
      version,
      file: wheel,
      options: [
        ...onlyWheels,
        ...['--implementation=cp', `--python-version=${python}`, `--platform=${platform}`]
      ]
    })
  ])
  await Promise.all([
    unpack(pip, 'tarfile', join(scratch, archive), scratch),
    unpack(pip, 'zipfile', join(scratch, wheel), scratch)
  ])
  const unpacked = await onlyEntry(scratch, /^apache[-_]flink[-_]libraries-[\d.]+$/)
  for (const name of ['lib', 'opt', 'plugins']) {
    await rename(join(unpacked, 'deps', name), join(to, name))
  }
  for (const name of ['bin', 'conf']) await rename(join(scratch, 'pyflink', name), join(to, name))
  const javaUtils = 'bash-java-utils.jar'
  await rename(join(unpacked, 'deps', 'bin', javaUtils), join(to, 'bin', javaUtils))
  // Archives do not keep the executable bit.
  await runCommand('chmod', ['-R', 'u+x', join(to, 'bin')])
  await rm(scratch, { recursive: true })
}

const onlySources = ['--no-binary=:all:', '--no-build-isolation']
const onlyWheels = ['--only-binary=:all:']

type Download = Readonly<{
  name: string
  version: string
  /** The file that comes, whose digest pip compares before anything of it runs. */
  file: string
  options: readonly string[]
}>

async function download(
  { environment, digests }: Pip,
  to: string,
  { name, version, file, options }: Download
): Promise<void> {
  const requirements = `${to}-${name}.txt`
  await writeFile(requirements, digests.requirement(name, version, file))
  await runPip(environment, [
    ...['download', '--no-deps', `--dest=${to}`, `--requirement=${requirements}`],
    ...options
  ])
  await rm(requirements)
  await digests.check(to)
}

async function unpack(
  { environment }: Pip,
  kind: 'tarfile' | 'zipfile',
  file: string,
  to: string
): Promise<void> {
  await runCommand(pythonOf(environment), ['-m', kind, '-e', file, to])
}

/** With this machine's settings. */
async function runPip(environment: string, args: readonly string[]): Promise<void> {
  await runCommand(pythonOf(environment), ['-m', 'pip', '--quiet', ...args])
}

function pythonOf(environment: string): string {
  return join(environment, 'bin', 'python')
}
