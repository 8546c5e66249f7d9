// `npm run engines -- up|status|env|down`: a real YARN, Spark, Flink and Azkaban on this machine.
import { importSource } from './source.mjs'

await importSource('cli.ts')
