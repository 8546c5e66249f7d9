type Test<Content> = {
  teardown(end: () => Promise<void>): void
  testdir(files?: Content): string
}

/**
 * `t.testdir` that is there until all of `t.teardown` is done. tap removes a directory before it runs the first end that
 * was registered after it was made: whoever is alive until then writes into a directory that is being removed.
 */
export function lastingDirectory<Content>(t: Test<Content>, files?: Content): string {
  t.teardown(async () => {})
  return t.testdir(files)
}
