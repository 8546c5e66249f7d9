import { register } from 'tsx/esm/api'

/** Imports a TypeScript file of this directory from plain JavaScript. */
export async function importSource(name) {
  register()
  return await import(new URL(name, import.meta.url).href)
}
