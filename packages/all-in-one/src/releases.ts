/** What has been started so far, and how each of it ends. */
export type Releases = {
  add(release: () => unknown): void
  /** Ends all of it, the last first. A failure keeps nothing else from ending; the first one is thrown at the end. */
  run(): Promise<void>
}

/** Whoever starts something adds its end here at once. */
export function createReleases(): Releases {
  const added: (() => unknown)[] = []
  return {
    add: (release) => added.push(release),
    async run() {
      const failures: unknown[] = []
      for (let release = added.pop(); release; release = added.pop()) {
        try {
          await release()
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length > 0) throw failures[0]
    }
  }
}
