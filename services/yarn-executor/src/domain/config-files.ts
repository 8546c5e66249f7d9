import type { Program } from './launching.ts'

/** Where the users' files are read from. */
export interface ConfigFiles {
  /**
   * The bytes of a file, by the path that the user gave.
   * @throws BadParameters for a path that is none, Failure for a file that is missing or cannot be read
   */
  read: (configFile: string) => Promise<Buffer>
  /**
   * A program that is not to be held in memory: what it is now.
   * @throws as `read`
   */
  program: (configFile: string) => Promise<Program>
}
