/**
 * Causes in Chinese. Parts of the agent say in English what went wrong, for logs and for the hub; what is not known
 * here, such as words of a driver's library, is shown as it is.
 */

const systemCodes: Readonly<Record<string, string>> = {
  ECONNREFUSED: '连接被拒绝',
  ECONNRESET: '连接被重置',
  EPIPE: '连接已断开',
  ETIMEDOUT: '连接超时',
  EHOSTUNREACH: '主机不可达',
  ENETUNREACH: '网络不可达',
  ENOTFOUND: '找不到主机',
  EAI_AGAIN: '域名解析失败',
}

/** Modbus Application Protocol 1.1b3, section 7. */
const modbusExceptions: Readonly<Record<string, string>> = {
  1: '非法功能',
  2: '非法数据地址',
  3: '非法数据值',
  4: '设备故障',
  5: '已确认，处理中',
  6: '设备忙',
  8: '存储奇偶校验错误',
  10: '网关路径不可用',
  11: '网关目标设备无应答',
}

const causes: readonly (readonly [RegExp, (...parts: string[]) => string])[] = [
  [/^no reply within (\d+) ms$/, (ms) => `${ms} 毫秒内无应答`],
  [/^(.+): no connection within (\d+) ms$/, (where, ms) => `${where}：${ms} 毫秒内无法连接`],
  [/^Modbus exception (\d+): (.+)$/, (code, words) => `Modbus 异常 ${code}：${modbusExceptions[code] ?? words}`],
  [/^a reply of unit (\d+) in place of unit (\d+)$/, (got, asked) => `站号 ${asked} 的请求收到站号 ${got} 的应答`],
  [/^not a Modbus TCP frame: /, () => '应答不是 Modbus TCP 报文'],
  [/^(Data length error|Unexpected data error|\d+ values instead of)/, () => '应答与请求不符'],
  [/^connection broke: (\w+)$/, (code) => `连接中断（${systemCodes[code] ?? code}）`],
  [/^connection (is closed|closed|closed by the other side)$/, () => '连接已关闭'],
  [/^the bus is stopped$/, () => '总线已停止'],
  [/^not connected( yet)?$/, () => '尚未连接'],
  [/^(.+) cannot be reached$/, (where) => `无法访问 ${where}`],
  [/^(.+) gave no enrolment \(HTTP (\d+)\)$/, (where, status) => `${where} 未能完成注册（HTTP ${status}）`],
  [/^the hub refused the enrolment token \(HTTP (\d+)\)$/, (status) => `平台拒绝了注册令牌（HTTP ${status}）`],
  [/^there are no credentials and no enrolment token$/, () => '没有凭据，也没有注册令牌'],
  [/^(.+) cannot be used: (it is not JSON|fields are missing or wrong)$/, (file) => `凭据文件 ${file} 已损坏`],
  [/^(.+) cannot be read: (\w+)$/, (file, code) => `无法读取 ${file}（${code}）`],
  [/^Connection refused: /, () => '平台拒绝了本网关的凭据'],
  [/^subscription to acknowledgements refused/, () => '平台拒绝了订阅'],
  [/^(connack timeout|Keepalive timeout)$/i, () => '平台无应答'],
  [/^the hub shows a certificate that is not trusted \((.+)\)$/, (code) => `平台的证书不受信任（${code}）`],
  [/^by this clock the hub's certificate is not valid \((\w+)\)/, (code) => `按本机时钟平台证书无效（${code}），请检查时钟`],
  [/^the enrolment token is not sent to (\S+) in the clear/, (where) => `未以明文向 ${where} 发送注册令牌：请使用 https 和 hub.caSha256`],
  [/^(\S+) does not show the CA of hub\.caSha256/, (where) => `${where} 的证书与 hub.caSha256 不符，请核对指纹`],
  [/^(\S+) answered with another CA than that of hub\.caSha256$/, (where) => `${where} 返回的 CA 与 hub.caSha256 不符`],
  [/^(.+) cannot be reached: its certificate is not trusted \((\w+)\)/, (where, code) => `无法访问 ${where}：其证书不受信任（${code}）`],
  [/^the certificate was renewed$/, () => '证书已更新，正在重新连接'],
  [/^the configuration changed$/, () => '配置已更改，正在重新连接'],
  [/^(?:connect |getaddrinfo |read |write )?(E[A-Z_]+)(?: (.+))?$/, (code, where) => [systemCodes[code] ?? code, where && `（${where}）`].join('')],
  [/^(.+): (E[A-Z_]+)$/, (where, code) => `${where}：${systemCodes[code] ?? code}`],
] // prettier-ignore

export function causeInChinese(cause: string): string {
  for (const [pattern, say] of causes) {
    const match = pattern.exec(cause)
    if (match) return say(...match.slice(1))
  }
  return cause
}
