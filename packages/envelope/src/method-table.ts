/** Which methods a path takes: what a 405 has to say. */
export type MethodTable = {
  add(pattern: string, methods: string | string[]): void
  allowed(url: string): string[]
  /** A path that is a route of its own under a pattern that fits it too: `/jobs/check` beside `/jobs/:id`. */
  isShadowed(url: string, pattern: string | undefined): boolean
}

/** Learns the routes as they are registered; `:name` stands for one segment, `*` for the rest. */
export function createMethodTable(): MethodTable {
  const routes = new Map<string, { matches: RegExp; methods: Set<string> }>()
  return {
    add(pattern, methods) {
      const route = routes.get(pattern) ?? {
        matches: toRegExp(pattern),
        methods: new Set<string>()
      }
      for (const method of [methods].flat()) route.methods.add(method)
      routes.set(pattern, route)
    },
    allowed(url) {
      const path = pathOf(url)
      const own = routes.get(path)
      if (own) return [...own.methods].sort()
      const found = new Set<string>()
      for (const { matches, methods } of routes.values()) {
        if (matches.test(path)) for (const method of methods) found.add(method)
      }
      return [...found].sort()
    },
    isShadowed(url, pattern) {
      const path = pathOf(url)
      return pattern !== path && routes.has(path)
    }
  }
}

const pathOf = (url: string): string => url.split('?', 1)[0] ?? ''

function toRegExp(pattern: string): RegExp {
  const source = pattern
    .split('/')
    .map((segment) => {
      if (segment.startsWith(':')) return '[^/]+'
      return segment.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
    })
    .join('/')
  return new RegExp(`^${source}$`)
}
