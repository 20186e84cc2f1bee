import { registerReasons, type ReasonOf } from '../../platform/reasons/reason.ts'

/** What is wrong with a configuration, as far as the hub can tell. */
export const fleetReasons = registerReasons({
  'config.key_twice': { zh: '“{key}”重复', en: '"{key}" is there twice' },
  'config.unknown_driver': {
    zh: '网关没有驱动“{driver}”，可用的有：{known}',
    en: 'the gateway has no driver "{driver}"; it has: {known}',
  },
  'config.unknown_bus': { zh: '没有总线“{bus}”', en: 'there is no bus "{bus}"' },
  'config.unknown_profile': {
    zh: '网关不认识设备模板“{profile}”',
    en: 'the gateway knows no profile "{profile}"',
  },
  'config.profile_of_other_driver': {
    zh: '设备模板“{profile}”用于驱动“{driver}”，而总线“{bus}”的驱动是“{busDriver}”',
    en: 'the profile "{profile}" is for the driver "{driver}", but the bus "{bus}" is driven by "{busDriver}"',
  },
  'config.too_large': {
    zh: '配置太大（{bytes} 字节，最多 {most} 字节）',
    en: 'the configuration is too large ({bytes} bytes, at most {most})',
  },
  'config.too_deep': { zh: '嵌套层次太多', en: 'it is nested too deeply' },
  /** What the gateway says, as it says it. */
  'config.told_by_gateway': { zh: '{text}', en: '{text}' },
})

export type FleetReason = ReasonOf<typeof fleetReasons>
