/** A field of a request: name, whether it must be there, what it means. */
type Field = readonly [name: string, required: '是' | '否', meaning: string]

/** One call of the interface, as docs/api-v1.md explains it. The examples are run, never written by hand. */
export type Entry = {
  title: string
  /** Sections of the documented calls whose answers are shown. */
  successes: readonly string[]
  /** Failing calls whose answers are shown, by what they say of themselves. */
  failures: readonly string[]
  /** A call that answers bytes in place of an envelope, of a file that an entry above has made. */
  bytes?: string
  fields?: readonly Field[]
  notes?: readonly string[]
}
export type Chapter = { title: string; entries: readonly Entry[] }

const SESSION: Field = ['sessionId', '是', 'azkaban 登录后得到的 `session.id`']
const EXECUTION: Field = ['execId', '是', 'azkaban 执行 id，字符串或数字']
const PROJECT: Field = ['project', '是', 'azkaban 工程']
const FLOW: Field = ['flow', '是', 'azkaban 流程']
const JOB: Field = ['jobId', '是', 'azkaban 任务 id；嵌套流程中的任务写作 `流程:任务`']
const APPLICATION: Field = [
  'applicationId',
  '否',
  'yarn 任务 id；缺省或 `null` 时只停止 azkaban 的执行'
]
const CONFIG: Field = ['configFile', '是', '配置文件在文件根目录下的路径']
const NAME: Field = [
  'taskName',
  '是',
  '任务名，唯一；字母、数字（含中文）、`.`、`_`、`-`，最多 100 个字符'
]
const SPARK: readonly Field[] = [
  ['master', '否', '`yarn`（缺省），或旧写法 `yarn-client`、`yarn-cluster`'],
  ['deploy-mode', '否', '`client`（缺省）或 `cluster`'],
  CONFIG,
  NAME
]

