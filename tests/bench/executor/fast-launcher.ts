import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** One run of the launcher, by its own clock; epoch ms. */
export type LauncherRun = Readonly<{
  submissionTag: string
  applicationId: string
  began: number
  /** The ResourceManager has the application, and has not accepted it yet. */
  submitted: number
}>

export type FastLauncher = Readonly<{
  home: string
  script: string
  runs: () => Promise<readonly LauncherRun[]>
}>

/**
 * A Waterdrop home whose Flink script submits by itself: bash alone, no JVM, nothing forked. It takes what the real one
 * takes of its arguments (name and tags), prints what a Flink client prints, and ends.
 */
export async function writeFastLauncher(
  directory: string,
  resourceManagerUrl: string,
  { acceptAfterMs, finishAfterMs }: Readonly<{ acceptAfterMs: number; finishAfterMs: number }>
): Promise<FastLauncher> {
  const home = join(directory, 'waterdrop')
  const log = join(directory, 'launcher-runs')
  const { hostname, port } = new URL(resourceManagerUrl)
  const am = { kind: 'managed', acceptAfterMs, registerAfterMs: 100, finishAfterMs }
  const script = join(home, 'bin/start-waterdrop-flink.sh')
  await mkdir(join(home, 'bin'), { recursive: true })
  await writeFile(log, '')
  const text = scriptText({ hostname, port, log, am: JSON.stringify(JSON.stringify(am)) })
  for (const name of ['flink', 'spark']) {
    await writeFile(join(home, `bin/start-waterdrop-${name}.sh`), text)
  }
  return {
    home,
    script,
    runs: async () =>
      (await readFile(log, 'utf8'))
        .split('\n')
        .slice(0, -1)
        .map((line) => {
          const [submissionTag = '', applicationId = '', began, submitted] = line.split(' ')
          const [from, to] = [Number(began) * 1000, Number(submitted) * 1000]
          return { submissionTag, applicationId, began: from, submitted: to }
        })
  }
}

/** How many ran at the same time at most, each from its begin until the ResourceManager had its application. */
export function mostAtOnce(runs: readonly LauncherRun[]): number {
  const steps = runs.flatMap(({ began, submitted }) => [
    { at: began, by: 1 },
    { at: submitted, by: -1 }
  ])
  steps.sort((a, b) => a.at - b.at || a.by - b.by)
  let now = 0
  let most = 0
  for (const { by } of steps) {
    now += by
    most = Math.max(most, now)
  }
  return most
}

type Embedded = Readonly<{ hostname: string; port: string; log: string; am: string }>

function scriptText({ hostname, port, log, am }: Embedded): string {
  return `#!/usr/bin/env bash
began=$EPOCHREALTIME
LC_ALL=C
while [ $# -gt 0 ]; do
  case $1 in
    -ynm) name=$2; shift ;;
    -yD) tags=\${2#yarn.tags=}; shift ;;
  esac
  shift
done
post() { # post PATH BODY: the answer's body is in $answer
  exec 3<> /dev/tcp/${hostname}/${port} || exit 70
  printf 'POST %s?user.name=bench HTTP/1.1\\r\\nHost: ${hostname}:${port}\\r\\nConnection: close\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n%s' "$1" "\${#2}" "$2" >&3
  IFS= read -r -d '' -t 30 answer <&3
  exec 3>&-
}
post /ws/v1/cluster/apps/new-application ''
[[ $answer =~ application_[0-9]+_[0-9]+ ]] || exit 71
id=\${BASH_REMATCH[0]}
body='{"application-id":"'$id'","application-name":"'$name'","application-type":"Apache Flink","application-tags":{"tag":["'\${tags//,/\\",\\"}'"]},"am-container-spec":{"environment":{"entry":[{"key":"SANDBOX_AM","value":${am}}]}}}'
post /ws/v1/cluster/apps "$body"
[[ $answer == 'HTTP/1.1 202'* ]] || { echo "$answer" >&2; exit 72; }
submission=st-s-\${tags#*st-s-}
printf '%s %s %s %s\\n' "\${submission%%,*}" "$id" "$began" "$EPOCHREALTIME" >> ${log}
echo "INFO  org.apache.flink.yarn.YarnClusterDescriptor [] - Submitted application $id"
`
}
