import { registerReasons } from '../../platform/reasons/reason.ts'

registerReasons({
  'customField.no_options': { zh: '请至少给出一个选项', en: 'give at least one option' },
  'customField.no_dictionary': { zh: '请选择一个字典', en: 'name a dictionary' },
  'customField.option_twice': { zh: '选项“{value}”出现了两次', en: 'the option {value} stands there twice' },
})
