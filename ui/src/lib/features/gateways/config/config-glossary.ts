/** The words of the agents' schemas in Chinese: fields by name, choices as `=value`, help by its English text. */
export const namesInChinese: Readonly<Record<string, string>> = {
  key: '键',
  name: '名称',
  driver: '协议',
  bus: '总线',
  profile: '设备型号',
  address: '地址',
  serial: '表号',
  intervals: '轮询间隔',
  disabled: '停用',
  transport: '连接方式',
  type: '类型',
}
export const helpInChinese: Readonly<Record<string, string>> = {}
