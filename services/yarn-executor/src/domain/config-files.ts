/** Where the users' config files are read from. */
export interface ConfigFiles {
  /**
   * The bytes of a file, by the path that the user gave.
   * @throws BadParameters for a path that is none, Failure for a file that is missing or cannot be read
   */
  read: (configFile: string) => Promise<Buffer>
}
