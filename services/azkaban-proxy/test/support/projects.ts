import type { JobProgram, ProjectDefinition } from '@scheduler-task/sandbox/azkaban/options'

const hold: JobProgram = [{ kind: 'print', text: 'holding' }, { kind: 'hold' }]

function single(id: string, program: JobProgram, more: { retries?: number } = {}) {
  return { id, jobs: [{ id, program, ...more }] }
}

/** Flows of the tests, most with one job of the flow's own name. */
export const PROJECTS: readonly ProjectDefinition[] = [
  {
    name: 'test',
    flows: [
      // As in cluster mode: the application lives on when the job dies.
      single('test', [{ kind: 'submit-application' }, { kind: 'hold' }]),
      single('client', [{ kind: 'submit-application', outlivesJob: false }, { kind: 'hold' }]),
      single('leaves', [{ kind: 'submit-application' }, { kind: 'exit', code: 0 }]),
      single('hold', hold),
      single('short', [{ kind: 'print', text: 'done' }]),
      single('stubborn', [{ kind: 'ignore-term' }, { kind: 'hold' }]),
      single(
        'again',
        [
          { kind: 'submit-application', outlivesJob: false },
          { kind: 'exit', code: 1 }
        ],
        { retries: 1 }
      ),
      {
        id: 'chain',
        jobs: [
          { id: 'first', program: hold },
          { id: 'second', dependsOn: ['first'], program: hold }
        ]
      },
      {
        id: 'outer',
        jobs: [
          {
            id: 'sub',
            flow: single('sub', [{ kind: 'submit-application' }, { kind: 'hold' }])
          }
        ]
      },
      { ...single('locked', hold), locked: true }
    ]
  }
]
