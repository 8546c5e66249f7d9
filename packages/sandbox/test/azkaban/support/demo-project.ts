import type {
  FlowDefinition,
  JobDefinition,
  ProjectDefinition
} from '../../../src/azkaban/options.ts'

const hold = [{ kind: 'hold' }] as const
const says = (text: string) => [{ kind: 'print', text }] as const
const alone = (job: JobDefinition): FlowDefinition => ({ id: job.id, jobs: [job] })

/** How a command names a property. */
const variable = (name: string) => `\${${name}}`

function report(program: JobDefinition['program'] = []): JobDefinition[] {
  return [
    { id: 'extract', program },
    { id: 'clean', dependsOn: ['extract'], properties: { command: 'echo cleaned' } },
    {
      id: 'stats',
      dependsOn: ['extract'],
      properties: { command: 'echo stats' },
      program: says('stats')
    },
    { id: 'report', dependsOn: ['clean', 'stats'] }
  ]
}

const fails = [
  { kind: 'command', line: 'false' },
  { kind: 'exit', code: 1 }
] as const

/** The recorded project. */
export const demoProject: ProjectDefinition = {
  name: 'demo',
  flows: [
    alone({ id: 'ok', properties: { command: 'echo ok' }, program: says('ok') }),
    alone({ id: 'longsleep', properties: { command: 'sleep 300' }, program: hold }),
    alone({
      id: 'bad',
      properties: { command: 'echo about to fail', 'command.1': 'false' },
      program: [...says('about to fail'), ...fails]
    }),
    alone({ id: 'noisy', properties: { command: 'sh noisy.sh' } }),
    alone({ id: 'talk', program: hold }),
    alone({ id: 'rot', program: hold }),
    { id: 'report', jobs: report() },
    {
      id: 'third',
      jobs: [
        { id: 'first', program: [{ kind: 'exit', code: 1 }] },
        { id: 'second', dependsOn: ['first'] },
        { id: 'third', dependsOn: ['second'] }
      ]
    },
    alone({
      id: 'again',
      retries: 1,
      retryDelayMs: 1500,
      properties: {
        command: 'echo try',
        'command.1': 'false',
        retries: '1',
        'retry.backoff': '1500'
      },
      program: [...says('try'), ...fails]
    }),
    {
      id: 'outer',
      jobs: [
        { id: 'sub', flow: { id: 'report', jobs: report() } },
        { id: 'outer', dependsOn: ['sub'] }
      ]
    },
    {
      id: 's3',
      jobs: [
        { id: 's1', program: hold },
        { id: 's2', dependsOn: ['s1'] },
        { id: 's3', dependsOn: ['s2'] }
      ]
    },
    {
      id: 'mix',
      jobs: [
        { id: 'slow', program: hold },
        {
          id: 'fastfail',
          program: [{ kind: 'exit', code: 1 }]
        },
        { id: 'mix', dependsOn: ['slow', 'fastfail'] }
      ]
    },
    alone({
      id: 'stubborn',
      properties: { command: 'sh stubborn.sh' },
      program: [...says('started'), { kind: 'ignore-term' }, { kind: 'hold' }]
    }),
    alone({ id: 'etl.load', properties: { command: 'echo dotted' }, program: says('dotted') }),
    alone({
      id: 'param',
      properties: {
        command: `echo app=${variable('app')} day=${variable('day')}`,
        app: 'none',
        day: '0'
      },
      program: says('app=none day=0')
    }),
    alone({ id: 'undef', properties: { command: `echo ${variable('nowhere')}` } }),
    {
      id: 'two',
      jobs: [
        { id: 'one', program: hold },
        { id: 'two', dependsOn: ['one'] }
      ]
    }
  ]
}

/** The same project with another flow in place of the one of that name. */
function withFlow(flow: FlowDefinition): ProjectDefinition {
  const flows = demoProject.flows.map((one) => (one.id === flow.id ? flow : one))
  return { ...demoProject, flows }
}

/** `extract` goes on, so that the others wait. */
export const heldReport = withFlow({ id: 'report', jobs: report(hold) })

/** The failed job was started once more, as by retryFailedJobs. */
export const retriedMix = withFlow({
  id: 'mix',
  jobs: [
    { id: 'slow', program: [{ kind: 'wait', ms: 50 }] },
    { id: 'fastfail', retries: 1, retryDelayMs: 1, program: [{ kind: 'exit', code: 1 }] },
    { id: 'mix', dependsOn: ['slow', 'fastfail'] }
  ]
})

/** Of three variables one is the job's own, one the project's and overridden, one the project's. */
export const sharedParameters: ProjectDefinition = {
  ...withFlow(
    alone({
      id: 'param',
      properties: {
        command: `echo own=${variable('own')} app=${variable('app')} day=${variable('day')}`,
        own: 'fromjob'
      },
      program: says('own=fromjob app=中文 <1> day=1')
    })
  ),
  properties: { app: 'shared', day: '1' }
}

/** What the project of 2.5.0 held. */
export const earlyDemo: ProjectDefinition = {
  name: 'demo',
  flows: [
    ...demoProject.flows.filter(({ id }) =>
      ['longsleep', 'noisy', 'talk', 's3', 'third'].includes(id)
    ),
    alone({ id: 'ok', properties: { command: 'echo hello' }, program: says('hello') }),
    alone({
      id: 'bad',
      properties: { command: 'echo before', 'command.1': 'false' },
      program: [...says('before'), ...fails]
    }),
    alone({
      id: 'again',
      retries: 1,
      retryDelayMs: 1500,
      properties: { command: 'bash again.sh' },
      program: [...says('attempt output'), { kind: 'exit', code: 1 }]
    }),
    alone({
      id: 'stubborn',
      properties: { command: 'bash stubborn.sh' },
      program: [...says('ready'), { kind: 'ignore-term' }, { kind: 'hold' }]
    }),
    alone({ id: 'etl.load', properties: { command: 'echo load' }, program: says('load') }),
    alone({
      id: 'param',
      properties: { command: `echo ${variable('greeting')}` },
      program: says('你好')
    }),
    {
      id: 'outerend',
      jobs: [
        {
          id: 'sub',
          flow: alone({
            id: 'inner',
            properties: { command: 'echo inner' },
            program: says('inner')
          })
        },
        { id: 'outerend', dependsOn: ['sub'] }
      ]
    },
    {
      id: 'mix',
      jobs: [
        { id: 'failing', program: [{ kind: 'exit', code: 1 }] },
        { id: 'sleeping', program: hold },
        { id: 'mix', dependsOn: ['failing', 'sleeping'] }
      ]
    }
  ]
}

/** The first of the chain goes well. */
export const goodThird: ProjectDefinition = {
  ...earlyDemo,
  flows: earlyDemo.flows.map((flow) =>
    flow.id === 'third'
      ? {
          ...flow,
          jobs: [
            { id: 'first' },
            { id: 'second', dependsOn: ['first'] },
            { id: 'third', dependsOn: ['second'] }
          ]
        }
      : flow
  )
}

/** Projects whose flows are listed: the recorded one, and others without flows. */
export function listedProjects(others: readonly string[]): ProjectDefinition[] {
  const later = ['rot', 'undef', 'two']
  const flows = demoProject.flows
    .filter(({ id }) => !later.includes(id))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return [{ ...demoProject, flows }, ...others.map((name) => ({ name, flows: [] }))]
}
