/** Java's `-Dkey=value` words, and the words that are none. A later definition wins. */
export function definedProperties(args: string[]): {
  properties: Map<string, string>
  words: string[]
} {
  const properties = new Map<string, string>()
  const words: string[] = []
  for (const word of args) {
    const definition = /^-D([^=]+)=?(.*)$/s.exec(word)
    if (definition?.[1] === undefined) words.push(word)
    else properties.set(definition[1], definition[2] ?? '')
  }
  return { properties, words }
}

/** The same, from one string as in `SPARK_SUBMIT_OPTS` or `JVM_ARGS`: blanks separate. */
export function propertiesOf(line: string | undefined): Map<string, string> {
  return definedProperties((line ?? '').split(/\s+/).filter((word) => word !== '')).properties
}
