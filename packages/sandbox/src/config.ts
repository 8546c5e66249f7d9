import { z } from 'zod'

const port = (byDefault: number) => z.coerce.number().int().min(0).max(65_535).default(byDefault)

/** What the stand-ins read when they run as a process of their own. */
export const environment = z.object({
  HOST: z.string().default('127.0.0.1').describe('Address to listen on'),
  PUBLIC_NAME: z
    .string()
    .optional()
    .describe('Name or address by which others reach this host; HOST unless set'),
  YARN_PORT: port(8088).describe('Port of the ResourceManager; 0 takes a free one'),
  NODE_MANAGER_PORT: port(8042).describe('Port of the NodeManager'),
  AZKABAN_PORT: port(8091).describe('Port of Azkaban'),
  DATA_DIR: z
    .string()
    .default('./data')
    .describe('Where YARN’s applications and Azkaban’s executions are remembered'),
  LAUNCHERS_DIR: z
    .string()
    .optional()
    .describe(
      'Where Waterdrop, spark-submit, flink and their HADOOP_CONF_DIR are written, for an executor that sees the same path'
    ),
  FILE_ROOT: z
    .string()
    .optional()
    .describe('Where the sample config files are put, unless they are there')
})

export type Config = Readonly<z.output<typeof environment>>

/** Reads the environment; an empty value counts as not set. */
export function loadConfig(variables: Readonly<Record<string, string | undefined>>): Config {
  const set = Object.entries(variables).filter(([, value]) => value !== '')
  return environment.parse(Object.fromEntries(set))
}
