import { ok as assert } from 'node:assert/strict'
import { azkabanCalls } from './azkaban-calls.ts'
import { type DocumentedCall, type Facts, isTrue, textOf } from './documented-call.ts'

const SPARK = {
  master: 'yarn',
  'deploy-mode': 'client',
  configFile: 'application.spark.conf',
  taskName: 'testSpark'
}
const FLINK = { master: 'yarn-cluster', configFile: 'application.conf', taskName: 'testFlink' }

/** Every call of the interface document, in its order. */
export const documentedCalls: readonly DocumentedCall[] = [
  ...azkabanCalls,
  {
    section: 'yarn 启动任务 flink',
    method: 'POST',
    path: '/executor/start/flink',
    body: FLINK,
    given: 'config files',
    data: isNewApplicationId
  },
  {
    section: 'yarn 启动任务 spark',
    method: 'POST',
    path: '/executor/start/spark',
    body: SPARK,
    given: 'config files',
    data: isNewApplicationId
  },
  {
    section: 'yarn 获取yarn 运行状况',
    method: 'GET',
    path: '/executor/yarnStatus',
    given: 'nothing',
    data: (data) => {
      const report = textOf(data) as { scheduler?: { schedulerInfo?: { type?: string } } }
      assert(report.scheduler?.schedulerInfo?.type, 'a scheduler report')
    }
  },
  {
    section: 'yarn 获取任务日志',
    method: 'GET',
    path: '/executor/y/logger/{applicationId}',
    given: 'a running Spark application',
    data: (data, { applicationId }) => {
      const { app } = textOf(data) as { app: Record<string, unknown> }
      assert(app.id === applicationId, 'the application that was asked for')
      // The members that the document prints and that this Hadoop sends for a running application.
      const printed =
        'applicationType finalStatus trackingUrl runningContainers clusterId vcoreSeconds allocatedMB state ' +
        'amHostHttpAddress memorySeconds applicationTags startedTime trackingUI priority amContainerLogs ' +
        'allocatedVCores diagnostics name progress finishedTime user queue elapsedTime'
      for (const member of printed.split(' ')) assert(member in app, member)
    }
  },
  {
    section: 'yarn 获取当前运行的任务状态',
    method: 'GET',
    path: '/executor/status/{applicationId}',
    given: 'a running Spark application',
    data: (data) => assert(data === 'RUNNING', 'RUNNING')
  },
  {
    section: 'yarn 获取当前正在的任务',
    method: 'GET',
    path: '/executor/running',
    given: 'a running Flink application',
    data: (data, { applicationId }) => {
      const rows = textOf(data) as { id: string; name: string }[]
      assert(JSON.stringify(rows[0]) === '{"id":"Application-Id","name":"Application-Name"}')
      assert(rows.some((row) => row.id === applicationId && row.name === 'testFlink'))
    }
  },
  {
    section: 'yarn 获取当前正在的任务, 没有',
    method: 'GET',
    path: '/executor/running',
    given: 'nothing',
    data: (data) => assert(data === '{}', 'the text {}')
  },
  {
    section: 'yarn 重启任务 flink',
    method: 'POST',
    path: '/executor/restart/flink/{applicationId}',
    body: FLINK,
    given: 'a running Flink application',
    data: isNewApplicationId
  },
  {
    section: 'yarn 重启任务 spark',
    method: 'POST',
    path: '/executor/restart/spark/{applicationId}',
    body: SPARK,
    given: 'a running Spark application',
    data: isNewApplicationId
  },
  {
    section: 'yarn 停止任务',
    method: 'POST',
    path: '/executor/stop/{applicationId}',
    given: 'a running Spark application',
    data: isTrue
  },
  {
    section: '文件 创建目录',
    method: 'GET',
    path: '/file/mkdir?dirName=c://test',
    given: 'nothing',
    data: isTrue
  },
  {
    section: '文件 创建文件',
    method: 'GET',
    path: '/file/create?fileName=c://test//test.txt',
    given: 'a directory c://test',
    data: isTrue
  },
  {
    section: '文件 删除文件',
    method: 'GET',
    path: '/file/del?fileName=c://test',
    given: 'a file c://test//test.txt',
    data: isTrue
  },
  {
    section: '文件 上传文件',
    method: 'POST',
    path: '/file/upload?fileName=text.txt',
    file: 'content of text.txt\n',
    given: 'nothing',
    data: isTrue
  }
]

function isNewApplicationId(data: unknown, before: Facts): void {
  assert(/^application_\d+_\d{4,}$/.test(String(data)), `an application id, not ${data}`)
  assert(data !== before.applicationId, 'a new one')
}
