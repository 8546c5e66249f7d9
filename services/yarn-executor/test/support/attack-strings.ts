/** Where a payload leaves its mark: by absolute path, in the working directory, in the home directory. */
export type Canaries = Readonly<{ absolute: string; inHome: string; inWorkingDirectory: string }>

const IFS = `\${IFS}`

/** What a shell, a globber, an option parser or a config parser might take for more than text. */
export function attackStrings(canaries: Canaries): string[] {
  const touch = `touch ${canaries.absolute}`
  const tight = `touch${IFS}${canaries.absolute}`
  const here = `touch ${canaries.inWorkingDirectory}`
  const home = `touch ~/${canaries.inHome}`
  return [...commands(touch, tight), ...commands(here, home), ...otherSigns(touch, tight, canaries)]
}

/** A command in every place where a shell looks for one. */
function commands(one: string, other: string): string[] {
  return [
    ...[`$(${one})`, `x$(${one})y`, `$(${other})`, `\`${one}\``, `x\`${other}\`y`, `"$(${one})"`],
    ...[`; ${one}`, `;${other};`, `| ${one}`, `|${other}`, `& ${one} &`, `&&${other}`],
    ...[`|| ${one}`, `||${other};`, `\n${one}\n`, `\r${one}`, `\r\n${one}`, `x\n${other} #`],
    ...[`" ; ${one} ; "`, `";${other};"`, `"|| ${one} #`, `'; ${one} ;'`, `';${other};'`],
    ...[`\\"|| ${one} #`, `\\\\"; ${one} #`, `\\$(${one})`, `\\\\$(${one})`, `\\\`${one}\``],
    ...[`<(${one})`, `>(${one})`, `<<<$(${other})`, `$((x[$(${one})]))`, `$[x[$(${one})]]`]
  ]
}

function otherSigns(touch: string, tight: string, { absolute, inHome }: Canaries): string[] {
  return [
    ...[`>${absolute}`, `> ${absolute}`, `2>${absolute}`, `&>${absolute}`, `x>>${absolute}`],
    ...[`>~/${inHome}`, `>$HOME/${inHome}`, `$(>${absolute})`, `$(<${absolute})`],
    ...[`\${x:=$(${touch})}`, `\${x:-$(${touch})}`, `\${x@P}$(${tight})`, `!(${touch})`],
    ...[`(${touch})`, `{ ${touch}; }`, `eval ${touch}`, `a=b;${touch}`, `'"'"'$(${touch})'"'"'`],
    ...[`$'\\x24(${touch})'`, `\\u0024(${touch})`, `\\044(${touch})`, `%24(${touch})`],
    ...[
      `\u2028${touch}`,
      `\u0085${touch}`,
      `\u202E$(${touch})`,
      `\uFEFF$(${touch})`,
      `＄(${touch})`
    ],
    ...['*', '?', '[a-z]*', '/etc/host*', 'a /etc/host* b', '/e[t]c/hostname', '{a,b}', '{1..3}'],
    ...['~', '~root', '~/.ssh', '$HOME', `${IFS}`, '$PATH', '$$', '$!', '$@', '$*', '$#', '$?'],
    ...['a b', 'a  b', ' a', 'a ', 'a\tb', 'a\u00a0b', 'x --conf spark.evil=1', 'x --class Evil'],
    ...[
      'x -Devil=1',
      'x -yD evil=1',
      '--conf spark.evil=1',
      '--conf=spark.evil=1',
      '--class',
      '--'
    ],
    ...['-javaagent:/evil.jar', 'x -javaagent:/evil.jar', `-XX:OnOutOfMemoryError=${tight}`],
    ...['-XX:+ExitOnOutOfMemoryError', '-agentlib:jdwp', '-h', 'job-h', '--help', '-D', '-c', '-i'],
    ...['@/etc/hostname', '@args', 'x=y', '=', '"', "'", '`', '\\', '$', '#', 'a # b', '!!'],
    ...['', '\0', `\0${touch}`, 'x\x1bc', 'x\x07', `$(${touch}\0)`, 'x'.repeat(10_000)],
    ...['[ERROR]', 'seatunnel', 'SeaTunnel', '../../etc/passwd', 'a,b', 'a;b', '%s', '-', '.']
  ]
}

