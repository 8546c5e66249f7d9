import type { JobProgram, ProjectDefinition } from './options.ts'

const submit = [
  'Waterdrop on Spark: spark-submit --master yarn --deploy-mode cluster --queue default',
  '{log4j} INFO client.RMProxy: Connecting to ResourceManager',
  '{log4j} INFO yarn.Client: Requesting a new application from cluster with 1 NodeManagers',
  '{log4j} INFO yarn.Client: Preparing resources for our AM container'
]

/** A stream that spark-submit follows for ever; a job of it lives as long as its application. */
const streaming: JobProgram = [
  { kind: 'print', text: submit.join('\n'), level: 'ERROR' },
  { kind: 'submit-application', name: 'Waterdrop' },
  { kind: 'follow-application', everyMs: 1000 }
]

const says = (text: string): JobProgram => [{ kind: 'print', text }]

/** Project `test`: flow `test` of the interface document, and a few to try other ends. */
export const defaultProjects: readonly ProjectDefinition[] = [
  {
    name: 'test',
    flows: [
      {
        id: 'test',
        jobs: [{ id: 'test', program: streaming, properties: command('start-waterdrop.sh') }]
      },
      {
        id: 'report',
        jobs: [
          { id: 'extract', program: [{ kind: 'wait', ms: 1000 }, ...says('extracted 1000 rows')] },
          { id: 'clean', dependsOn: ['extract'], program: says('cleaned 998 rows') },
          { id: 'stats', dependsOn: ['extract'], program: says('平均值 42') },
          { id: 'report', dependsOn: ['clean', 'stats'], program: says('报表完成') }
        ]
      },
      {
        id: 'failing',
        jobs: [
          {
            id: 'failing',
            program: [...says('about to fail'), { kind: 'exit', code: 1 }]
          },
          { id: 'never', dependsOn: ['failing'] }
        ]
      },
      {
        id: 'retrying',
        jobs: [
          {
            id: 'retrying',
            retries: 1,
            retryDelayMs: 1000,
            program: [
              { kind: 'submit-application', outlivesJob: false },
              { kind: 'exit', code: 1 }
            ]
          }
        ]
      },
      {
        id: 'stubborn',
        jobs: [{ id: 'stubborn', program: [{ kind: 'ignore-term' }, { kind: 'hold' }] }]
      }
    ]
  }
]

function command(script: string): { command: string } {
  return { command: `sh bin/${script} --config ./config/application.spark.conf` }
}
