import { readFileSync } from 'node:fs'

/** The version of the package in whose `src` or `dist` the module at `url` (its `import.meta.url`) lies. */
export function packageVersion(url: string): string {
  const text = readFileSync(new URL('../package.json', url), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  return version
}
