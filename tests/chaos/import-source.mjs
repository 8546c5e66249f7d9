import { register } from 'tsx/esm/api'

// The harness from source; what it runs are the built services.
register()
await import('./cli.ts')