export const chapters: readonly Chapter[] = [
  {
    title: 'Azkaban 接口',
    entries: [
      {
        title: '登录 azkaban',
        successes: ['azkaban 登录azkaban'],
        failures: ['a wrong password'],
        fields: [
          ['username', '是', 'azkaban 用户'],
          ['password', '是', 'azkaban 密码']
        ],
        notes: [
          'azkaban 会话失效后不会自动重新登录：各接口返回自己的错误码，`data` 为 `{"error":"session"}`。'
        ]
      },
      {
        title: '启动任务',
        successes: ['azkaban 启动任务'],
        failures: ['starting a flow that is not there'],
        fields: [SESSION, PROJECT, FLOW],
        notes: ['以 `concurrentOption=ignore` 提交：同一流程可以同时有多个执行。不会重复提交。']
      },
      {
        title: '获取 applicationId',
        successes: ['azkaban 获取applicationId', 'azkaban 获取applicationId, 还没有'],
        failures: ['the application of a job that is not there'],
        fields: [SESSION, EXECUTION, JOB],
        notes: [
          '最近一次重试的日志中，最后一次提交的 application。启动任务后请及时获取：azkaban 运行中的日志会滚动覆盖。'
        ]
      },
      {
        title: '获取任务日志',
        successes: ['azkaban 获取任务日志'],
        failures: ['the log of a job that is not there'],
        fields: [
          SESSION,
          EXECUTION,
          JOB,
          ['offset 或 offest', '否', '从第几个字节开始，缺省 0；两种拼写都给出时以 `offset` 为准'],
          ['length', '否', '最多多少字节，缺省 1000，最大 10485760']
        ],
        notes: ['下一段从应答的 `offset + length` 开始；azkaban 2.7 以后的 `data` 经过 HTML 转义。']
      },
      {
        title: '获取当前运行的任务状态',
        successes: ['azkaban 获取当前运行的任务'],
        failures: ['the state of an execution that is not there'],
        fields: [SESSION, EXECUTION],
        notes: [
          'azkaban 2.5、2.6 对不存在的执行返回 HTML 错误页，原样放在 `data` 中；3.0 以后返回 `Cannot find execution`。'
        ]
      },
      {
        title: '获取当前正在运行的任务',
        successes: ['azkaban 获取当前正在的任务', 'azkaban 获取当前正在的任务, 没有'],
        failures: ['the runs of a project that is not there'],
        fields: [SESSION, PROJECT, FLOW]
      },
      {
        title: '重启任务',
        successes: ['azkaban 重启任务'],
        failures: ['restarting an execution that has ended'],
        fields: [SESSION, EXECUTION, APPLICATION, PROJECT, FLOW],
        notes: ['先停止并确认，再启动；停止失败（151）时什么都不会启动，启动失败为 150。']
      },
      {
        title: '停止任务',
        successes: ['azkaban 停止任务'],
        failures: ['stopping an execution that has ended'],
        fields: [SESSION, EXECUTION, APPLICATION],
        notes: [
          '`true` 表示：azkaban 的执行已经结束，并且 ResourceManager 确认该 application 已经结束。',
          '执行已经结束而 application 还在运行：停止 application，返回 `true`。'
        ]
      }
    ]
  },
  {
    title: 'yarn 接口',
    entries: [
      {
        title: '启动 flink 任务',
        successes: ['yarn 启动任务 flink'],
        failures: [],
        fields: [['master', '否', '`yarn-cluster`（缺省）'], CONFIG, NAME]
      },
      {
        title: '启动 spark 任务',
        successes: ['yarn 启动任务 spark'],
        failures: ['a config file that is not there', 'no taskName'],
        fields: SPARK,
        notes: ['ResourceManager 接受之后才返回；返回 150 的启动不会再运行。']
      },
      { title: '获取 yarn 运行状况', successes: ['yarn 获取yarn 运行状况'], failures: [] },
      {
        title: '获取任务日志',
        successes: ['yarn 获取任务日志'],
        failures: ['the report of an unknown application'],
        notes: ['ResourceManager 的 `/ws/v1/cluster/apps/{applicationId}`，原文。']
      },
      {
        title: '获取当前运行的任务状态',
        successes: ['yarn 获取当前运行的任务状态'],
        failures: ['the state of an unknown application']
      },
      {
        title: '获取当前正在运行的任务',
        successes: ['yarn 获取当前正在的任务', 'yarn 获取当前正在的任务, 没有'],
        failures: []
      },
      {
        title: '重启 flink 任务',
        successes: ['yarn 重启任务 flink'],
        failures: []
      },
      {
        title: '重启 spark 任务',
        successes: ['yarn 重启任务 spark'],
        failures: ['restarting an unknown application'],
        notes: [
          '请求体与启动相同。停止得到确认之后才启动；错误文本中的 `stopped` 说明旧任务是否已经停止。'
        ]
      },
      {
        title: '停止任务',
        successes: ['yarn 停止任务'],
        failures: ['stopping an application that has ended'],
        notes: [
          '`true` 表示：这次提交的所有 application 都已结束，并且本机没有任何进程还能再提交。'
        ]
      }
    ]
  },
  {
    title: '文件接口',
    entries: [
      {
        title: '创建目录',
        successes: ['文件 创建目录'],
        failures: ['making a directory where a file is'],
        fields: [['dirName', '是', '目录；`c://test` 即文件根目录下的 `c/test`，父目录一并创建']]
      },
      {
        title: '创建文件',
        successes: ['文件 创建文件'],
        failures: ['creating what is there already'],
        fields: [['fileName', '是', '空文件；已存在的文件不会被改动']]
      },
      {
        title: '删除文件',
        successes: ['文件 删除文件'],
        failures: ['deleting what is not there'],
        fields: [
          ['fileName', '是', '文件或目录（连同其中内容），移入 `.trash`，保留 `TRASH_DAYS` 天']
        ]
      },
      {
        title: '上传文件',
        successes: ['文件 上传文件'],
        failures: ['an upload that is no multipart'],
        fields: [
          ['fileName', '否', '存放路径；查询参数或表单字段，缺省为文件部分自己的名字'],
          ['file', '是', 'multipart 的文件部分；原子替换'],
          ['overwrite', '否', '`false` 时不替换已有文件']
        ]
      },
      {
        title: '下载文件',
        successes: [],
        bytes: '/file/download?srcfile=text.txt',
        failures: ['downloading what is not there'],
        fields: [['srcfile', '是', '文件路径；成功时应答体就是文件内容，支持 `Range`']]
      }
    ]
  }
]
