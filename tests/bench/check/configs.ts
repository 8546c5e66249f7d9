/** A config of at least so many bytes, and the same with a sink that nobody knows. */
export type Config = Readonly<{ good: string; broken: string }>

/** Many small steps from many sources, with secrets in them, as a generator of configs writes them. */
export function waterdropConfig(bytes: number): Config {
  return withSources(bytes, 'env {\n  spark.executor.instances = 2\n}', (index) => [
    `  Fake {\n    result_table_name = "t${index}"\n  }`,
    `  jdbc {\n    driver = "com.mysql.jdbc.Driver"\n    url = "jdbc:mysql://db:3306/x"\n    table = "orders_${index}"\n    user = "etl"\n    password = "of-${index}-nobody"\n    result_table_name = "u${index}"\n  }`
  ])
}

/** The same for SeaTunnel. */
export function seatunnelConfig(bytes: number): Config {
  return withSources(bytes, 'env {\n  job.mode = "BATCH"\n}', (index) => [
    `  FakeSource {\n    row.num = 4\n    schema = { fields { name = "string", age = "int" } }\n    result_table_name = "t${index}"\n  }`
  ])
}

function withSources(bytes: number, env: string, blocksOf: (index: number) => string[]): Config {
  const blocks: string[] = []
  for (let length = 0; length < bytes; ) {
    const some = blocksOf(blocks.length)
    blocks.push(...some)
    length += some.join('\n').length
  }
  const config = (sink: string) =>
    `${env}\nsource {\n${blocks.join('\n')}\n}\ntransform {\n}\nsink {\n  ${sink} { source_table_name = "t0" }\n}\n`
  return { good: config('Console'), broken: config('Consol') }
}