/** What a config's own syntax may put together, or move to where it counts. `block`: `env`, or `spark` of 1.x. */
export function attackConfigs(
  block: string,
  { absolute }: Canaries
): readonly (readonly [what: string, lines: string, json?: boolean])[] {
  const run = `$(touch ${absolute})`
  const tight = `$(touch${IFS}${absolute})`
  const escaped = `\\u0024(touch\\u0020${absolute})`
  const set = (value: string, name = 'spark.hostile') => `${block} { ${name} = ${value} }`
  return [
    ['escapes', set(`"${escaped}"`)],
    ['an escaped backtick', set(`"\\u0060touch ${absolute}\\u0060"`)],
    ['an escaped line end', set(`"a\\ntouch ${absolute} #"`)],
    ['an escaped line end, told by number', set(`"a\\u000atouch ${absolute} #"`)],
    ['a backslash before a quote', set(`"\\\\\\"|| touch ${absolute} #"`)],
    ['triple quotes', set(`"""${run}"""`)],
    ['triple quotes over lines', set(`"""a\n${run}"""`)],
    ['quotes beside triple quotes', set(`""""${tight}""""`)],
    ['harmless pieces', set(`"$""(touch"" ${absolute})"`)],
    ['pieces without quotes', set(`"$"${'(touch'}" ${absolute})"`)],
    [
      'half a command each',
      `${set('"`touch"', 'spark.aa')}\n${set(`"${absolute}\`"`, 'spark.bb')}`
    ],
    ['a list', set(`["a", "${run}"]`)],
    ['a list of globs', set('["a", "/etc/host*", "b"]')],
    ['a list in a list', set(`[["${tight}"]]`)],
    ['objects in a list', set(`[{ aa = "${tight}" }]`)],
    ['a nested block', `${block} { spark { hostile = "${run}" } }`],
    ['a path', `${block}->spark.hostile = "${run}"`],
    ['a path behind quotes', `"${block}"->spark.hostile = "${run}"`],
    ['a path of quotes', `"${block}"->"spark.hostile" = "${tight}"`],
    ['quotes in the name of the block', `"${block}" { spark.hostile = "${run}" }`],
    [
      'an escaped name of the block',
      `"\\u00${block.charCodeAt(0).toString(16)}${block.slice(1)}" { spark.hostile = "${run}" }`
    ],
    ['a dotted name', `${block}.spark.hostile = "${run}"`],
    ['one block more', `${set('1')}\n${set('2')}\n${set(`"${run}"`)}`],
    ['the earlier of two', `${set(`"${run}"`)}\n${set('1')}`],
    ['two blocks in one', `${block} { spark.aa = 1 } { spark.hostile = "${run}" }`],
    ['a block by reference', `more { spark.hostile = "${run}" }\n${block} = \${more}`],
    [
      'a block and a reference',
      `more { spark.hostile = "${run}" }\n${block} { spark.aa = 1 } \${more}`
    ],
    ['a reference into env', `more { hostile = "${run}" }\n${set(`\${more->hostile}`)}`],
    [
      'a reference to what is quoted',
      `more { hostile = "${run}" }\n${set(`\${"more"->"hostile"}`)}`
    ],
    ['a reference to the root', `hostile = "${run}"\n${set(`\${hostile}`)}`],
    ['a reference to a reference', `aa = "${run}"\nbb = \${aa}\n${set(`\${bb}`)}`],
    ['a reference in a text', `aa = "${tight}"\n${set(`x"\${aa}"\${aa}y`)}`],
    ['an optional reference', `aa = "${run}"\n${set(`\${?aa}`)}`],
    ['a reference to a list', `aa = ["${run}"]\n${set(`\${aa}`)}`],
    ['a reference to a row', `${set(`\${more->rows}`)}\nmore { rows = ["${tight}"] }`],
    [
      'two pieces by reference',
      `aa = "$(touch"\nbb = "${IFS}${absolute})"\n${set(`\${aa}\${bb}`)}`
    ],
    ['one that hides another', `aa = "${run}"\naa = "ok"\n${set(`\${aa}`)}`],
    ['an environment variable', set(`\${HOME}`)],
    ['an optional environment variable', set(`"x"\${?HOME}`)],
    ['+=', `${block} { spark.hostile += "${run}" }`],
    ['+= at the root', `${block} += { spark.hostile = "${run}" }`],
    [
      'its own value once more',
      `${set('"$(touch"')}\n${set(`\${${block}->spark.hostile}" ${absolute})"`)}`
    ],
    ['a name', set('1', `"spark.hostile${run}"`)],
    ['a name without quotes', set('1', `spark.hostile;touch`)],
    ['a name with blanks', set('1', '"x --class Evil"')],
    ['a name with =', set('1', '"spark.x=y --conf spark.evil"')],
    ['a comment', `# ${run}\n// \`touch ${absolute}\`\n${set('1')} # ${run}`],
    ['a comment that closes', `${block} { spark.aa = 1 # }\n spark.hostile = "${run}" }`],
    ['a value that closes', `${block} { spark.aa = "}" , spark.hostile = "${run}" }`],
    ['a brace too many', `${set('1')} }\n${set(`"${run}"`)}`],
    ['include', `include "/etc/hostname"`],
    ['include of a file', `${block} { include file("/etc/hostname") }`],
    ['include of an address', `include url("http://127.0.0.1:1/x")`],
    ['the agent of a JVM', set('"-javaagent:/evil.jar"', 'spark.driver.extraJavaOptions')],
    [
      'a command of a JVM',
      set(`"-XX:OnOutOfMemoryError='touch ${absolute}'"`, 'spark.driver.extraJavaOptions')
    ],
    ['classes for the driver', set('"/evil.jar"', 'spark.driver.extraClassPath')],
    ['another master', set('"local[2]"', 'spark.master')],
    ['tags', set('"mine"', 'spark.yarn.tags')],
    ['a byte order mark', `\uFEFF${set(`"${run}"`)}`],
    ['blanks that are none', `${block}\u00a0{ spark.hostile\u2003=\u3000"${run}" }`],
    ['line ends of other systems', `${block} {\r\nspark.hostile = "${tight}"\r\n}\r`],
    ['JSON', `"${block}": {"spark.hostile": "${run}"}`, true],
    ['JSON with escapes', `"${block}": {"spark.hostile": "${escaped}"}`, true],
    ['JSON by HOCON', `{"${block}": {"spark.hostile": "${run}"}}`]
  ]
}
