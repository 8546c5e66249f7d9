/**
 * The codes and messages of the v1 envelope. 150–154 are printed in the interface document; 160–164 are ours.
 * `http: 'own'` marks the one call whose failure must not look like success to a client that saves the body.
 */
export type DocumentedFailure = Readonly<{
  statusCode: number
  message: string
  http?: 'own'
}>

export const SUCCESS = { statusCode: 200, message: '成功!' } as const

export const START_FAILED: DocumentedFailure = { statusCode: 150, message: '启动任务失败' }
export const STOP_FAILED: DocumentedFailure = { statusCode: 151, message: '停止任务失败' }
export const LOG_FAILED: DocumentedFailure = { statusCode: 152, message: '获取日志失败' }
export const STATUS_FAILED: DocumentedFailure = { statusCode: 153, message: '获取状态失败' }
export const AZKABAN_LOGIN_FAILED: DocumentedFailure = {
  statusCode: 154,
  message: '登录azkaban失败'
}
export const MKDIR_FAILED: DocumentedFailure = { statusCode: 160, message: '创建目录失败' }
export const CREATE_FAILED: DocumentedFailure = { statusCode: 161, message: '创建文件失败' }
export const DELETE_FAILED: DocumentedFailure = { statusCode: 162, message: '删除文件失败' }
export const UPLOAD_FAILED: DocumentedFailure = { statusCode: 163, message: '上传文件失败' }
export const DOWNLOAD_FAILED: DocumentedFailure = {
  statusCode: 164,
  message: '下载文件失败',
  http: 'own'
}

const HTTP_MESSAGES: Readonly<Record<number, string>> = {
  400: '参数错误',
  401: '未登录或登录已失效',
  403: '没有权限',
  404: '接口不存在',
  405: '不支持的请求方法',
  406: '不支持的响应类型',
  408: '请求超时',
  409: '请求冲突',
  412: '条件不满足',
  413: '请求体过大',
  414: '请求地址过长',
  415: '不支持的请求类型',
  416: '请求范围无效',
  422: '请求内容无效',
  429: '请求过于频繁',
  431: '请求头过大',
  500: '服务内部错误',
  501: '不支持的功能',
  502: '上游服务应答错误',
  503: '服务暂不可用',
  504: '上游服务超时',
  507: '存储空间不足'
}

/** The Chinese message of an HTTP status that the envelope repeats as its own code. */
export function httpMessage(status: number): string {
  return HTTP_MESSAGES[status] ?? (status >= 500 ? '服务内部错误' : '请求无法处理')
}
