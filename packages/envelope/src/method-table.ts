/** Which methods a path takes: what a 405 has to say. */
export type MethodTable = {
  add(pattern: string, methods: string | string[]): void
  allowed(url: string): string[]
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
      const path = url.split('?', 1)[0] ?? ''
      const found = new Set<string>()
      for (const { matches, methods } of routes.values()) {
        if (matches.test(path)) for (const method of methods) found.add(method)
      }
      return [...found].sort()
    }
  }
}

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
